"""A server that remembers every request as it came: bytes, connection, peer, TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_TOOLS_OWN = ("user-agent:", "x-vegeta-seq:", "referer:")
"""Headers that tell one tool from another."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        connection: number of its connection, from 1.
        peer: address it came from; empty on a unix socket.
        open: connections that were open then.
        head: its lines, sorted but for the first, without those that tell the tool.
        body: as on the wire, chunks and all.
        resumed: the TLS session was an earlier one's.
        shown: common name of the client's certificate; empty without one.
    """

    connection: int
    peer: str
    open: int
    head: tuple[str, ...]
    body: bytes
    resumed: bool
    shown: str

    @property
    def sent(self) -> tuple[tuple[str, ...], bytes]:
        """What the tool sent, wherever it came from."""
        return self.head, self.body


@dataclass
class Witness:
    """The server's end of it."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def place(self) -> str:
        """``127.0.0.1:port``."""
        return f"127.0.0.1:{self.port}"

    def take(self) -> list[Request]:
        """The requests so far, and forget them."""
        with self.lock:
            seen, self.requests = self.requests, []
            self.connections = self.busiest = 0
            return seen


@contextmanager
def witness(
    reply: bytes | Callable[[str], bytes] = OK,
    *,
    tls: ssl.SSLContext | None = None,
    path: Path | None = None,
    delay: float | Callable[[int], float] = 0.0,
) -> Iterator[Witness]:
    """Run one on loopback, or on a unix socket.

    Args:
        reply: what to answer, or what makes the answer of a request line.
        tls: to speak TLS by.
        path: of a unix socket to listen on instead.
        delay: seconds before each answer, or what tells it for a request's number, from 1.
    """
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        seen = Witness(listener.getsockname()[1])
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(128)
        seen = Witness(0)
    answer = reply if callable(reply) else lambda _line: reply
    wait = delay if callable(delay) else lambda _number: delay

    def accept() -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            with seen.lock:
                seen.connections += 1
                seen.open += 1
                number = seen.connections
            threading.Thread(
                target=_serve, args=(connection, peer, number, seen, answer, tls, wait),
                daemon=True,
            ).start()  # fmt: skip

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def moved(to: str, status: int = 302) -> bytes:
    """A redirect."""
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def _serve(
    connection: socket.socket,
    peer: object,
    number: int,
    seen: Witness,
    answer: Callable[[str], bytes],
    tls: ssl.SSLContext | None,
    wait: Callable[[int], float],
) -> None:
    with suppress(OSError), _closing(seen):
        connection.settimeout(10)
        ready = tls.wrap_socket(connection, server_side=True) if tls else connection
        with ready:
            resumed, shown = _session(ready)
            address = peer[0] if isinstance(peer, tuple) else ""
            while (request := _read(ready)) is not None:
                head, body = request
                first, *rest = head.split("\r\n")
                kept = sorted(line for line in rest if not line.lower().startswith(_TOOLS_OWN))
                with seen.lock:
                    seen.requests.append(
                        Request(number, address, seen.open, (first, *kept), body, resumed, shown)
                    )
                    seconds = wait(len(seen.requests))
                    seen.busy += 1
                    seen.busiest = max(seen.busiest, seen.busy)
                time.sleep(seconds)
                with seen.lock:
                    seen.busy -= 1
                ready.sendall(answer(first))


@contextmanager
def _closing(seen: Witness) -> Iterator[None]:
    try:
        yield
    finally:
        with seen.lock:
            seen.open -= 1


def _session(connection: socket.socket) -> tuple[bool, str]:
    if not isinstance(connection, ssl.SSLSocket):
        return False, ""
    subject = (connection.getpeercert() or {}).get("subject", ())
    names = [value for entry in subject for key, value in entry if key == "commonName"]
    return bool(connection.session_reused), names[0] if names else ""


def _read(connection: socket.socket) -> tuple[str, bytes] | None:
    """The next request's head and body; None at the end."""
    data = b""
    while not _complete(data):
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return head.decode(), body


def _complete(data: bytes) -> bool:
    head, blank, body = data.partition(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return body.endswith(b"0\r\n\r\n")
    length = int(lower.partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
    return bool(blank) and len(body) >= length
