"""Error bars: sampled events recovered from scaled values, and intervals that really cover 95 %."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.sampling_error import (
    interval,
    sampling,
    scaled,
    share_interval,
    unseen,
)
from heapwise.model.finding import Interval
from heapwise.model.profile import Profile
from support.profiles import RATE, Sample, profile


def sampled(events: int, size: int, rate: int = RATE) -> Sample:
    """A sample as Go writes it: scaled by 1/p and truncated, count and bytes apart."""
    seen = -math.expm1(-size / rate) if rate > 1 else 1.0
    values = (int(events / seen), int(events * size / seen))
    return Sample(("main.a (/a.go:1)",), values, {"bytes": size})


@given(events=st.integers(1, 100_000), size=st.integers(8, 64 << 20))
def test_sampled_events_come_back_exactly(events: int, size: int) -> None:
    """Whatever the object's size: scaling and truncation by the runtime lose no event."""
    assert sampling(profile([sampled(events, size)])).hits.tolist() == [events]


@given(
    first=st.integers(0, 1000),
    more=st.integers(0, 1000),
    size=st.sampled_from([16, 1 << 19, 9 << 20]),
)
def test_events_of_a_window_are_read_off_the_difference(first: int, more: int, size: int) -> None:
    """The difference of two truncated values is off by a byte at most; the count is not."""
    before, after = sampled(first, size).values, sampled(first + more, size).values
    values = tuple(b - a for a, b in zip(before, after, strict=True))
    heap = profile([Sample(("main.a",), values, {"bytes": size})])
    assert sampling(heap).hits.tolist() == [more]


def test_variance_follows_the_formula() -> None:
    """Of n events of size S seen with probability p: n (1-p) (S/p)^2 for bytes."""
    size, events = 262_144, 40
    seen = 1 - math.exp(-0.5)
    errors = sampling(profile([sampled(events, size)]))
    assert errors.bytes_variance[0] == pytest.approx(events * (1 - seen) * (size / seen) ** 2)
    assert errors.objects_variance[0] == pytest.approx(events * (1 - seen) / seen**2)


def test_small_objects_err_by_one_over_the_root_of_events_and_big_ones_not_at_all() -> None:
    """Relative error: 10 % for 100 events of 16 B, below 10 parts in a million for 16 MiB."""
    small, big = profile([sampled(100, 16)]), profile([sampled(100, 16 << 20)])
    assert relative_error(small) == pytest.approx(0.1, rel=1e-3)
    assert relative_error(big) < 1e-5


def relative_error(heap: Profile) -> float:
    """The standard error of the bytes of a profile with one sample."""
    return float(np.sqrt(sampling(heap).bytes_variance[0]) / heap.column("alloc_space")[0])


def test_at_rate_one_everything_is_seen() -> None:
    """Nothing was sampled, so nothing errs."""
    errors = sampling(profile([sampled(7, 48, rate=1)], period=1))
    assert (errors.hits[0], errors.bytes_variance[0]) == (7, 0)


def test_without_size_label_the_mean_size_must_do() -> None:
    """Other writers leave the label out; an empty sample has no events."""
    heap = profile(
        [Sample(("f",), sampled(9, 4096).values), Sample(("g",), (0, 0, 1, 8))], sizes=False
    )
    assert sampling(heap).hits.tolist() == [9, 0]


@given(st.floats(1e-3, 1e15), st.floats(0, 1e30))
def test_an_interval_holds_its_estimate_and_is_never_negative(
    estimate: float, variance: float
) -> None:
    """Low <= value <= high for every estimate, however wide."""
    found = interval(estimate, variance)
    assert 0 <= found.low <= found.value * (1 + 1e-9)
    assert found.high >= found.value * (1 - 1e-9)


def test_many_events_give_the_usual_interval_and_one_event_a_wide_one() -> None:
    """1.96 standard errors in the limit; a single event says 0.18 to 5.7 times."""
    many = interval(1e6, 1e6)
    assert (many.low, many.high) == pytest.approx((1e6 - 1960, 1e6 + 1960), rel=1e-5)
    one = interval(1.0, 1.0)
    assert (one.low, one.high) == pytest.approx((0.1765, 5.665), abs=1e-3)


@given(
    part=st.floats(0, 1e12), rest=st.floats(0, 1e12),
    part_error=st.floats(0, 2), rest_error=st.floats(0, 2),
)  # fmt: skip
def test_a_share_stays_within_nothing_and_all(
    part: float, rest: float, part_error: float, rest_error: float
) -> None:
    """Whatever the errors of part and rest are, the share's interval is one of shares."""
    one, other = interval(part, (part * part_error) ** 2), interval(rest, (rest * rest_error) ** 2)
    found = share_interval(one, other)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1


@pytest.mark.parametrize("events", [1, 5, 23])
def test_all_of_few_events_is_not_all_there_is(events: int) -> None:
    """Wilson's interval for n of n; nothing is certain until nothing was left out."""
    part = interval(events * RATE, events * RATE**2)
    found = share_interval(part, unseen(RATE))
    assert found.value == found.high == 1
    assert found.low == pytest.approx(events / (events + 1.959964**2))
    assert share_interval(interval(7, 0), unseen(0)) == Interval(1, 1, 1)
    none = share_interval(unseen(RATE), part)
    assert (none.value, none.low) == (0, 0)
    assert 0 < none.high < 1


def test_scaling_an_interval_scales_its_three_figures() -> None:
    """Bytes per request are a share times an exact total."""
    assert scaled(Interval(0.5, 0.4, 0.6), 100) == Interval(50, 40, 60)


SITES = {
    "small": (64, 150_000),
    "middle": (40_000, 500),
    "large": (400_000, 60),
    "rest": (512, 90_000),
}
"""Size and number of the objects that each of four places really allocates."""


def test_95_per_cent_intervals_cover_what_was_allocated(full: bool) -> None:
    """Simulated sampling of known allocations: 90 to 98 % of the intervals hold the truth."""
    rounds = 2000 if full else 400
    random = np.random.default_rng(20261109)
    truth = {name: size * count for name, (size, count) in SITES.items()}
    held = dict.fromkeys(SITES, 0)
    shares_held = dict.fromkeys(SITES, 0)
    for _ in range(rounds):
        heap = profile([one_sampling(random, name) for name in SITES])
        errors, space = sampling(heap), heap.column("alloc_space")
        for row, name in enumerate(SITES):
            own = interval(space[row], errors.bytes_variance[row])
            rest = interval(
                space.sum() - space[row], errors.bytes_variance.sum() - errors.bytes_variance[row]
            )
            share = share_interval(own, rest)
            held[name] += own.low <= truth[name] <= own.high
            shares_held[name] += share.low <= truth[name] / sum(truth.values()) <= share.high
    for name in SITES:
        assert 0.90 <= held[name] / rounds <= 0.985, (name, held)
        assert 0.90 <= shares_held[name] / rounds <= 0.985, (name, shares_held)


def one_sampling(random: np.random.Generator, name: str) -> Sample:
    """What one run would print for a place: every object is seen with probability p."""
    size, count = SITES[name]
    events = int(random.binomial(count, -math.expm1(-size / RATE)))
    return Sample((name,), sampled(events, size).values, {"bytes": size})
