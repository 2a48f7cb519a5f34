"""A server that misbehaves on purpose: `FAULTS` by name, `serve` to run one of them.

Every fault gets a connection whose request was read, and returns to close it.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from heapwise.runtimes.fetch import Endpoint

Fault = Callable[[socket.socket, threading.Event], None]

FAULTS: dict[str, Fault] = {}


def fault(behave: Fault) -> Fault:
    """Enter a fault under its function's name."""
    FAULTS[behave.__name__] = behave
    return behave


@contextmanager
def serve(behave: Fault) -> Iterator[Endpoint]:
    """Run a fault on a free port of loopback until the block ends."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=_accept, args=(listener, behave, stop))
        thread.start()
        try:
            yield Endpoint.parse(f"127.0.0.1:{listener.getsockname()[1]}")
        finally:
            stop.set()
            thread.join()


@contextmanager
def refuse() -> Iterator[Endpoint]:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield Endpoint.parse(f"127.0.0.1:{port}")


def _accept(listener: socket.socket, behave: Fault, stop: threading.Event) -> None:
    workers = []
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            connection, _ = listener.accept()
            workers.append(threading.Thread(target=_answer, args=(connection, behave, stop)))
            workers[-1].start()
    for worker in workers:
        worker.join()


def _answer(connection: socket.socket, behave: Fault, stop: threading.Event) -> None:
    with connection, contextlib.suppress(OSError):
        connection.settimeout(5)
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(4096)
            if not received:
                return
            request += received
        behave(connection, stop)


def answer(status: str, body: bytes, *headers: str) -> Fault:
    """A fault that answers in order, but not with what was asked."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]

    def behave(connection: socket.socket, _stop: threading.Event) -> None:
        connection.sendall("\r\n".join(lines).encode() + body)

    return behave


@fault
def hang(_connection: socket.socket, stop: threading.Event) -> None:
    """The request is read, and never answered."""
    stop.wait()


@fault
def drip_body(connection: socket.socket, stop: threading.Event) -> None:
    """The body comes at 20 bytes a second, so that no single wait is long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not stop.wait(0.05):
        connection.sendall(b"#")


@fault
def drip_header(connection: socket.socket, stop: threading.Event) -> None:
    """The same, before the headers have ended."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stop.wait(0.05):
        connection.sendall(b"#")


@fault
def close_at_once(_connection: socket.socket, _stop: threading.Event) -> None:
    """Nothing is said."""


@fault
def reset(connection: socket.socket, _stop: threading.Event) -> None:
    """The connection is reset in the middle of the body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nheap")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@fault
def endless_chunks(connection: socket.socket, stop: threading.Event) -> None:
    """A chunked body without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"#" * 0x10000 + b"\r\n"
    while not stop.is_set():
        connection.sendall(chunk)


@fault
def endless_headers(connection: socket.socket, stop: threading.Event) -> None:
    """Headers without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not stop.is_set():
        connection.sendall(b"X-More: of this\r\n" * 100)


@fault
def broken_chunks(connection: socket.socket, _stop: threading.Event) -> None:
    """A chunk of negative length."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nheap\r\n")


@fault
def not_http(connection: socket.socket, _stop: threading.Event) -> None:
    """Another protocol, with an escape sequence in it."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\x1b]0;owned\x07\r\n")


def _lying(claimed: int) -> Fault:
    def behave(connection: socket.socket, _stop: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nheap" % claimed)

    return behave


def _bomb() -> bytes:
    return gzip.compress(bytes(64 << 20))


_HTML = b"<!DOCTYPE html><title>Log in</title>"
_BUSY = b"Could not enable CPU profiling: cpu profiling already in use\n"
_GZIP = "Content-Encoding: gzip"

FAULTS |= {
    "length_too_long": _lying(1000),
    "length_of_a_terabyte": _lying(1 << 40),
    "length_negative": _lying(-7),
    "html_200": answer("200 OK", _HTML, "Content-Type: text/html; charset=utf-8"),
    "html_in_disguise": answer("200 OK", b"\n" + _HTML, "Content-Type: text/plain"),
    "unauthorized": answer("401 Unauthorized", b"who are you?"),
    "forbidden": answer("403 Forbidden", b"\x1b[31mno\x07\nsecond line"),
    "not_found": answer("404 Not Found", b"404 page not found\n"),
    "not_allowed": answer("405 Method Not Allowed", b"Method Not Allowed\n"),
    "busy": answer("500 Internal Server Error", _BUSY, "X-Go-Pprof: 1"),
    "no_content": answer("204 No Content", b""),
    "empty": answer("200 OK", b""),
    "wrong_type": answer("200 OK", b"\x89PNG\r\n\x1a\n", "Content-Type: image/png"),
    "redirect_elsewhere": answer("302 Found", b"", "Location: http://127.0.0.2:9/heap"),
    "redirect_relative_host": answer("302 Found", b"", "Location: //example.com/heap"),
    "redirect_to_file": answer("302 Found", b"", "Location: file:///etc/passwd"),
    "redirect_forever": answer("302 Found", b"", "Location: /debug/pprof/heap"),
    "compressed_and_cut": answer("200 OK", gzip.compress(b"heap profile" * 99)[:-9], _GZIP),
    "compressed_garbage": answer("200 OK", b"this is not gzip", _GZIP),
    "compressed_oddly": answer("200 OK", b"\x1b\x03", "Content-Encoding: br"),
    "bomb": answer("200 OK", _bomb(), _GZIP),
}
