"""Windows on measured time: what they share with an interval, wherever it is moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.tail.activity import Activity, OwnDelay
from heapwise.analysis.tail.measured import MeasuredTime, measured_time
from heapwise.analysis.tail.permutation import MOST_HITS, Sample, evidence
from support import runs
from support.tail_simulation import hits

CIRCLE = 1000.0


def whole() -> MeasuredTime:
    return MeasuredTime(np.array([0.0]), np.array([CIRCLE]))


def held(activity: Activity, begin: float, length: float) -> float:
    return float(activity.held(np.array([begin]), np.array([length]))[0])


windows = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 200)).map(
        lambda each: (float(each[0]), float(min(1000, sum(each))), 1.0)
    ),
    max_size=20,
)


@given(windows, st.integers(0, 1999), st.integers(0, 999))
def test_an_interval_shares_with_windows_what_counting_says(
    found: list[tuple[float, float, float]], begin: int, length: int
) -> None:
    """Overlap is the time that at least one window is active, counted unit by unit on a circle."""
    active = np.zeros(1000, np.bool_)
    for start, end, _ in found:
        active[int(start) : int(end)] = True
    expected = sum(active[unit % 1000] for unit in range(begin, begin + length))
    assert held(Activity.of(found, whole()), begin, length) == pytest.approx(expected)


@given(windows)
def test_the_share_is_that_of_the_circle(found: list[tuple[float, float, float]]) -> None:
    """The share of the time is what an interval as long as all of it is held up for."""
    activity = Activity.of(found, whole())
    assert activity.share * CIRCLE == pytest.approx(held(activity, 0.0, CIRCLE))


def test_a_window_that_was_active_in_part_holds_up_for_no_longer_than_that() -> None:
    """Of 30 active units among 100 a hit may have met all, or as many as it has itself."""
    activity = Activity.of([(100.0, 200.0, 0.3)], whole())
    assert activity.share == pytest.approx(0.03)
    assert held(activity, 120.0, 10.0) == pytest.approx(10.0)
    assert held(activity, 110.0, 80.0) == pytest.approx(30.0)
    assert held(activity, 50.0, 300.0) == pytest.approx(30.0)
    assert held(activity, 50.0, 60.0) == pytest.approx(10.0)


def test_what_an_activity_is_made_of_makes_it_again() -> None:
    """Its windows, fed to a new one, give the same activity."""
    first = Activity.of([(100.0, 200.0, 0.3), (400.0, 500.0, 1.0)], whole())
    again = Activity.of(first.windows(), whole())
    assert again.windows() == first.windows()
    assert held(again, 0.0, 450.0) == pytest.approx(80.0)


def test_windows_outside_the_measured_time_are_not_there() -> None:
    """What happens between two stretches, as a collection forced by a fence, holds up nobody."""
    time = MeasuredTime(np.array([0.0, 500.0]), np.array([100.0, 600.0]))
    activity = Activity.of([(90.0, 510.0, 1.0)], time)
    assert time.length == 200.0
    assert activity.share == pytest.approx(0.1)
    assert activity.windows() == [(90.0, 110.0, 1.0)]


def test_intervals_that_cross_a_gap_are_in_no_stretch() -> None:
    """A hit must begin and end in one stretch to be looked at."""
    time = MeasuredTime(np.array([0.0, 500.0]), np.array([100.0, 600.0]))
    begins, ends = np.array([10, 90, 300, 500, 590]), np.array([20, 510, 310, 600, 601])
    assert time.holds(begins, ends).tolist() == [True, False, False, True, False]
    assert time.within(50, 550).length == 100.0


def test_stretches_end_at_the_next_fence_whatever_is_still_under_way() -> None:
    """A hit of a window that is answered in the next is in neither."""
    made = hits(np.array([10, 50, 210, 290]), np.array([20, 250, 220, 300]))
    windows = (
        runs.window(runs.fence(0), runs.fence(90e-9)),
        runs.window(runs.fence(200e-9), runs.fence(310e-9)),
    )
    time = measured_time(runs.recording(*windows, hits=made), None)
    assert (time.starts.tolist(), time.ends.tolist()) == ([10, 210], [200, 300])
    assert time.holds(made.intended, made.done).tolist() == [True, False, True, True]


def test_every_slow_hit_is_counted_however_few_of_them_are_moved() -> None:
    """Of 3000 slow hits as many are touched as overlap, and a fifth would be by chance."""
    rows = np.arange(3 * MOST_HITS)
    begins = rows * CIRCLE / len(rows)
    same = np.full(len(rows), 1e-3)
    sample = Sample.of(rows, begins, same, same, CIRCLE, "a run")
    assert sample.moved.shape[1] == MOST_HITS
    found = evidence(sample, Activity.of([(200.0, 400.0, 1.0)], whole()))
    assert found.touched == 600
    assert found.expected_touched == pytest.approx(600, rel=0.1)


def test_a_moved_hit_takes_the_delay_of_the_one_that_began_before_it() -> None:
    """Delays stamped on hits move along with time as windows do."""
    delay = OwnDelay(np.array([0.0, 100.0, 500.0]), np.array([1e6, 2e6, 3e6]), CIRCLE)
    moved = delay.held(np.array([[0.0, 99.0], [100.0, 1700.0]]), np.array([5.0, 5.0]))
    assert moved.tolist() == [[1e6, 1e6], [2e6, 3e6]]
    assert delay.share == 1.0
