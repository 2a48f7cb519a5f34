"""What a service had to do, and what of a live heap that accounts for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heapwise.analysis.growth.robust import Floats, median

_LOAD_OF_SPAN = 1.5
"""Third to third is two thirds of a window."""

_LEAST_LOAD = 1e-9


def adjusted(y: Floats, x: Floats, degree: int) -> Floats:
    """Without what the load explains: least squares beside a polynomial, never a negative effect.

    Args:
        y: float64[n, bins]; NaN is unknown.
        x: the same without holes.
        degree: of the polynomial in time.
    """
    rest_y, rest_x = (_rest(np.where(np.isnan(y), np.nan, rows), degree) for rows in (y, x))
    whole = (rest_x * rest_x).sum(axis=1)
    effect = np.divide((rest_x * rest_y).sum(axis=1), whole, out=np.zeros(len(y)), where=whole > 0)
    middle = x.mean(axis=1, keepdims=True)
    return np.asarray(y - np.maximum(effect, 0.0)[:, None] * (x - middle))


def _rest(rows: Floats, degree: int) -> Floats:
    """What the polynomial of least squares leaves; holes are zero.

    A Gram-Schmidt process over the known points of each row: rows have other holes each.
    """
    known = ~np.isnan(rows)
    rest = np.where(known, rows, 0.0)
    at = np.linspace(-1.0, 1.0, rows.shape[1])
    basis: list[Floats] = []
    for power in range(degree + 1):
        column = _without(np.where(known, at**power, 0.0), basis)
        basis.append(column)
    return _without(rest, basis)


def _without(rows: Floats, basis: Sequence[Floats]) -> Floats:
    """Rows minus their projection on each of the orthogonal columns."""
    for column in basis:
        size = np.maximum((column * column).sum(axis=1, keepdims=True), _LEAST_LOAD)
        rows = rows - (rows * column).sum(axis=1, keepdims=True) / size * column
    return rows


def without_holes(x: Floats) -> Floats:
    """Holes take the median of what is known; a load that nobody tells is zero throughout."""
    usual = np.nan_to_num(median(x))
    return np.where(np.isnan(x), usual[:, None], x)


def added(first: Floats, last: Floats) -> Floats:
    """What the load added over the whole window, of what it began with; never below zero."""
    ratio = median(last) / np.maximum(median(first), _LEAST_LOAD)
    return np.asarray(np.maximum(_LOAD_OF_SPAN * (ratio - 1), 0.0))
