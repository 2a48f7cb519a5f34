"""Looks at hits as they end, and has the flight recorder fetched after a slow one."""

from __future__ import annotations

import time
from collections.abc import Callable

from heapwise.model.load import Hits
from heapwise.record.capture.background import Background
from heapwise.units import NS_PER_S, format_duration

MOST = 3
"""Traces of one run: more of the same tell nothing new."""

APART_NS = 2 * NS_PER_S
"""Between the end of one fetch and the next: a recorder holds seconds."""


class SlowHits:
    """Has something done after a slow hit, rarely, never twice at once.

    What counts is a hit's time from when it was due and had a connection: a wait that the generator
    makes itself is not in the service's recorder.

    Args:
        threshold_ns: a hit that takes longer is slow; 0 for none.
        act: what to do, told why: ``a hit of 61.0 ms``. Once it says that it was no use, it is not
            done again.
        cancel: makes it return soon.
    """

    def __init__(
        self, threshold_ns: int, act: Callable[[str], bool], cancel: Callable[[], None]
    ) -> None:
        self._threshold_ns = threshold_ns
        self._act = act
        self._cancel = cancel
        self._left = MOST if threshold_ns else 0
        self._acting: Background | None = None
        self._quiet_until_ns = 0

    def look(self, hits: Hits) -> None:
        """Look at hits that have just ended; returns at once.

        Raises:
            Exception: what the last action raised.
        """
        if not self._left or not len(hits):
            return
        if self._acting is not None:
            if self._acting.running:
                return
            self.wait(lambda: False)
            self._quiet_until_ns = time.monotonic_ns() + APART_NS
        if time.monotonic_ns() < self._quiet_until_ns:
            return
        sent = hits.select((hits.ready >= 0) & (hits.done >= 0))
        slowest = int((sent.done - sent.ready).max(initial=0))
        if slowest > self._threshold_ns:
            self._left -= 1
            self._acting = Background(lambda: self._do(slowest), self._cancel)

    def _do(self, slowest_ns: int) -> None:
        if not self._act(f"a hit of {format_duration(slowest_ns)}"):
            self._left = 0

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait for what is being done.

        Raises:
            Exception: what it raised.
        """
        if self._acting is not None:
            acting, self._acting = self._acting, None
            acting.wait(stopped)
