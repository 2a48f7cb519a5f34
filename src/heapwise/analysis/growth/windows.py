"""The windows that growth is looked for in, and how much of it each asks for.

Every length is in minutes of an unscaled watcher: with hours that last minutes a bin of five
minutes lasts five seconds, and nothing here changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What is done to a series before it is judged."""

    TREND = auto()
    """Nothing: what the load grew by is asked for in addition."""

    ADJUSTED = auto()
    """What the load explains is taken out by least squares, beside a straight line."""

    BENT = auto()
    """The same beside a parabola: half a day's load resembles the curve of a cache that warms up,
    and taking too much of it out makes that curve straight."""

    SEASONAL = auto()
    """Only bins of the same time of day are compared."""


@dataclass(frozen=True, slots=True)
class GrowthWindow:
    """The last bins of a series, and what must be true of them.

    Attributes:
        bin_minutes: one bin; its value is the least live heap, its load the mean.
        bins: how many; the window is silent until it has them.
        kind: of the test.
        share: of the median level, that must have been added over the window beyond the load's.
        ratio: how much of the growth from the first to the second third, the third must add.
        holds: evaluations in a row that must say so.
        every_minutes: from one evaluation to the next.
        steady: of the slope of half a window ago, that must be left; 0 does not ask for it, and so
            does not wait for half a window more.
    """

    bin_minutes: int
    bins: int
    kind: Kind
    share: float
    ratio: float
    holds: int
    every_minutes: int = 30
    steady: float = 0.0

    @property
    def minutes(self) -> int:
        """How long the window is."""
        return self.bin_minutes * self.bins

    @property
    def looks_back(self) -> int:
        """Evaluations in half a window."""
        return self.minutes // 2 // self.every_minutes


_STEADY = 0.6

LEAK = (
    GrowthWindow(5, 24, Kind.TREND, 0.35, 0.85, 2, steady=_STEADY),
    GrowthWindow(20, 36, Kind.TREND, 0.12, 0.75, 4, steady=_STEADY),
    GrowthWindow(30, 48, Kind.BENT, 0.10, 0.75, 6),
    GrowthWindow(120, 36, Kind.SEASONAL, 0.15, 0.60, 16),
)
"""Somebody is woken: 2, 12, 24 and 72 hours."""

GROWING = (
    GrowthWindow(5, 24, Kind.TREND, 0.25, 0.70, 1, every_minutes=10),
    GrowthWindow(10, 36, Kind.TREND, 0.10, 0.80, 2),
    GrowthWindow(20, 72, Kind.ADJUSTED, 0.08, 0.60, 1),
    GrowthWindow(120, 36, Kind.SEASONAL, 0.15, 0.60, 2),
)
"""Profiles are taken: 2, 6, 24 and 72 hours."""
