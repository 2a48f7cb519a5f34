"""How long the world stood still, from figures that are rounded, bucketed or forgotten."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.gc_overview.pauses import (
    QUANTILES,
    gained,
    histogram_quantile,
    pauses_of,
    pauses_of_histogram,
)
from heapwise.formats.gctrace import parse_line, printed_step_ns
from heapwise.model.gc import TimeHistogram
from heapwise.model.gc_timeline import Collection, GcSource
from heapwise.model.quantiles import nearest_rank

DATA = Path(__file__).parent.parent / "data" / "gctrace"
BOUNDS = tuple(
    round(float(edge) * 1e9)
    for edge in (DATA / "time-histogram-buckets.txt").read_text().split()[2:-1]
)
"""Upper edges of Go's histograms of durations, ns, as `runtime/metrics` names them, without
-Inf, 0 and +Inf."""


def bucketed(pauses: list[int]) -> TimeHistogram:
    """What the runtime keeps of pauses: a bucket holds what is not below its lower edge."""
    places = np.searchsorted(np.array(BOUNDS), pauses, side="right")
    counts = np.bincount(places, minlength=len(BOUNDS) + 1)
    return TimeHistogram(tuple(map(float, BOUNDS)), tuple(counts.tolist()))


def test_the_boundaries_are_four_an_octave() -> None:
    """The file holds Go's own: 64 ns apart at first, then a quarter of an octave each."""
    assert BOUNDS[:6] == (64, 128, 192, 256, 320, 384)
    ratios = [later / first for first, later in pairwise(BOUNDS[3:])]
    assert max(ratios) == pytest.approx(1.25)
    assert len(BOUNDS) == 160


@given(
    st.lists(st.integers(256, 10 * 10**9), min_size=1, max_size=300),
    st.sampled_from(sorted(QUANTILES.values())),
)
def test_a_quantile_is_within_12_percent_and_its_interval_holds_the_truth(
    pauses: list[int], per_million: int
) -> None:
    """For any pauses from 256 ns to 10 s, against the nearest rank of the pauses themselves."""
    found = histogram_quantile(bucketed(pauses), per_million)
    truth = nearest_rank(np.sort(np.array(pauses)), per_million)
    assert found is not None
    assert found.low <= truth <= found.high
    assert found.value == pytest.approx(truth, rel=0.12)


@pytest.mark.parametrize("bad_share", [0.0, 0.01, 0.02])
def test_an_hour_of_pauses_keeps_its_percentiles(bad_share: float) -> None:
    """Lognormal pauses around 0.15 ms and a share of some 20 ms: p50, p99 and p99.9 within 12 %."""
    random = np.random.default_rng(7)
    count = 50 * 3600
    usual = random.lognormal(math.log(150_000), 0.5, count)
    bad = random.lognormal(math.log(20_000_000), 0.2, count)
    pauses = np.where(random.random(count) < bad_share, bad, usual).astype(np.int64)
    figures = pauses_of_histogram(bucketed(pauses.tolist()))
    assert figures is not None
    assert figures.count == count
    for name, per_million in QUANTILES.items():
        truth = nearest_rank(np.sort(pauses), per_million)
        assert figures.quantiles[name].value == pytest.approx(truth, rel=0.12)


def test_between_two_readings_only_what_came_in_between_counts() -> None:
    """Bucket for bucket."""
    before, after = bucketed([300, 9000]), bucketed([300, 9000, 9000, 500_000])
    assert gained(before, after) == bucketed([9000, 500_000])


def test_counts_that_go_back_are_another_process() -> None:
    """One bucket suffices, even where the total has grown; so do other buckets."""
    before, after = bucketed([300, 9000]), bucketed([300, 500_000, 500_000])
    assert gained(before, after) is None
    assert gained(before, TimeHistogram((1.0,), (9, 9))) is None


def test_the_ends_of_a_histogram_are_known_from_one_side_only() -> None:
    """Below the first edge the middle is that edge, above the last one likewise."""
    histogram = TimeHistogram((100.0, 200.0), (1, 0, 1))
    low, high = (histogram_quantile(histogram, ppm) for ppm in (500_000, 1_000_000))
    assert low is not None
    assert high is not None
    assert (low.low, low.value, low.high) == (0.0, 100.0, 100.0)
    assert (high.low, high.value, high.high) == (200.0, 200.0, math.inf)
    assert histogram_quantile(TimeHistogram((), (0,)), 500_000) is None
    assert pauses_of_histogram(TimeHistogram((), (0,))) is None


def a_pause(number: int, sweep: int, termination: int) -> Collection:
    """A collection with both its stops, ns."""
    return Collection(
        number=number, start_ns=0, end_ns=1, sweep_termination_ns=sweep,
        mark_termination_ns=termination, pause_ns=sweep + termination,
    )  # fmt: skip


def test_the_digits_that_gctrace_cuts_away_widen_the_interval() -> None:
    """0.14 ms is up to 0.15 ms, 0.002 ms up to 0.003 ms, 12 ms up to 13 ms."""
    collections = [a_pause(1, 140_000, 2_000), a_pause(2, 12_000_000, 2_000)]
    traced = pauses_of(GcSource.GCTRACE, collections)
    assert traced is not None
    half, most = traced.quantiles["p50"], traced.quantiles["max"]
    assert (half.low, half.high) == (142_000, 142_000 + 10_000 + 1_000)
    assert (most.low, most.high) == (12_002_000, 12_002_000 + 1_000_000 + 1_000)
    ring = pauses_of(GcSource.RING, collections)
    assert ring is not None
    assert ring.quantiles["p50"].high == ring.quantiles["p50"].low == 142_000


@given(st.integers(0, 10**11))
def test_what_the_runtime_prints_is_cut_off_and_never_rounded_up(ns: int) -> None:
    """The true time lies between what is read and one more in the last digit printed."""
    line = (
        f"gc 1 @0.001s 1%: {printed(ns)}+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->4 MB, 4 MB goal, 2 P"
    )
    cycle = parse_line(line)
    assert cycle is not None
    read = cycle.sweep_termination_ns
    assert read <= ns < read + printed_step_ns(read)


def printed(ns: int) -> str:
    """A duration as the runtime prints it: two digits below 10 ms, whole ms above."""
    if ns >= 10_000_000:
        return str(ns // 1_000_000)
    digits, decimals = ns // 1000, 3
    if digits == 0:
        return "0"
    while digits >= 100:
        digits, decimals = digits // 10, decimals - 1
    return f"{digits / 10**decimals:.{decimals}f}"


def test_a_quantile_is_shown_where_pauses_lie_above_it() -> None:
    """Of 34 pauses p99 would be the longest under another name."""
    collections = [a_pause(number, 1000 * number, 0) for number in range(1, 35)]
    few = pauses_of(GcSource.RING, collections)
    many = pauses_of(GcSource.RING, collections * 30)
    assert few is not None
    assert many is not None
    assert list(few.quantiles) == ["p50", "p90", "max"]
    assert list(many.quantiles) == list(QUANTILES)
    assert pauses_of(GcSource.RING, []) is None
