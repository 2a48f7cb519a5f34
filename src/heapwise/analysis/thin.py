"""Fewer points for the same picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from heapwise.model.profile import Int64s
from heapwise.model.report import Series

Float64s = np.ndarray[tuple[int], np.dtype[np.float64]]

LIMIT = 2_000
"""Points of one line. A chart is about half as many pixels wide."""


def thin(series: Series, limit: int = LIMIT) -> Series:
    """The same line with at most ``limit`` points: the extremes stay, which averages would hide.

    M4 (Jugel, Jerzak, Hackenbroich, Markl: "M4: A Visualization-Oriented Time Series Data
    Aggregation", VLDB 2014): each of equally wide stretches of x keeps its first, last, lowest
    and highest point, which draws the same pixels as all of its points. A gap (None) is kept as
    one point of its stretch, if it has one.

    Args:
        series: x ascending.
        limit: at least 10.
    """
    if len(series.x) <= limit:
        return series
    y = np.array([np.nan if value is None else value for value in series.y], np.float64)
    kept = telling(np.array(series.x, np.float64), y, limit)
    return Series(
        name=series.name,
        unit=series.unit,
        x=tuple(series.x[index] for index in kept),
        y=tuple(series.y[index] for index in kept),
    )


def telling(x: Float64s, y: Float64s, limit: int) -> list[int]:
    """Which points of a line `thin` keeps, ascending.

    Args:
        x: float64[n], ascending.
        y: float64[n]; NaN is a gap.
        limit: at least 10.
    """
    if len(x) <= limit:
        return list(range(len(x)))
    stretches = limit // 5
    width = (x[-1] - x[0]) / stretches or 1.0
    stretch = np.minimum((x - x[0]) // width, stretches - 1)
    bounds = [0, *(np.flatnonzero(np.diff(stretch)) + 1).tolist(), len(x)]
    return sorted(
        {first + index for first, last in pairwise(bounds) for index in _telling(y[first:last])}
    )


def thin_marks(marks: Int64s, limit: int = LIMIT) -> Int64s:
    """At most ``limit`` of ``marks``, evenly chosen by rank, the first and the last among them."""
    if len(marks) <= limit:
        return marks
    return marks[np.linspace(0, len(marks) - 1, limit).round().astype(np.int64)]


def _telling(y: Float64s) -> set[int]:
    """First, last, lowest, highest and the first gap of one stretch."""
    gaps = np.flatnonzero(np.isnan(y))
    telling = {0, len(y) - 1, *gaps[:1].tolist()}
    if len(gaps) < len(y):
        telling |= {int(np.nanargmin(y)), int(np.nanargmax(y))}
    return telling
