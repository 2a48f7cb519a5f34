"""What is to be sent to a server that may be slow, away or full: bounded, and in its own thread."""

from __future__ import annotations

import random
import threading
from collections import deque

from heapwise.errors import HeapwiseError
from heapwise.model.watch import SinkHealth
from heapwise.watch.clock import Clock
from heapwise.watch.post import Receiver, Rejected, post

MOST_WAITING = 32 << 20
"""Bytes that may wait for a server that is away."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_LAST_S = 0.5


class Outbox:
    """Sends bodies one after the other until it is closed.

    A body that the server refuses for good is dropped, and so are the oldest where too many wait.
    Both are counted. What was put last is never dropped for being too much by itself.

    Args:
        receiver: where to.
        clock: tells when something was taken.
        content_type: of all bodies.
        deadline_s: of one.
        most_bytes: that wait, if what was put last is not more.
    """

    def __init__(
        self,
        receiver: Receiver,
        clock: Clock,
        *,
        content_type: str = "application/json",
        deadline_s: float = 10.0,
        most_bytes: int = MOST_WAITING,
    ) -> None:
        self._receiver, self._clock = receiver, clock
        self._name = receiver.name
        self._content_type, self._deadline_s = content_type, deadline_s
        self._most_bytes = most_bytes
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._sent = self._failed = self._dropped = 0
        self._problem = ""
        self._told_ns: int | None = None
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send what is left, as far as that takes a second."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, _LAST_S)
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(_LAST_S)

    def put(self, *bodies: bytes) -> None:
        """Send bodies that belong together when there is time; returns at once."""
        size = sum(map(len, bodies))
        with self._changed:
            self._waiting.extend(bodies)
            self._bytes += size
            while self._bytes > max(self._most_bytes, size):
                self._bytes -= len(self._waiting.popleft())
                self._dropped += 1
            self._changed.notify_all()

    def refuse(self, problem: str) -> None:
        """Count something that cannot be sent at all."""
        with self._changed:
            self._dropped += 1
            self._problem = problem

    def health(self) -> SinkHealth:
        """How it does; what waits and what is dropped are bodies."""
        with self._changed:
            return SinkHealth(
                name=self._name,
                sent=self._sent,
                failed=self._failed,
                waiting=len(self._waiting),
                dropped=self._dropped,
                problem=self._problem,
                told_ns=self._told_ns,
            )

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while (body := self._next()) is not None:
            try:
                post(
                    self._receiver,
                    body,
                    content_type=self._content_type,
                    deadline_s=self._deadline_s,
                )
            except Rejected as error:
                self._done(body, str(error), dropped=1)
            except HeapwiseError as error:  # it is away, or a file that it wants to see is
                self._later(str(error), wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            else:
                self._done(body, "")
                wait_s = _FIRST_WAIT_S

    def _next(self) -> bytes | None:
        """The oldest body, once there is one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return None if self._stopping else self._waiting[0]

    def _done(self, body: bytes, problem: str, dropped: int = 0) -> None:
        with self._changed:
            if self._waiting and self._waiting[0] is body:  # or it went to make room meanwhile
                self._waiting.popleft()
                self._bytes -= len(body)
                self._dropped += dropped
            self._problem = problem
            self._failed += dropped
            if not dropped:
                self._sent += 1
                self._told_ns = self._clock.now_ns()
            self._changed.notify_all()

    def _later(self, problem: str, wait_s: float) -> None:
        """Wait, so that a server that comes back is not met by all watchers at once."""
        part = random.uniform(0.5, 1.0)  # noqa: S311 - nobody needs to be unable to guess it
        with self._changed:
            self._failed += 1
            self._problem = problem
            self._changed.wait_for(lambda: self._stopping, wait_s * part)
