"""Whether a live heap grows like a leak: on and on, and more than its load does.

Four things have to be true of a window. Its slope is surely above zero; it added more than the
least share of its level and than the load accounts for; that is not one step; and it is not
about to end, as the warming of a cache is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heapwise.analysis.growth.load import added, adjusted, without_holes
from heapwise.analysis.growth.robust import Floats, median, sen
from heapwise.analysis.growth.windows import GrowthWindow, Kind

_NOT_ONE_STEP = 0.3

_LEAST_KNOWN = 0.8
"""A window with fewer of its bins than this says nothing."""

_DAY = 12
"""Bins of a day in a seasonal window."""

_DAYS_POSITIVE = 0.9

NO_AMOUNT = 2.0**63
"""No process holds so many bytes."""

_DEGREE = {Kind.ADJUSTED: 1, Kind.BENT: 2}
"""Of the polynomial beside which the load is taken out."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one window says of the live heap at its end.

    Attributes:
        window: which.
        holds: it grows as a leak does.
        slope: bytes per bin.
        surely: what the slope is above in 999 of 1000; None for a seasonal window.
        level: the median of the window, bytes.
        end: of the last third, bytes.
        share: added over the window, of the level.
        load: the same that the load accounts for.
        lasting: what the last third added, of what the second added.
    """

    window: GrowthWindow
    holds: bool
    slope: float
    surely: float | None
    level: float
    end: float
    share: float
    load: float
    lasting: float

    @property
    def per_hour(self) -> float:
        """The slope in bytes an hour of an unscaled watcher."""
        return self.slope * 60 / self.window.bin_minutes

    def hours_to(self, limit: float, now: float | None = None) -> float | None:
        """Hours until the live heap is at a limit if it goes on, of an unscaled watcher.

        Args:
            limit: bytes.
            now: bytes that there are; the end of the window if that is not known.

        Returns:
            Zero where it is beyond; None where it does not grow.
        """
        left = limit - (self.end if now is None else now)
        if left <= 0:
            return 0.0
        return left / self.per_hour if self.slope > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The same figures of many windows, float64[n] each.

    Attributes:
        first: bytes from the first third to the second.
        second: bytes from the second third to the last.
        sure: bool[n]: the slope is surely above zero.
    """

    slope: Floats
    surely: Floats
    level: Floats
    end: Floats
    share: Floats
    load: Floats
    first: Floats
    second: Floats
    sure: npt.NDArray[np.bool_]


def judge(y: Sequence[float | None], x: Sequence[float | None], window: GrowthWindow) -> Verdict:
    """Judge the last bins of one series.

    Args:
        y: the least live heap of each bin, bytes; None is unknown.
        x: its mean load, in any unit; None is unknown.
        window: as many bins as both have.
    """
    found = measure(_row(y), _row(x), window.kind)
    return Verdict(
        window=window,
        holds=bool(holds(found, window)[0]),
        slope=float(found.slope[0]),
        surely=None if window.kind is Kind.SEASONAL else float(found.surely[0]),
        level=float(found.level[0]),
        end=float(found.end[0]),
        share=float(found.share[0]),
        load=float(found.load[0]),
        lasting=float(found.second[0]) / float(found.first[0]) if found.first[0] > 0 else 0.0,
    )


def _row(values: Sequence[float | None]) -> Floats:
    """One series as a row; what no process can hold is unknown."""
    row = np.asarray(values, dtype=np.float64)[None, :]
    return np.where(np.abs(row) < NO_AMOUNT, row, np.nan)


def holds(found: Measured, window: GrowthWindow) -> npt.NDArray[np.bool_]:
    """Which of the windows grow as a leak does; one with NaN in its figures does not."""
    return np.asarray(
        found.sure
        & (found.share > window.share + found.load)
        & (found.first > _NOT_ONE_STEP * found.second)
        & (found.second > window.ratio * found.first)
        & (found.second > 0)
    )


def measure(y: Floats, x: Floats, kind: Kind) -> Measured:
    """The figures of many windows of one length, a row each.

    Args:
        y: float64[n, bins], the least live heap of each bin; NaN is unknown.
        x: float64[n, bins], its mean load; the same.
        kind: of the test.
    """
    known = np.count_nonzero(~np.isnan(y), axis=1) >= _LEAST_KNOWN * y.shape[1]
    y = np.where(known[:, None], y, np.nan)
    x = without_holes(x)
    if kind is Kind.SEASONAL:
        return _seasonal(y, x)
    return _trend(y, x) if kind is Kind.TREND else _trend(adjusted(y, x, _DEGREE[kind]), None)


def _trend(y: Floats, x: Floats | None) -> Measured:
    """Of a series that has no seasons; no load: it is out already."""
    count = y.shape[1]
    third = count // 3
    slope, surely = sen(y)
    level = median(y)
    parts = [median(part) for part in (y[:, :third], y[:, third : 2 * third], y[:, 2 * third :])]
    load = np.zeros(len(y)) if x is None else added(x[:, :third], x[:, 2 * third :])
    return Measured(
        slope=slope, surely=surely, level=level, end=parts[2], share=_share(slope * count, level),
        load=load, first=parts[1] - parts[0], second=parts[2] - parts[1], sure=surely > 0,
    )  # fmt: skip


def _seasonal(y: Floats, x: Floats) -> Measured:
    """Of three days: a bin is only compared with the same bin of another day."""
    count = y.shape[1]
    slopes = np.concatenate(
        [(y[:, apart:] - y[:, :-apart]) / apart for apart in (_DAY, 2 * _DAY)], axis=1
    )
    pairs = np.maximum(np.count_nonzero(~np.isnan(slopes), axis=1), 1)
    positive = np.count_nonzero(slopes > 0, axis=1) / pairs
    slope, level = median(slopes), median(y)
    days = [median(y[:, begin : begin + _DAY]) for begin in (0, _DAY, 2 * _DAY)]
    return Measured(
        slope=slope, surely=np.full(len(y), np.nan), level=level, end=days[2],
        share=_share(slope * count, level), load=added(x[:, :_DAY], x[:, 2 * _DAY :]),
        first=days[1] - days[0], second=days[2] - days[1], sure=positive > _DAYS_POSITIVE,
    )  # fmt: skip


def _share(gain: Floats, level: Floats) -> Floats:
    with np.errstate(over="ignore"):  # of next to nothing anything is infinitely much
        return np.asarray(np.divide(gain, level, out=np.full(len(gain), np.nan), where=level > 0))
