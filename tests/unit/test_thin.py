"""Thinning lines for charts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.thin import LIMIT, thin, thin_marks
from heapwise.model.report import Series


def line(y: list[float | None]) -> Series:
    """A line with x from 0."""
    return Series("heap", "B", tuple(float(i) for i in range(len(y))), tuple(y))


LINES = st.lists(st.none() | st.integers(-(10**9), 10**9).map(float), max_size=400).map(line)


def test_a_short_line_stays_as_it_is() -> None:
    """Up to the limit not a point is lost."""
    short = line([float(i) for i in range(LIMIT)])
    assert thin(short) is short


def test_a_single_spike_among_a_hundred_thousand_points_survives() -> None:
    """The one slow second of a day is what a reader looks for."""
    y: list[float | None] = [1.0] * 100_000
    y[54_321] = 99.0
    thinned = thin(line(y))
    assert len(thinned.x) <= LIMIT
    assert (54_321.0, 99.0) in zip(thinned.x, thinned.y, strict=True)


def test_a_gap_stays_a_gap() -> None:
    """Where nothing was measured no line is drawn."""
    y: list[float | None] = [1.0] * 5_000 + [None] * 100 + [2.0] * 5_000
    assert None in thin(line(y)).y


@given(LINES, st.integers(10, 60))
def test_thinning_keeps_ends_extremes_and_order(series: Series, limit: int) -> None:
    """At most `limit` of the original points, among them both ends, the lowest and highest."""
    thinned = thin(series, limit)
    points = list(zip(thinned.x, thinned.y, strict=True))
    original = list(zip(series.x, series.y, strict=True))
    assert len(points) <= max(limit, 0)
    assert [point for point in original if point in set(points)] == points
    if original:
        assert points[0] == original[0]
        assert points[-1] == original[-1]
    known = [y for y in series.y if y is not None]
    if known:
        assert max(y for y in thinned.y if y is not None) == max(known)
        assert min(y for y in thinned.y if y is not None) == min(known)


@given(st.integers(0, 5_000), st.integers(2, 500))
def test_marks_are_thinned_evenly(count: int, limit: int) -> None:
    """First and last stay, and no two neighbours are more than twice the mean gap apart."""
    marks = np.arange(count)
    thinned = thin_marks(marks, limit)
    assert len(thinned) == min(count, limit)
    if count > limit:
        assert (thinned[0], thinned[-1]) == (0, count - 1)
        assert np.diff(thinned).max() <= 2 * (count - 1) / (limit - 1)
