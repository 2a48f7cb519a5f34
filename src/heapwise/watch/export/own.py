"""How the watcher itself does, for those who watch it."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Mapping

import msgspec

from heapwise.model.watch import SinkHealth
from heapwise.units import NS_PER_S

SCRAPE_BOUNDS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The watcher's own state.

    Attributes:
        scrapes: how long they took: how many up to each bound of `SCRAPE_BOUNDS_S`, and above;
            not cumulative.
        scrapes_s: seconds of all together.
        skipped: moments at which a target ought to have been asked, and was still being asked or
            waited for a thread.
        store_bytes: size of the store; None without one.
        store_fails: whether what is read cannot be written, and waits.
        dropped_rows: readings that the store could not keep.
        queues: how many wait, by the name of the queue.
        sinks: how each does.
    """

    scrapes: tuple[int, ...] = (0,) * (len(SCRAPE_BOUNDS_S) + 1)
    scrapes_s: float = 0.0
    skipped: int = 0
    store_bytes: int | None = None
    store_fails: bool = False
    dropped_rows: int = 0
    queues: Mapping[str, int] = {}
    sinks: tuple[SinkHealth, ...] = ()


NOTHING_KNOWN = Own()
"""Of a page that shows a store without a watcher."""


class ScrapeTimes:
    """How long scrapes took, ever; several threads may add."""

    def __init__(self) -> None:
        self._counts = [0] * (len(SCRAPE_BOUNDS_S) + 1)
        self._total_s = 0.0
        self._lock = threading.Lock()

    def add(self, took_ns: int) -> None:
        """One more scrape."""
        took_s = took_ns / NS_PER_S
        with self._lock:
            self._counts[bisect_left(SCRAPE_BOUNDS_S, took_s)] += 1
            self._total_s += took_s

    def read(self) -> tuple[tuple[int, ...], float]:
        """Counts as `Own.scrapes` has them, and seconds."""
        with self._lock:
            return tuple(self._counts), self._total_s
