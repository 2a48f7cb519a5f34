"""One GET whose answer is taken piece by piece, as it comes, and may be broken off."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException, HTTPResponse

import msgspec

from heapwise.errors import ServiceError
from heapwise.runtimes import faults
from heapwise.runtimes.fetch import Endpoint, accepted, asked
from heapwise.runtimes.wire import Deadline

_CHUNK = 1 << 16

CANCELLED = "it was broken off"
"""Why an answer is not whole that we no longer wanted."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How a download went.

    Attributes:
        began_ns: just before the request was sent, CLOCK_MONOTONIC.
        ended_ns: when the last byte was there.
        size: bytes that were taken.
        cut: why it is not whole; empty where it is.
    """

    began_ns: int
    ended_ns: int
    size: int
    cut: str = ""


class Download:
    """One GET; `cancel` may be called from any thread.

    Args:
        endpoint: where.
        path: ``trace``, or an absolute path.
        query: without the question mark.
        deadline_s: for everything together.
    """

    def __init__(
        self, endpoint: Endpoint, path: str, *, query: str = "", deadline_s: float
    ) -> None:
        self.url = endpoint.url_of(path, query)
        self._endpoint = endpoint
        self._path = path
        self._query = query
        self._seconds = deadline_s
        self._guard = threading.Lock()
        self._connection: socket.socket | None = None
        self._cancelled = False
        self._began_ns = 0

    def run(self, take: Callable[[bytes], str]) -> Delivery:
        """Ask, and hand over every piece as it comes.

        Args:
            take: takes a piece, and says why no more is wanted; empty to go on.

        Raises:
            ServiceError: nothing came. What breaks off later ends the delivery, which says so.
        """
        deadline = Deadline(self._seconds)
        size = 0
        try:
            with (
                faults.named(self.url, self._endpoint, deadline),
                asked(self._endpoint, self._path, self._query, deadline, self._connected) as answer,
            ):
                accepted(answer, self.url)
                _must_be_plain(answer)
                promised, cut = answer.length, ""
                while not cut and (piece := answer.read1(_CHUNK)):
                    if not size and faults.is_page(piece):
                        raise faults.web_page(self.url)
                    cut = take(piece)
                    size += len(piece)
                if not cut and promised and size < promised:
                    cut = f"{self.url} broke off in the middle of its answer"
        except ServiceError as error:
            if not size and not self._cancelled:
                raise
            cut = error.what
        if self._cancelled:
            cut = CANCELLED
        return Delivery(began_ns=self._began_ns, ended_ns=time.monotonic_ns(), size=size, cut=cut)

    def cancel(self) -> None:
        """Break it off: the service sees that nobody listens any more."""
        with self._guard:
            self._cancelled = True
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def _connected(self, connection: socket.socket) -> None:
        with self._guard:
            self._connection = connection
            self._began_ns = time.monotonic_ns()
            if self._cancelled:
                raise ConnectionAbortedError


def _must_be_plain(answer: HTTPResponse) -> None:
    encoding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding != "identity":
        raise HTTPException(f"it is encoded as {encoding[:40]!r}, which was not asked for")
