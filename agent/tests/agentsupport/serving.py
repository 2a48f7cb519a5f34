"""The agent's own listener around this process, and clients that ask it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from heapwise_agent import listen
from heapwise_agent.routes import Router
from heapwise_agent.security import Policy
from heapwise_agent.server import Server
from heapwise_agent.source import Source, local


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Place(Protocol):
    """Somewhere that answers on loopback."""

    @property
    def port(self) -> int:
        """Of TCP."""


class Service(NamedTuple):
    """A process that answers."""

    port: int


@contextmanager
def service(*, interval: int = 524288, token: str = "") -> Iterator[Service]:
    """A process that does a little of everything, with the agent in it."""
    command = [sys.executable, str(Path(__file__).with_name("busy.py")), str(interval), token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Service(int(process.stdout.readline()))
        finally:
            process.kill()


@contextmanager
def serving(policy: Policy | None = None, source: Source | None = None) -> Iterator[Server]:
    """A server on a free port of loopback."""
    router = Router(source or local(), policy or Policy())
    server = Server(router, listen.tcp("127.0.0.1", 0))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(
    server: Place,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    timeout: float = 30,
) -> Answer:
    """One request, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    with closing(connection):
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())


def send_raw(server: Place, data: bytes, *, timeout: float = 30) -> bytes:
    """Everything that comes back for these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received
