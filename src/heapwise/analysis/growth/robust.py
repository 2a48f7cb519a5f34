"""Medians and Sen slopes of many series at once, with holes in them.

A series is a row; a hole is NaN. All of it is float64.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

_Z = 3.09
"""One-sided 0.1 % quantile of the normal distribution."""

_MOST_CORRELATED = 0.95
"""Beyond it the variance would need more bins than there are."""


def median(rows: Floats) -> Floats:
    """Of what each row holds, holes aside; NaN of a row of holes."""
    ordered = np.sort(rows, axis=1)
    known = np.count_nonzero(~np.isnan(rows), axis=1)
    low, high = np.maximum(known - 1, 0) // 2, np.maximum(known // 2, 0)
    high = np.minimum(high, rows.shape[1] - 1)
    return (_picked(ordered, low) + _picked(ordered, high)) / 2


def sen(rows: Floats, times: Floats | None = None) -> tuple[Floats, Floats]:
    """The Theil-Sen slope of each row, and a bound that it is above in 999 of 1000.

    Args:
        rows: float64[n, points].
        times: of the points, ascending; None counts them.

    Sen (1968): the median of the slopes between all pairs; the bound is the order statistic that
    Kendall's variance gives. Neighbours resemble each other, so the variance is multiplied by
    ``(1 + r) / (1 - r)``, r being the residuals' autocorrelation at one bin.
    """
    count = rows.shape[1]
    first, second = _pairs(count)
    at = np.arange(count, dtype=np.float64) if times is None else times
    slopes = np.take(rows, second, axis=1)
    slopes -= np.take(rows, first, axis=1)
    slopes /= at[second] - at[first]
    slopes.sort(axis=1)  # holes go last
    known = np.count_nonzero(~np.isnan(rows), axis=1).astype(np.float64)
    pairs = known * (known - 1) / 2
    slope = _picked(slopes, (pairs // 2).astype(np.intp))
    alike = _autocorrelation(rows - slope[:, None] * at)
    variance = known * (known - 1) * (2 * known + 5) / 18 * (1 + alike) / (1 - alike)
    rank = np.clip(np.trunc((pairs - _Z * np.sqrt(variance)) / 2), 0, np.maximum(pairs - 1, 0))
    return slope, _picked(slopes, rank.astype(np.intp))


@lru_cache(maxsize=8)
def _pairs(count: int) -> tuple[Ints, Ints]:
    return np.triu_indices(count, 1)


def _picked(rows: Floats, index: Ints) -> Floats:
    return np.asarray(np.take_along_axis(rows, index[:, None], axis=1)[:, 0])


def _autocorrelation(rows: Floats) -> Floats:
    """Of each row with itself one bin later; holes count as the mean."""
    known = ~np.isnan(rows)
    counts = np.maximum(np.count_nonzero(known, axis=1), 1)
    middle = np.where(known, rows, 0.0).sum(axis=1) / counts
    rest = np.where(known, rows - middle[:, None], 0.0)
    whole = (rest * rest).sum(axis=1)
    pairs = (rest[:, 1:] * rest[:, :-1]).sum(axis=1)
    share = np.divide(pairs, whole, out=np.zeros(len(rows)), where=whole > 0)
    return np.asarray(np.clip(share, 0.0, _MOST_CORRELATED))
