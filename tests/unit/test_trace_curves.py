"""Curves of any length in bounded memory."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.exectrace.curves import CurveBuilder, thinned
from heapwise.analysis.thin import LIMIT


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-9, 9)), min_size=1, max_size=300))
def test_extremes_and_ends_survive(points: list[tuple[int, int]]) -> None:
    """First, last, lowest and highest point stay, time never goes back, the limit holds."""
    steps = np.array(points, np.int64)
    time, value = np.cumsum(steps[:, 0]), steps[:, 1]
    few_times, few = thinned(time, value, 40)
    assert len(few) <= 40 or len(few) == len(value) <= 40
    assert few.min() == value.min()
    assert few.max() == value.max()
    assert (few_times[0], few[0], few_times[-1], few[-1]) == (
        time[0], value[0], time[-1], value[-1],
    )  # fmt: skip
    assert (np.diff(few_times) >= 0).all()
    assert set(zip(few_times.tolist(), few.tolist(), strict=True)) <= set(
        zip(time.tolist(), value.tolist(), strict=True)
    )


def test_a_long_curve_keeps_its_peak() -> None:
    """A million points in many pieces become at most two thousand, the single peak among them."""
    builder = CurveBuilder("heap", "B")
    for piece in range(20):
        time = np.arange(50_000) + piece * 50_000
        value = time % 100
        if piece == 13:
            value[777] = 10**9
        builder.add(time, value)
    curve = builder.curve()
    assert len(curve.time_ns) <= LIMIT
    assert max(curve.value) == 10**9
    assert (curve.time_ns[0], curve.time_ns[-1]) == (0, 999_999)


def test_a_curve_without_points_is_empty() -> None:
    """A trace may tell nothing of the heap."""
    assert CurveBuilder("heap", "B").curve().time_ns == ()
