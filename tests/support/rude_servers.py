"""Servers that end a connection in every way a load generator must tell apart."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket], None]


@contextmanager
def rude_server(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that reads one request from each connection, then does ``behave`` and closes.

    Yields its URL, with http even where it speaks TLS.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    thread = threading.Thread(target=_accept, args=(listener, behave, tls), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _accept(listener: socket.socket, behave: Behaviour, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, behave, tls), daemon=True).start()


def _serve(connection: socket.socket, behave: Behaviour, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        connection.settimeout(5)
        with tls.wrap_socket(connection, server_side=True) if tls else connection as ready:
            ready.recv(65536)
            behave(ready)


def reset(connection: socket.socket) -> None:
    """Send RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_at_once(_connection: socket.socket) -> None:
    """Close without a word."""


def close_early(connection: socket.socket) -> None:
    """Promise ten bytes, send three."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")


def garbage(connection: socket.socket) -> None:
    """Speak no HTTP."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)


def bad_chunks(connection: socket.socket) -> None:
    """Break the chunked encoding."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")


def endless_header(connection: socket.socket) -> None:
    """Send a header that does not end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 20))


def stall(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    connection.recv(1)


def redirect(connection: socket.socket) -> None:
    """Point elsewhere."""
    connection.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    )


def respond(content: bytes, *headers: bytes) -> Behaviour:
    """Answer 200 with ``content``."""
    head = b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(content), *headers))

    def behave(connection: socket.socket) -> None:
        connection.sendall(head + b"\r\nConnection: close\r\n\r\n" + content)

    return behave
