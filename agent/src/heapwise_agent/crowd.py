"""How many are served at once, by which threads, and what becomes of the others."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from heapwise_agent import http1, own
from heapwise_agent.locks import Lock
from heapwise_agent.messages import RefusedError

SEATS = 4
"""Connections served at once for one client's address; a unix socket's clients are one."""

ALL_SEATS = 16

MAX_IDLE = 16
"""Threads that are kept for what comes next."""

_MAX_TURNED_AWAY = 64
_LINGER_S = 1.0
_FULL = http1.write(
    RefusedError(503, "too many connections; try again", {"Retry-After": "1"}).response()
)


class Seats:
    """Counts connections by client."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: Counter[str] = Counter()

    def take(self, client: str) -> bool:
        """Take a seat; False if there is none."""
        with self._lock:
            if self._taken[client] >= SEATS or self._taken.total() >= ALL_SEATS:
                return False
            self._taken[client] += 1
            return True

    def give(self, client: str) -> None:
        """Give it back."""
        with self._lock:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]


class Workers:
    """Threads that are started when they are needed and kept for the next job.

    A new thread for each would allocate before it can say that it is the agent's. A forked child
    has none of them, and needs `Workers` of its own.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._given: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = Lock()
        self._idle = 0
        self._count = 0

    def give(self, job: Callable[[], None]) -> None:
        """Have a job done at once; it must not raise.

        Raises:
            RuntimeError: no thread can be started.
        """
        with self._lock:
            found = self._idle > 0
            self._idle -= found
        if not found:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
            with self._lock:
                self._count += 1
        self._given.put(job)

    def warm(self, count: int) -> None:
        """Start threads that wait for a job.

        Raises:
            RuntimeError: no thread can be started.
        """
        everybody = threading.Barrier(count + 1)

        def wait() -> None:
            everybody.wait()

        for _ in range(count):
            self.give(wait)
        wait()

    def stop(self) -> None:
        """Let each end when it has nothing to do."""
        for _ in range(self._count):
            self._given.put(None)

    def _run(self) -> None:
        with own.quiet():
            while (given := self._given.get()) is not None:
                given()
                del given  # or what it holds stays until the next one
                with self._lock:
                    if self._idle >= MAX_IDLE:
                        self._count -= 1
                        return
                    self._idle += 1


class TurnedAway:
    """Connections that got 503 and stay open for a moment.

    A socket that is closed while its request is unread resets the connection, and the client may
    lose the answer.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, socket.socket]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, connection: socket.socket) -> None:
        """Say so, and keep it for a moment."""
        try:
            connection.setblocking(False)
            connection.send(_FULL)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            connection.close()
            return
        self._waiting.append((time.monotonic() + _LINGER_S, connection))
        if len(self._waiting) > _MAX_TURNED_AWAY:
            self._close_first()

    def sweep(self, *, everything: bool = False) -> None:
        """Close those whose moment is over."""
        now = time.monotonic()
        while self._waiting and (everything or self._waiting[0][0] <= now):
            self._close_first()

    def _close_first(self) -> None:
        _, connection = self._waiting.popleft()
        with connection, suppress(OSError):
            connection.recv(1 << 16)
