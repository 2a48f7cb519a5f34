"""A proxy in front of a real service, which passes on what it is asked until it is told to fail.

    with fault_proxy(service.endpoint) as proxy:
        with proxy.suffering("bandwidth"):
            ...                              # whoever asks proxy.endpoint gets 1 KB/s

The names are toxiproxy's where it has one: latency, bandwidth, slow_close, timeout, reset_peer,
slicer, limit_data, down. The others are faults of HTTP (`support.faults`), and answers that are
whole but tell nonsense.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from heapwise.runtimes.endpoint import Endpoint
from support import faults

Toxic = Callable[[socket.socket, bytes, threading.Event], None]
"""Sends a whole HTTP answer of the real service, or something else."""

DOWN = "down"
_SEPARATOR = b"\r\n\r\n"
_COUNTERS = rb'(\b(?:TotalAlloc|Mallocs|Frees|NumGC|HeapAlloc)"?(?: =|:) )(\d+)'
_HOSTILE = "<script>\x1b]0;owned\x07\x1b[31m\u202egro\u2028".encode()


class FaultProxy:
    """A proxy on a free port of loopback; `fault_proxy` runs one."""

    def __init__(self, service: Endpoint) -> None:
        self._service = service
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._port = self._listener.getsockname()[1]
        self._toxic: Toxic = _pass
        self._lifted = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = self._start(self._accept)
        self.asked = 0
        """Requests so far."""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.parse(f"127.0.0.1:{self._port}")

    @contextmanager
    def suffering(self, name: str) -> Iterator[None]:
        """Fail in this way for as long as the block lasts."""
        if name == DOWN:
            self._close()
        else:
            self._toxic, self._lifted = TOXICS[name], threading.Event()
        try:
            yield
        finally:
            if name == DOWN:
                self._listener = socket.create_server(("127.0.0.1", self._port), backlog=64)
                self._accepting = self._start(self._accept)
            self._toxic = _pass
            self._lifted.set()

    def close(self) -> None:
        self._lifted.set()
        self._close()
        for thread in self._threads:
            thread.join(10)

    def _close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(10)

    def _start(self, run: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=run, args=args)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads = [each for each in self._threads if each.is_alive()]
            self._threads.append(self._start(self._serve, connection, self._toxic, self._lifted))

    def _serve(self, connection: socket.socket, toxic: Toxic, lifted: threading.Event) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            request = _head(connection)
            if request:
                self.asked += 1
                toxic(connection, _forwarded(self._service, request), lifted)


@contextmanager
def fault_proxy(service: Endpoint) -> Iterator[FaultProxy]:
    """Run a proxy in front of a service; it is gone afterwards."""
    proxy = FaultProxy(service)
    try:
        yield proxy
    finally:
        proxy.close()


def _head(connection: socket.socket) -> bytes:
    request = b""
    while _SEPARATOR not in request:
        received = connection.recv(4096)
        if not received:
            return b""
        request += received
    return request


def _forwarded(service: Endpoint, request: bytes) -> bytes:
    """The service's whole answer; requests say that the connection ends with it."""
    with socket.create_connection((service.host, service.port), timeout=5) as upstream:
        upstream.sendall(request)
        parts = []
        while part := upstream.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


def _pass(connection: socket.socket, answer: bytes, _lifted: threading.Event) -> None:
    connection.sendall(answer)


def _timeout(_connection: socket.socket, _answer: bytes, lifted: threading.Event) -> None:
    """Nothing comes, and the connection stays open."""
    lifted.wait(5)


def _latency(connection: socket.socket, answer: bytes, lifted: threading.Event) -> None:
    """Everything comes, after longer than anybody waits."""
    lifted.wait(5)
    connection.sendall(answer)


def _bandwidth(connection: socket.socket, answer: bytes, lifted: threading.Event) -> None:
    """A kilobyte a second, so that no single wait is long."""
    for at in range(0, len(answer), 50):
        if lifted.wait(0.05):
            return
        connection.sendall(answer[at : at + 50])


def _slicer(connection: socket.socket, answer: bytes, _lifted: threading.Event) -> None:
    """Pieces of three bytes at the beginning, where the headers are, and of a hundred later."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(0, 300, 3):
        connection.sendall(answer[at : at + 3])
    for at in range(300, len(answer), 100):
        connection.sendall(answer[at : at + 100])


def _slow_close(connection: socket.socket, answer: bytes, lifted: threading.Event) -> None:
    """The answer is whole; the end of the connection takes its time."""
    connection.sendall(answer)
    lifted.wait(5)


def _limit_data(connection: socket.socket, answer: bytes, _lifted: threading.Event) -> None:
    """The connection ends in the middle."""
    connection.sendall(answer[: len(answer) // 2])


def _reset_peer(connection: socket.socket, answer: bytes, _lifted: threading.Event) -> None:
    """It ends with a reset."""
    connection.sendall(answer[: len(answer) // 2])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _instead(fault: faults.Fault) -> Toxic:
    """What a server that misbehaves would say."""
    return lambda connection, _, lifted: fault(connection, lifted)


def _rewritten(change: Callable[[bytes], bytes]) -> Toxic:
    """The real answer with another body."""

    def send(connection: socket.socket, answer: bytes, _lifted: threading.Event) -> None:
        head, _, body = answer.partition(_SEPARATOR)
        lines = head.split(b"\r\n")
        if any(line.lower() == b"transfer-encoding: chunked" for line in lines):
            body = _unchunked(body)
        kept = [line for line in lines if not re.match(rb"(?i)transfer-|content-length", line)]
        body = change(body)
        kept += [b"Content-Length: %d" % len(body), b"", b""]
        connection.sendall(b"\r\n".join(kept) + body)

    return send


def _unchunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts)


def _counters(value: bytes) -> Callable[[bytes], bytes]:
    return lambda body: re.sub(_COUNTERS, rb"\g<1>" + value, body)


def _backwards(body: bytes) -> bytes:
    return re.sub(_COUNTERS, lambda found: found[1] + b"%d" % (int(found[2]) // 2), body)


def _hostile(body: bytes) -> bytes:
    """Names that would drive a terminal or a page, wherever the service prints one."""
    named = re.sub(rb"main\.\w+|CPython", lambda found: found[0] + _HOSTILE, body)
    return named if body.startswith(b"heap profile") else named.replace(_HOSTILE, b"\\u001b[31m")


TOXICS: dict[str, Toxic] = {
    "latency": _latency,
    "bandwidth": _bandwidth,
    "timeout": _timeout,
    "slicer": _slicer,
    "slow_close": _slow_close,
    "limit_data": _limit_data,
    "reset_peer": _reset_peer,
    "wrong_types": _rewritten(_counters(b'"many"')),
    "negative": _rewritten(_counters(b"-5")),
    "not_a_number": _rewritten(_counters(b"NaN")),
    "counters_backwards": _rewritten(_backwards),
    "hostile_names": _rewritten(_hostile),
    **{name: _instead(fault) for name, fault in faults.FAULTS.items()},
}
