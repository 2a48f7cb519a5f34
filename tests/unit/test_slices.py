"""Hits over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.slices import (
    MOST_SLICES,
    Slices,
    latency_over_time,
    latency_percentiles,
    rate_over_time,
)
from heapwise.model.load import Hits, Outcome
from heapwise.model.report import Series
from support.runs import MS, S, hits, steady


def named(series: tuple[Series, ...]) -> dict[str, Series]:
    """Lines by name."""
    return {line.name: line for line in series}


@given(st.integers(-(10**11), 10**12), st.integers(0, 10**13))
def test_slices_are_round_hold_both_ends_and_are_few(first: int, length: int) -> None:
    """A width is 1, 2 or 5 times a power of ten; at most one slice more than the limit."""
    slices = Slices.over(first, first + length)
    assert str(slices.width_ns).rstrip("0") in ("1", "2", "5")
    assert slices.count <= MOST_SLICES + 1
    index = slices.index(np.array([first, first + length]))
    assert index.tolist() == [0, slices.count - 1]


def test_thirty_seconds_make_slices_of_a_fifth_of_a_second() -> None:
    """150 of them: 100 ms would make 300."""
    slices = Slices.over(0, 30 * S - 1)
    assert (slices.width_ns, slices.count) == (200 * MS, 150)


def test_latency_belongs_to_the_slice_in_which_a_hit_was_due() -> None:
    """A stall of half a second shows where it began, not where it ended."""
    made = hits((0.000, 1), (0.001, 3), (0.002, 2), (0.020, 500), (0.040, 4))
    lines = named(latency_over_time(made, 0))
    assert lines["p50"].x == (0.005, 0.015, 0.025, 0.035, 0.045)
    assert lines["p50"].y == (2e6, None, 500e6, None, 4e6)
    assert lines["p99"].y == lines["max"].y == (3e6, None, 500e6, None, 4e6)


def test_warm_up_comes_before_zero() -> None:
    """The zero is the start of the load."""
    lines = named(latency_over_time(hits((1.0, 1), (1.5, 2)), round(1.5 * S)))
    assert lines["max"].x[0] == pytest.approx(-0.495)
    assert lines["max"].x[-1] == pytest.approx(0.005)


def test_failed_hits_count_with_the_time_they_took_and_unsent_ones_do_not() -> None:
    """Dropping timeouts would make a service look better the worse it is."""
    made = hits(
        (0, 1), (0, 900), (0, 5),
        outcome=[Outcome.OK, Outcome.TIMEOUT, Outcome.NEVER_SENT],
        done=[MS, 900 * MS, -1],
    )  # fmt: skip
    assert named(latency_over_time(made, 0))["max"].y == (900e6,)


def test_a_steady_rate_is_drawn_flat_to_its_last_slice() -> None:
    """100/s for 2.5 s: the last slice is as full as the others, though the run ends in it."""
    sent = named(rate_over_time(steady(0, 2.5, 100), 0))["sent"]
    assert sum(sent.y) * 0.02 == pytest.approx(250, rel=0.02)  # type: ignore[arg-type] # no gaps
    assert {round(y) for y in sent.y[:-1] if y is not None} == {100}


def test_failures_are_drawn_when_they_happened() -> None:
    """A 500 and a timeout fail when they end, a hit that was never sent when it was due."""
    made = hits(
        (0.00, 1), (0.00, 1), (0.00, 30), (0.05, 1),
        status=[200, 500, 0, 0],
        outcome=[Outcome.OK, Outcome.OK, Outcome.TIMEOUT, Outcome.NEVER_SENT],
        sent=[0, 0, 0, -1],
        done=[MS, MS, 30 * MS, -1],
    )  # fmt: skip
    failed = named(rate_over_time(made, 0))["failed"].y
    happened = [index for index, y in enumerate(failed) if y]
    assert happened == [0, 3, 5]


def test_no_hits_no_lines() -> None:
    """A recording of somebody else's load has no latency."""
    nothing = Hits.empty()
    assert latency_over_time(nothing, 0) == ()
    assert rate_over_time(nothing, 0) == ()
    assert latency_percentiles(nothing) == ()


def test_percentiles_reach_as_far_as_there_are_hits() -> None:
    """A hundred hits cannot tell a p99.9; the end is the maximum."""
    made = hits(*((0.01 * n, n + 1) for n in range(100)))
    line = named(latency_percentiles(made))["latency"]
    assert line.x[-2:] == (99.0, 100.0)
    assert line.y[-2:] == (99e6, 100e6)
    assert line.y[50] == 50e6


@given(st.lists(st.floats(0, 5_000), min_size=1, max_size=200))
def test_the_percentile_curve_never_falls(latencies: list[float]) -> None:
    """And every percentile is drawn once."""
    made = hits(*((index * 0.001, latency) for index, latency in enumerate(latencies)))
    lines = named(latency_percentiles(made))
    for line in lines.values():
        assert list(line.y) == sorted(line.y)  # type: ignore[type-var] # no gaps
        assert list(line.x) == sorted(set(line.x))
