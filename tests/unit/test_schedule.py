"""The schedule is a pure function of the index."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.load.schedule import MAX_HITS, due_by, offset_ns, offsets, total
from heapwise.model.load import ConstantRate
from heapwise.units import NS_PER_S

rates = st.fractions(Fraction(1, 3600), 100_000, max_denominator=10**9)
schedules = st.builds(ConstantRate.of, rates, st.integers(1, 3600 * NS_PER_S))
indices = st.integers(0, MAX_HITS)


@given(schedules, indices)
def test_a_hit_is_due_at_its_index_over_the_rate(schedule: ConstantRate, index: int) -> None:
    """The offset is i / rate, rounded down to the nanosecond, whatever came before."""
    exact = index / schedule.rate * NS_PER_S
    assert 0 <= exact - offset_ns(schedule, index) < 1


@given(schedules, indices)
def test_due_by_is_the_inverse_of_offset(schedule: ConstantRate, index: int) -> None:
    """At its offset a hit is due, and a nanosecond before it is not."""
    at = offset_ns(schedule, index)
    assert due_by(schedule, at) > index
    assert due_by(schedule, at - 1) <= index


@given(schedules, st.data())
def test_the_vector_equals_the_function(schedule: ConstantRate, data: st.DataObject) -> None:
    """`offsets` is `offset_ns` of every index, for any stretch of them and any rate."""
    first = data.draw(indices)
    last = data.draw(st.integers(first, first + 50))
    assume(offset_ns(schedule, last) < 1 << 63)  # 292 years
    assert offsets(schedule, first, last).tolist() == [
        offset_ns(schedule, index) for index in range(first, last)
    ]


@pytest.mark.parametrize(
    ("rate", "seconds", "count"),
    [(1000, 10, 10_000), (Fraction(1000, 3), 10, 3333), (50, Fraction(1, 40), 1), (3, 1, 3)],
)
def test_the_total_is_rate_times_duration(rate: Fraction, seconds: Fraction, count: int) -> None:
    """No hit is lost to a rounded interval."""
    schedule = ConstantRate.of(Fraction(rate), round(seconds * NS_PER_S))
    assert total(schedule) == count == len(offsets(schedule))


def test_no_hits_and_too_many_are_refused() -> None:
    """A plan that would send nothing, or for years, is a usage error."""
    for rate, seconds in ((Fraction(1, 100), 1), (Fraction(10**6), 10**6)):
        with pytest.raises(UsageError, match="requests"):
            total(ConstantRate.of(rate, seconds * NS_PER_S))
