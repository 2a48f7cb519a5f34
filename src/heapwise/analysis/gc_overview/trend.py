"""Whether the floor of a live heap rises."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

from heapwise.model.finding import Interval
from heapwise.model.gc_overview import Direction, Trend
from heapwise.units import NS_PER_S

Point = tuple[int, float]
"""A time, ns, and bytes."""

MOST_BINS = 24
LEAST_BINS = 8
PER_BIN = 3
"""Cycles that a bin should hold at least, so that its lowest is a floor."""

FLAT = 0.1
"""A floor that moves less than this share of itself over the whole log is called level."""

_Z = 1.96
_MOST_CORRELATION = 0.95


def trend_of(points: Sequence[Point]) -> Trend | None:
    """The slope of the lowest live heap per bin, with its 95 % interval.

    Theil and Sen's estimator (Sen, "Estimates of the Regression Coefficient Based on Kendall's
    Tau", JASA 1968): the median of the slopes between any two bins, which a few odd ones cannot
    move. The variance that Kendall's S has without a trend is widened by the correlation of
    neighbouring bins: a heap that was large a moment ago mostly still is.

    Args:
        points: live heap over time.

    Returns:
        None where there are too few points for `LEAST_BINS` bins.
    """
    floors, width = _floors(points)
    count = len(floors)
    if count < LEAST_BINS:
        return None
    earlier, later = np.triu_indices(count, 1)
    at, low = floors[:, 0], floors[:, 1]
    slopes = np.sort((low[later] - low[earlier]) / (at[later] - at[earlier]))
    slope = statistics.median(slopes.tolist())
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18 * _widening(low - slope * at))
    first = max(0, math.floor((len(slopes) - _Z * spread) / 2))
    last = min(len(slopes) - 1, math.ceil((len(slopes) + _Z * spread) / 2))
    found = Interval(slope, float(slopes[first]), float(slopes[last]))
    whole = float(at[-1] - at[0])
    return Trend(
        direction=_direction(found, whole, statistics.median(low.tolist())),
        bytes_per_second=found,
        bins=count,
        bin_ns=round(width * NS_PER_S),
    )


def _floors(
    points: Sequence[Point],
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], float]:
    """The middle, s, and the lowest point of every bin that has one; and how wide bins are, s."""
    at = np.array([time for time, _ in points], np.float64) / NS_PER_S
    live = np.array([value for _, value in points], np.float64)
    bins = min(MOST_BINS, len(points) // PER_BIN)
    width = float(at.max() - at.min()) / bins if bins else 0.0
    if width <= 0:
        return np.empty((0, 2)), 0.0
    index = np.minimum(((at - at.min()) / width).astype(np.int64), bins - 1)
    rows = [
        (at.min() + (number + 0.5) * width, live[index == number].min())
        for number in sorted(set(index.tolist()))
    ]
    return np.array(rows, np.float64), width


def _widening(rest: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """By how much correlated neighbours widen the variance: (1 + r) / (1 - r)."""
    rest = rest - rest.mean()
    power = float(rest @ rest)
    correlation = float(rest[1:] @ rest[:-1]) / power if power > 0 else 0.0
    correlation = min(max(correlation, 0.0), _MOST_CORRELATION)
    return (1 + correlation) / (1 - correlation)


def _direction(slope: Interval, span_s: float, floor: float) -> Direction:
    if max(abs(slope.low), abs(slope.high)) * span_s <= FLAT * floor:
        return Direction.LEVEL
    if slope.low > 0:
        return Direction.RISING
    return Direction.FALLING if slope.high < 0 else Direction.UNKNOWN
