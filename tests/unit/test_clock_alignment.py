"""A trace is placed on the run's clock, never better than the evidence allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.exectrace import ClockSnapshot
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.recording import Capture, ClockPair
from heapwise.model.trace import TraceSummary
from heapwise.record.capture.alignment import (
    MARKS,
    READING_NS,
    SNAPSHOTS,
    TOLERANCE_NS,
    WALL,
    Alignment,
    align,
)

MS = 1_000_000
S = 1_000_000_000
ZERO = ClockPair(monotonic_ns=7_000 * S, wall_ns=1_790_000_000 * S)
"""The run's zero on our clocks."""

times = st.integers(0, 100 * S)
spans = st.integers(0, 10 * S)


def capture(began: int, ended: int, asked: int = 5 * S) -> Capture:
    return Capture(
        kind="trace", file="trace-0000.out", began_ns=began, ended_ns=ended, asked_ns=asked
    )


def summary(duration: int, *clocks: ClockSnapshot) -> TraceSummary:
    """A trace of which only its length and its clocks matter."""
    gc = GcTimeline(
        source=GcSource.TRACE, clock="trace", uncertainty_ns=0, begin_ns=0, end_ns=duration,
        happened=0, coverage=1.0, collections=(),
    )  # fmt: skip
    return TraceSummary(
        version="go 1.26", size=1, events=1, duration_ns=duration, gc=gc, clocks=clocks
    )


def snapshot(at: int, begin: int, *, monotonic_off: int = 0, wall_off: int = 0) -> ClockSnapshot:
    """What a trace that begins at ``begin`` of the run says of its clocks, wrong by so much."""
    return ClockSnapshot(
        time_ns=at,
        monotonic_ns=ZERO.monotonic_ns + begin + at + monotonic_off,
        wall_ns=ZERO.wall_ns + begin + at + wall_off,
    )


def placed(marks: Capture, trace: TraceSummary, *, same_host: bool = True) -> Alignment:
    return align(marks, trace, ZERO, same_host=same_host)


@given(times, spans, spans, spans)
def test_marks_alone_are_wrong_by_no_more_than_they_say(
    began: int, before: int, duration: int, after: int
) -> None:
    """Before Go 1.25: wherever the trace began between its marks, the truth is in the interval."""
    begin = began + before
    result = placed(capture(began, begin + duration + after), summary(duration))
    assert result.aligned_by == MARKS
    assert abs(result.offset_ns - begin) <= result.uncertainty_ns
    assert result.uncertainty_ns <= max((before + after) // 2 + 1, READING_NS)


@given(times, spans, spans, spans)
def test_of_a_flight_recorder_the_end_lies_between_the_marks(
    began: int, before: int, duration: int, after: int
) -> None:
    """It was asked when everything had happened, so its beginning lies in the past."""
    end = began + before
    result = placed(capture(began, end + after, asked=0), summary(duration))
    assert abs(result.offset_ns - (end - duration)) <= result.uncertainty_ns


@given(times, st.integers(0, 50 * MS), st.integers(1, 10 * S), st.integers(0, 50 * MS))
def test_a_service_beside_us_is_placed_to_microseconds(
    began: int, before: int, duration: int, after: int
) -> None:
    """One monotonic clock for both: the marks do not matter any more."""
    begin = began + before
    clocks = (snapshot(-900, begin), snapshot(duration // 2, begin))
    result = placed(capture(began, begin + duration + after), summary(duration, *clocks))
    assert result == Alignment(offset_ns=begin, uncertainty_ns=READING_NS, aligned_by=SNAPSHOTS)


def test_generations_that_drift_apart_say_so() -> None:
    """The trace's clock gains 80 µs in a second: the middle is wrong by 40 at its ends."""
    clocks = (snapshot(0, 2 * S), snapshot(S, 2 * S, monotonic_off=-80_000))
    result = placed(capture(2 * S - MS, 3 * S + 5 * MS), summary(S, *clocks))
    assert result.offset_ns == 2 * S - 40_000
    assert result.uncertainty_ns == 40_000 + READING_NS


@given(
    st.integers(-(10**6) * S, 10**6 * S).filter(lambda off: abs(off) > 2 * S),
    st.integers(-20 * MS, 20 * MS),
)
def test_another_monotonic_clock_is_noticed_and_the_wall_clock_asked(
    monotonic_off: int, wall_off: int
) -> None:
    """A container with a time namespace, or a tunnel: the marks bound what the wall clock says."""
    begin = 30 * S
    clocks = [snapshot(0, begin, monotonic_off=monotonic_off, wall_off=wall_off)]
    marks = capture(begin - 25 * MS, begin + S + 25 * MS, asked=S)
    result = placed(marks, summary(S, *clocks))
    assert result.aligned_by == WALL
    assert abs(result.offset_ns - begin) <= result.uncertainty_ns <= 50 * MS


def test_a_service_elsewhere_is_placed_by_its_wall_clock() -> None:
    """Its monotonic clock means nothing to us even where it happens to fit."""
    begin = 30 * S
    marks = capture(begin - 10 * MS, begin + S + 30 * MS, asked=S)
    result = placed(marks, summary(S, snapshot(0, begin)), same_host=False)
    assert (result.aligned_by, result.offset_ns) == (WALL, begin)
    assert result.uncertainty_ns == 30 * MS


def test_clocks_that_contradict_the_marks_are_told_and_not_used() -> None:
    """A wall clock an hour off cannot be right: whoever attributes sees how wide the rest is."""
    begin = 30 * S
    marks = capture(begin - 20 * MS, begin + S + 60 * MS, asked=S)
    clock = snapshot(0, begin, monotonic_off=50 * S, wall_off=3600 * S)
    result = placed(marks, summary(S, clock))
    assert result.aligned_by == MARKS
    assert result.uncertainty_ns == 40 * MS
    assert result.doubt == "its wall clock is 3,600 s away from ours"


def test_a_trace_longer_than_its_capture_is_placed_nowhere() -> None:
    """Clocks that do not run alike: the uncertainty is as large as the trace itself."""
    result = placed(capture(10 * S, 12 * S), summary(5 * S))
    assert result.uncertainty_ns >= 5 * S
    assert result.doubt == "5.00 s of trace came within 2.00 s"


@pytest.mark.parametrize("off", [TOLERANCE_NS // 2, -TOLERANCE_NS // 2])
def test_a_snapshot_just_beyond_a_mark_is_still_ours(off: int) -> None:
    """Marks are taken by another thread than the one that asks."""
    begin = 10 * S + min(off, 0)
    marks = capture(10 * S, 11 * S - max(off, 0), asked=S)
    result = placed(marks, summary(S, snapshot(0, begin)))
    assert result.aligned_by == SNAPSHOTS
