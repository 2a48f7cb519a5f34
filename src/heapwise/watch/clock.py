"""The time of a watcher: unix nanoseconds that never go back while it runs."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time."""

    def now_ns(self) -> int:
        """Unix ns, never less than before."""
        ...


class SteadyClock:
    """The wall clock as it was at the start, and CLOCK_BOOTTIME since.

    Somebody who sets the machine's clock makes no negative durations and no second midnight; a
    machine that was suspended has slept for as long as it slept.
    """

    def __init__(self) -> None:
        self._zero_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def now_ns(self) -> int:
        """Unix ns by the clock at the start."""
        return self._zero_ns + time.clock_gettime_ns(time.CLOCK_BOOTTIME)
