"""Sockets under one deadline for everything that happens on them."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from heapwise.runtimes.endpoint import Endpoint

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Deadline:
    """A moment after which every wait is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds to go, always above zero.

        Raises:
            TimeoutError: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def connect(endpoint: Endpoint, deadline: Deadline) -> socket.socket:
    """Open a connection; proxies of the environment are not asked.

    Looking up a host's name cannot be interrupted; the resolver's own limits hold for it.

    Raises:
        OSError: nothing answers, the name is unknown, TLS failed, or the time is up.
    """
    if endpoint.scheme == "unix":
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            local.settimeout(deadline.left())
            local.connect(endpoint.host)
        except OSError:
            local.close()
            raise
        return local
    plain = _connect_any(endpoint.address or endpoint.host, endpoint.port, deadline)
    if endpoint.scheme == "http":
        return plain
    try:
        plain.settimeout(deadline.left())
        return endpoint.access.tls().wrap_socket(plain, server_hostname=endpoint.host)
    except BaseException:  # a certificate that cannot be read among them
        plain.close()
        raise


def _connect_any(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Try every address of a host in the resolver's order; the first that answers wins."""
    failure = OSError("the name has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.left())
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def http_over(connection: socket.socket, endpoint: Endpoint, deadline: Deadline) -> HTTPConnection:
    """Speak HTTP over a connection, with every read and write under the deadline.

    A timeout of the socket alone would start anew with each byte of a server that drips.
    The caller closes the connection.
    """
    http = HTTPConnection(endpoint.authority)
    http.sock = _Timed(connection, deadline)
    return http


class _Timed:
    """As much of a socket as `http.client` uses."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(self._deadline.left())
        self._connection.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._connection, self._deadline))

    def close(self) -> None:
        """Nothing: `http.client` closes its socket before the body was read."""


class _Reader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv_into(buffer)
