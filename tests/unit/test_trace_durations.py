"""Distributions of durations, and stretches kept one by one, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.exectrace.durations import Durations
from heapwise.analysis.exectrace.longest import Longest
from heapwise.model.quantiles import nearest_rank

DURATIONS = st.integers(0, 2**62) | st.integers(0, 100_000)


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), DURATIONS), max_size=40), max_size=4))
def test_quantiles_are_within_the_promise(batches: list[list[tuple[int, int]]]) -> None:
    """Count, total and maximum are exact, quantiles within 0.4 % of the nearest rank."""
    durations = Durations()
    for batch in batches:
        columns = np.array(batch, np.int64).reshape(-1, 2)
        # Totals are int64 too: 2^62 ns are 146 years.
        durations.add(columns[:, 0], columns[:, 1] // max(1, len(batch)))
    every: dict[int, list[int]] = {}
    for batch in batches:
        for group, value in batch:
            every.setdefault(group, []).append(value // max(1, len(batch)))
    spreads = {spread.name: spread for spread in durations.spreads(list("abcd"))}
    assert set(spreads) == {"abcd"[group] for group in every}
    for group, values in every.items():
        spread, ordered = spreads["abcd"[group]], np.sort(np.array(values, np.int64))
        assert (spread.count, spread.total_ns, spread.max_ns) == (
            len(values),
            sum(values),
            max(values),
        )
        for got, per_million in ((spread.p50_ns, 500_000), (spread.p99_ns, 990_000)):
            assert got == pytest.approx(nearest_rank(ordered, per_million), rel=0.004, abs=0.5)


def test_the_one_with_the_most_time_comes_first() -> None:
    """Groups are in order of their total, and groups without durations do not appear."""
    durations = Durations()
    durations.add(np.array([0, 2, 2]), np.array([50, 30, 30]))
    assert [each.name for each in durations.spreads(["a", "b", "c"])] == ["c", "a"]


def test_no_duration_is_negative() -> None:
    """A clock that jumps back in a damaged trace gives no negative time."""
    durations = Durations()
    durations.add(np.array([0]), np.array([-5]))
    assert durations.spreads(["a"])[0].total_ns == 0


def test_memory_does_not_grow_with_the_count() -> None:
    """A hundred thousand durations take as many buckets as there are different ones."""
    durations = Durations()
    for _ in range(10):
        durations.add(np.zeros(10_000, np.int64), np.full(10_000, 12_345))
    assert len(durations._keys) == 1, "a private seam: what is kept is the promise"


def test_the_longest_stretches_are_kept() -> None:
    """Beyond the limit short ones go, and the rest stay in order of their start."""
    longest = Longest(3, 1)
    for start in range(20):
        longest.add(np.array([start]), np.array([start + start % 7]), np.array([100 + start]))
    assert longest.seen == 20
    assert longest.rows() == [[6, 12, 106], [13, 19, 113], [19, 24, 119]]


def test_up_to_the_limit_every_stretch_is_kept() -> None:
    """Nothing is lost of what fits."""
    longest = Longest(4)
    longest.add(np.array([5, 1]), np.array([6, 2]))
    assert longest.rows() == [[1, 2], [5, 6]]
