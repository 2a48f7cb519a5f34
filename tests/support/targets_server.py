"""A target for load tests: HTTP/1.1 on an epoll loop in a process of its own.

It answers every request at once, except while it stalls: then it takes requests, as a service
stopped by its garbage collector has its kernel do, and answers all of them afterwards in order.
Small and quick, so that what the tests see is the engine.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from subprocess import PIPE, Popen


@dataclass(frozen=True)
class Stats:
    """What the server saw: connections accepted, requests, and the first bytes of the last one."""

    connections: int
    requests: int
    open_max: int
    last: str


class TargetServer:
    """The parent's end: an address, a stall on command, and the counts."""

    def __init__(self, process: Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def stall(self) -> None:
        """Make the server answer nothing for a second from now on."""
        self.process.send_signal(signal.SIGUSR2)

    def stats(self) -> Stats:
        """The counts so far."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b"GET /stats HTTP/1.1\r\nHost: x\r\n\r\n")
            data = b""
            while b"\r\n\r\n" not in data or not data.endswith(b"}"):
                data += connection.recv(65536)
        return Stats(**json.loads(data.partition(b"\r\n\r\n")[2]))


@contextmanager
def target_server(stall_after: float = 0.0) -> Iterator[TargetServer]:
    """Run a server; with ``stall_after`` it stalls 1 s so long after its first request."""
    environment = {**os.environ, "STALL_AFTER": str(stall_after)}
    with Popen([sys.executable, "-S", __file__], stdout=PIPE, env=environment) as process:
        try:
            assert process.stdout
            yield TargetServer(process, int(process.stdout.readline()))
        finally:
            process.kill()


BODY = b'{"flag":"a","variant":"b","reason":"match"}\n'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


def _request_length(data: bytes) -> int:
    """Bytes of the first complete request, 0 while there is none."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0
    at = data.find(b"Content-Length: ", 0, end)
    body = int(data[at + 16 : data.index(b"\r", at)]) if at >= 0 else 0
    return end + 4 + body if len(data) >= end + 4 + body else 0


class _Serve:
    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        self.epoll = select.epoll()
        self.epoll.register(self.listener, select.EPOLLIN)
        self.connections: dict[int, socket.socket] = {}
        self.partial: dict[int, bytes] = {}
        self.accepted = self.requests = self.open_max = 0
        self.last = b""
        self.held: list[int] = []
        self.stalled_until = 0.0
        self.stall_at = math.inf
        self.stall_after = float(os.environ["STALL_AFTER"])
        signal.signal(signal.SIGUSR2, lambda *_: self.stall(time.monotonic()))
        print(self.listener.getsockname()[1], flush=True)  # noqa: T201 - tells the parent

    def forever(self) -> None:
        parent = os.getppid()
        while os.getppid() == parent:
            left = self.stalled_until - time.monotonic() if self.held else 0.2
            for fd, _ in self.epoll.poll(max(0, min(left, 0.2))):
                if fd == self.listener.fileno():
                    self.accept()
                else:
                    self.receive(fd)
            if self.held and time.monotonic() >= self.stalled_until:
                for fd in self.held:
                    self.connections[fd].send(RESPONSE)
                self.held.clear()

    def stall(self, start: float) -> None:
        self.stalled_until = start + 1

    def accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                connection, _ = self.listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                fd = connection.fileno()
                self.connections[fd] = connection
                self.epoll.register(fd, select.EPOLLIN)
                self.accepted += 1
                self.open_max = max(self.open_max, len(self.connections))

    def receive(self, fd: int) -> None:
        connection = self.connections[fd]
        try:
            data = connection.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.epoll.unregister(fd)
            self.connections.pop(fd).close()
            self.partial.pop(fd, None)
            self.held = [held for held in self.held if held != fd]
            return
        data = self.partial.pop(fd, b"") + data
        if not (length := _request_length(data)):
            self.partial[fd] = data
            return
        assert length == len(data), "no pipelining"
        if data.startswith(b"GET /stats"):
            connection.send(self.stats())
            return
        self.requests += 1
        self.last = data
        now = time.monotonic()
        if self.requests == 1 and self.stall_after:
            self.stall_at = now + self.stall_after
        if self.stall_at <= now:
            self.stall(self.stall_at)
            self.stall_at = math.inf
        if now < self.stalled_until:
            self.held.append(fd)
        else:
            connection.send(RESPONSE)

    def stats(self) -> bytes:
        counts = {
            "connections": self.accepted - 1,
            "requests": self.requests,
            "open_max": self.open_max,
            "last": self.last.decode("latin-1"),
        }
        body = json.dumps(counts).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


if __name__ == "__main__":
    _Serve().forever()
