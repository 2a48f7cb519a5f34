"""Rounds of two sides on one scale: a dot a round, the interval of the median, the median."""

from __future__ import annotations

import math
from typing import NamedTuple

from heapwise.model.comparison import ComparisonRow, Estimate


class Strip(NamedTuple):
    """One side; positions are per cent of the width.

    Attributes:
        dots: one a round.
        low: where the interval begins; the edge where it has no end.
        high: where it ends.
        median: of the rounds.
    """

    dots: tuple[float, ...]
    low: float
    high: float
    median: float


def strips(row: ComparisonRow) -> tuple[Strip, Strip] | None:
    """Both sides of a row on a common scale, None where it has no rounds."""
    if row.base is None or row.new is None:
        return None
    values = [value for side in (row.base, row.new) for value in side.values]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    scale = _Scale(low - margin, high + margin)
    return scale.strip(row.base), scale.strip(row.new)


class _Scale(NamedTuple):
    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands, from 0 to 100; what is beyond the scale stands at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def strip(self, side: Estimate) -> Strip:
        return Strip(
            dots=tuple(self.at(value) for value in side.values if math.isfinite(value)),
            low=self.at(side.low),
            high=self.at(side.high),
            median=self.at(side.median),
        )
