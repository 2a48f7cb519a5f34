"""What a detector is, and what it can be told."""

from __future__ import annotations

from typing import Protocol

import msgspec

from heapwise.model.watch import Severity, Sign
from heapwise.watch.history import BIN_MINUTES, History
from heapwise.watch.scale import Scale


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """From where on something is a sign.

    Attributes:
        limit_share: of its limit, that the least memory of a quarter of an hour takes.
        limit_warn_hours: until the limit is reached, if it grows on as it does; scaled.
        limit_page_hours: the same, that wakes somebody.
        gc_share_warn: of the CPU that the process could have, that collecting takes.
        gc_share_page: the same, that wakes somebody.
        assist_share: of the same, that allocating goroutines have to give to marking.
        pause_ns: that a 99th percentile of pauses is above.
        pause_count: pauses that are longer, at least.
        alloc_step: share by which a unit of work allocates more than it did.
        tasks_count: goroutines, or threads and asyncio tasks, that have to be added.
        gen2_share: of the time, that collections of CPython's oldest generation take.
        gen2_pause_ns: that the longest of them takes.
    """

    limit_share: float = 0.9
    limit_warn_hours: float = 24.0
    limit_page_hours: float = 2.0
    gc_share_warn: float = 0.10
    gc_share_page: float = 0.25
    assist_share: float = 0.05
    pause_ns: float = 10e6
    pause_count: int = 5
    alloc_step: float = 0.30
    tasks_count: int = 100
    gen2_share: float = 0.05
    gen2_pause_ns: float = 100e6


class Detector(Protocol):
    """Watches one target for one thing, from a start of its process to the next.

    It may keep what it saw. Only a target that answers is asked about: of one that is down nothing
    new is known, and what was seen of it stays.
    """

    @property
    def code(self) -> str:
        """What it looks for, as ``leak``."""
        ...

    @property
    def every_ns(self) -> int:
        """How often it wants to be asked."""
        ...

    def look(self, history: History, now_ns: int) -> Sign | None:
        """What it sees now; None where there is nothing to see, or nothing to see it by."""
        ...


TWO = 2
"""Bins that a share is judged over: ten minutes."""


def each_bin(scale: Scale) -> int:
    """The length of a bin, ns: how often it makes sense to look at levels."""
    return scale.ns(minutes=BIN_MINUTES)


def two_bins(history: History, share: str) -> float | None:
    """The mean of a share over the two newest bins; None where one of them does not know it.

    Args:
        history: of the target.
        share: a field of `Bin`.
    """
    shares = [getattr(each, share) for each in history.newest(TWO) or ()]
    return None if len(shares) < TWO or None in shares else sum(shares) / TWO


class Level:
    """A severity that is reached at a level and left well below it, so that it does not flicker."""

    _LEFT_BELOW = 0.8

    def __init__(self, warn: float, page: float | None = None) -> None:
        self._levels = [(Severity.PAGE, page)] if page is not None else []
        self._levels.append((Severity.WARN, warn))
        self._reached: Severity | None = None

    def at(self, value: float) -> Severity | None:
        """The severity of the value; that of the value before, if it is not far enough below."""
        now = self._reached
        self._reached = next(
            (
                severity
                for severity, level in self._levels
                if value > level * (self._LEFT_BELOW if severity is now else 1.0)
            ),
            None,
        )
        return self._reached
