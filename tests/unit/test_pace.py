"""What an engine holds while it follows a schedule, and what a changed rate does to it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.load.pace import Pace
from heapwise.load.schedule import MAX_HITS, offsets, total
from heapwise.model.schedules import (
    ConstantRate,
    Poisson,
    Ramp,
    RateChange,
    Replay,
    Saturate,
    Schedule,
    Sine,
    Step,
    Steps,
)
from heapwise.units import NS_PER_S

MS = NS_PER_S // 1000
SCHEDULES: tuple[Schedule, ...] = (
    ConstantRate(1000, 3, 10 * NS_PER_S),
    Ramp.of(Fraction(0), Fraction(500), 6 * NS_PER_S, 10 * NS_PER_S),
    Steps((Step(300, 1, 3 * NS_PER_S), Step(0, 1, 2 * NS_PER_S), Step(200, 1, 1)), 10 * NS_PER_S),
    Sine.of(Fraction(300), Fraction(300), 3 * NS_PER_S, 10 * NS_PER_S),
    Poisson.of(Fraction(300), 10 * NS_PER_S, 5),
    Replay.of(np.arange(2000, dtype=np.int64) * 5 * MS, 10 * NS_PER_S),
)
schedules = st.sampled_from(SCHEDULES)
moments = st.integers(-NS_PER_S, 11 * NS_PER_S)
rates = st.fractions(Fraction(1, 5), 2000, max_denominator=1000)


def everything(pace: Pace) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """When all hits are due, int64[count]."""
    return pace.offsets(0, pace.count)


@given(schedules, st.lists(moments, min_size=1, max_size=20))
def test_it_follows_its_schedule(schedule: Schedule, asked: list[int]) -> None:
    """Whatever is asked for, in whatever order, is what the schedule says."""
    pace, whole = Pace(schedule), offsets(schedule)
    assert pace.count == total(schedule) == len(whole)
    for elapsed in asked:
        due = int(np.searchsorted(whole, elapsed, side="right"))
        assert pace.due_by(elapsed) == due
        if due < pace.count:
            assert pace.offset_ns(due) == whole[due]
    assert everything(pace).tolist() == whole.tolist()


@given(schedules, st.lists(st.tuples(moments, rates), min_size=1, max_size=5))
def test_a_change_leaves_the_past_alone(
    schedule: Schedule, changes: list[tuple[int, Fraction]]
) -> None:
    """What was due stays due when it was; what comes later ascends from there to the end."""
    pace = Pace(schedule)
    for elapsed, rate in sorted(changes):
        before, due = everything(pace), pace.due_by(elapsed)
        pace.change(rate, due // 2, elapsed)  # half of them wait for a connection
        after = everything(pace)
        assert after[:due].tolist() == before[:due].tolist()
        assert pace.due_by(elapsed) >= due
        assert (np.diff(after) >= 0).all()
        if len(after) > due:
            assert max(0, elapsed) <= after[due] <= max(after[-1], schedule.duration_ns)
        for index in {0, due // 2, len(after) - 1} - {-1}:
            assert pace.due_by(int(after[index])) > index
            assert pace.due_by(int(after[index]) - 1) <= index


@given(schedules, st.integers(0, 10 * NS_PER_S - 1), rates)
def test_a_change_sends_the_rest_at_the_new_rate(
    schedule: Schedule, elapsed: int, rate: Fraction
) -> None:
    """From then on the gaps are one period each, and as many hits come as the rate makes."""
    pace = Pace(schedule)
    due = pace.due_by(elapsed)
    pace.change(rate, due, elapsed)
    later = pace.offsets(due, pace.count)
    assert abs(len(later) - rate * (10 * NS_PER_S - elapsed) / NS_PER_S) <= 1
    assert np.abs(np.diff(later) - float(NS_PER_S / rate)).max(initial=0) <= 1
    assert pace.changes == (RateChange(elapsed, float(rate)),)


def test_a_rate_changed_all_the_time_neither_stops_nor_bursts() -> None:
    """Set to 10/s again a thousand times a second, the load goes on at 10/s."""
    pace = Pace(ConstantRate(10, 1, 10 * NS_PER_S))
    for moment in range(MS // 2, 10 * NS_PER_S, MS):
        pace.change(Fraction(10), pace.due_by(moment), moment)
    assert everything(pace).tolist() == [index * 100 * MS for index in range(100)]


def test_a_faster_rate_does_not_wait_for_the_slow_one() -> None:
    """Under one request a minute a new rate begins one of its own periods later."""
    pace = Pace(ConstantRate(1, 60, 600 * NS_PER_S))
    pace.change(Fraction(10), 1, NS_PER_S)
    assert pace.offsets(0, 4).tolist() == [0, 1100 * MS, 1200 * MS, 1300 * MS]


def test_after_the_end_nothing_changes() -> None:
    """A rate that comes too late makes no hit and is no change."""
    pace = Pace(ConstantRate(10, 1, NS_PER_S))
    pace.change(Fraction(100), 10, NS_PER_S)
    assert (pace.count, pace.changes) == (10, ())
    assert pace.is_over(10, NS_PER_S)


def test_a_closed_loop_has_hits_due_until_its_end() -> None:
    """All hits are due from the start, until the time is up and none is."""
    pace = Pace(Saturate(NS_PER_S))
    assert pace.saturates
    assert pace.count == MAX_HITS
    assert pace.due_by(-1) == 0
    assert pace.due_by(0) == pace.due_by(NS_PER_S - 1) == MAX_HITS
    assert pace.due_by(NS_PER_S) == 0
    assert pace.offset_ns(12_345_678) == 0
    assert not pace.is_over(5, NS_PER_S - 1)
    assert pace.is_over(5, NS_PER_S)


def test_a_closed_loop_becomes_a_paced_one() -> None:
    """From the hit nobody has sent on, hits are due at the rate, the first at once."""
    pace = Pace(Saturate(NS_PER_S))
    pace.change(Fraction(100), 70, 900 * MS)
    assert not pace.saturates
    assert pace.count == 80
    assert pace.offsets(68, 73).tolist() == [0, 0, 900 * MS, 910 * MS, 920 * MS]
    assert pace.due_by(909 * MS) == 71


def test_a_schedule_without_hits_has_no_pace() -> None:
    """It is refused before anything is sent."""
    with pytest.raises(UsageError, match="makes 0 requests"):
        Pace(ConstantRate(1, 1000, NS_PER_S))


def test_a_pace_that_is_cut_has_no_more_hits_whatever_becomes_of_the_rate() -> None:
    """What is asked of it afterwards is of the hits that are left, however far time has gone."""
    pace = Pace(ConstantRate(1000, 1, 10 * NS_PER_S))
    assert pace.due_by(9 * NS_PER_S) == 9001
    pace.cut(2000)
    assert (pace.count, pace.due_by(9 * NS_PER_S), pace.due_by(NS_PER_S)) == (2000, 2000, 1001)
    pace.cut(3000)
    assert pace.count == 2000
    pace.change(Fraction(5000), 1500, 1500 * MS)
    assert pace.count == 2000
    assert pace.due_by(9 * NS_PER_S) == 2000
