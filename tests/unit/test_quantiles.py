"""Nearest-rank quantiles."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.quantiles import Percentiles, nearest_rank

VALUES = st.lists(st.integers(0, 10**12), min_size=1, max_size=300)


def test_of_a_hundred_values_the_nth_percentile_is_the_nth_smallest() -> None:
    """With the values 1 to 100 every percentile is its own number."""
    ordered = np.arange(1, 101)
    for percent in range(1, 101):
        assert nearest_rank(ordered, percent * 10_000) == percent


def test_p999_of_a_thousand_values_leaves_one_above() -> None:
    """Rank ⌈0.999 · 1000⌉ is 999, not 1000 by a rounding error."""
    found = Percentiles.of(np.arange(1, 1001))
    assert found is not None
    assert (found.p50, found.p90, found.p95, found.p99, found.p999) == (500, 900, 950, 990, 999)
    assert (found.count, found.mean, found.max) == (1000, 500.5, 1000)


def test_no_values_have_no_distribution() -> None:
    """Nothing is made up where nothing was measured."""
    assert Percentiles.of(np.array([], np.int64)) is None


@given(VALUES, st.integers(0, 1_000_000))
def test_a_quantile_is_a_value_that_enough_others_do_not_exceed(
    values: list[int], per_million: int
) -> None:
    """Definition 1 of Hyndman and Fan, counted out."""
    quantile = nearest_rank(np.sort(np.array(values)), per_million)
    assert quantile in values
    assert sum(value <= quantile for value in values) * 1_000_000 >= len(values) * per_million
    below = [value for value in values if value < quantile]
    assert not below or len(below) * 1_000_000 < len(values) * per_million


@given(VALUES)
def test_percentiles_never_fall(values: list[int]) -> None:
    """A higher percentile is never below a lower one."""
    found = Percentiles.of(np.array(values))
    assert found is not None
    row = [found.p50, found.p90, found.p95, found.p99, found.p999, found.max]
    assert row == sorted(row)
