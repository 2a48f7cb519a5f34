"""A quantity over time in bounded memory, however many points a trace has of it."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.thin import LIMIT
from heapwise.model.profile import Int64s
from heapwise.model.trace import Curve

_HELD = 200_000
"""Points held before they are thinned; enough that thinning twice does not show."""

_KEPT = 20_000


class CurveBuilder:
    """Takes points in order of time, generation by generation."""

    def __init__(self, name: str, unit: str) -> None:
        self._name, self._unit = name, unit
        self._pieces: list[tuple[Int64s, Int64s]] = []
        self._held = 0

    def add(self, time: Int64s, value: Int64s) -> None:
        """Take more points, int64[n] each, none earlier than those before."""
        if len(time) > _KEPT:
            time, value = thinned(time, value, _KEPT)
        self._pieces.append((time, value))
        self._held += len(time)
        if self._held > _HELD:
            self._pieces = [thinned(*self._joined(), _KEPT)]
            self._held = len(self._pieces[0][0])

    def curve(self) -> Curve:
        """All that was taken, with at most `LIMIT` points."""
        time, value = thinned(*self._joined(), LIMIT)
        return Curve(
            name=self._name,
            unit=self._unit,
            time_ns=tuple(time.tolist()),
            value=tuple(value.tolist()),
        )

    def _joined(self) -> tuple[Int64s, Int64s]:
        nothing = np.empty(0, np.int64)
        times, values = zip(*self._pieces, strict=True) if self._pieces else ((nothing,),) * 2
        return np.concatenate(times), np.concatenate(values)


def thinned(time: Int64s, value: Int64s, limit: int) -> tuple[Int64s, Int64s]:
    """At most ``limit`` points that draw the same: M4, as `heapwise.analysis.thin`, for columns.

    Of each of equally wide stretches of time the first, last, lowest and highest point stay.
    """
    if len(time) <= limit:
        return time, value
    stretches = limit // 4
    width = max(1, -(-int(time[-1] - time[0] + 1) // stretches))
    stretch = (time - time[0]) // width
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(time)) - 1
    lowest = _first_equal(value, np.minimum.reduceat(value, first), first, last)
    highest = _first_equal(value, np.maximum.reduceat(value, first), first, last)
    kept = np.unique(np.concatenate([first, last, lowest, highest]))
    return time[kept], value[kept]


def _first_equal(value: Int64s, wanted: Int64s, first: Int64s, last: Int64s) -> Int64s:
    """The first row of each stretch that has the value wanted of it."""
    rows = np.flatnonzero(value == np.repeat(wanted, last - first + 1))
    return rows[np.searchsorted(rows, first)]
