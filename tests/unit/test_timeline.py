"""A run over time."""

from __future__ import annotations

import msgspec

from heapwise.analysis.gcstats import gc_summary
from heapwise.analysis.thin import LIMIT
from heapwise.analysis.timeline import heap_over_time, timeline
from heapwise.model.gc import Pause
from heapwise.model.load import HitFlag
from support.runs import MIB, WALL_S, S, cycle, fence, hits, recording, sample, window

RUN = window(fence(1, num_gc=0), fence(9, num_gc=4))
LOAD = hits((1, 1), (2, 1), (3, 1), flags=[HitFlag.WARMUP, 0, 0])
"""Warm-up at 1 s; the load, zero of the charts, begins at 2 s."""


def read(at_s: float, heap: int, goal: int, **others: int) -> object:
    """A reading of heap in use and goal, MiB."""
    return sample(at_s, heap_alloc=heap * MIB, next_gc=goal * MIB, **others)


def test_the_heap_is_drawn_from_the_readings() -> None:
    """In use as read, live by the formula, goal as set; seconds since the load began."""
    run = recording(RUN, hits=LOAD, memory=(read(1, 6, 20), read(4, 18, 24)))
    heap = {line.name: line for line in heap_over_time(run, 2 * S)}
    assert heap["heap in use"].x == (-1.0, 2.0)
    assert heap["heap in use"].y == (6 * MIB, 18 * MIB)
    assert heap["goal"].y == (20 * MIB, 24 * MIB)
    assert heap["live heap"].y == (10 * MIB, 12 * MIB)


def test_gctrace_adds_the_teeth_between_readings() -> None:
    """Each cycle adds what it began with and what it left; the readings stay."""
    reading = read(4, 18, 24, num_gc=7, last_gc_ns=(WALL_S + 4) * S)
    cycles = tuple(
        cycle(number, at, heap_start=20 * MIB, heap_live=12 * MIB)
        for number, at in ((7, 1.999), (8, 2.499))
    )
    run = recording(RUN, hits=LOAD, memory=(reading,), cycles=cycles)
    in_use = heap_over_time(run, 2 * S)[0]
    assert in_use.x == (1.999, 2.0, 2.0, 2.499, 2.5)
    assert in_use.y == (20 * MIB, 18 * MIB, 12 * MIB, 20 * MIB, 12 * MIB)


def test_the_goal_of_a_collector_that_is_off_is_not_drawn() -> None:
    """GOGC=off sets exabytes: beside them every heap is a flat line."""
    run = recording(RUN, hits=LOAD, memory=(sample(4, heap_alloc=MIB, next_gc=8_946 * 10**15),))
    assert [line.name for line in heap_over_time(run, 0)] == ["heap in use"]


def test_a_gauge_the_runtime_lacks_is_not_drawn() -> None:
    """-1 is no size."""
    run = recording(RUN, hits=LOAD, memory=(sample(4, heap_alloc=MIB),))
    assert [line.name for line in heap_over_time(run, 0)] == ["heap in use"]


def test_collections_are_marked_where_they_ended() -> None:
    """Two of four were seen, and the chart says so."""
    pauses = tuple(
        Pause(number=number, end_ns=(WALL_S + 2 + number) * S, pause_ns=1) for number in (1, 2)
    )
    run = recording(RUN, hits=LOAD, pauses=pauses)
    drawn = timeline(run, gc_summary(run, RUN), None)
    assert drawn.collections == (1.0, 2.0)
    assert drawn.collections_shown == 0.5


def test_a_long_run_is_thinned() -> None:
    """Ten thousand readings and collections become at most two thousand points each."""
    count = 10_000
    memory = tuple(read(n / 100, n % 7 + 1, 24) for n in range(count))
    pauses = tuple(Pause(number=n, end_ns=WALL_S * S + n, pause_ns=1) for n in range(count))
    run = recording(RUN, hits=LOAD, memory=memory, pauses=pauses)
    drawn = timeline(run, None, None)
    assert all(len(line.x) <= LIMIT for line in drawn.heap)
    assert len(drawn.collections) == LIMIT
    assert drawn.collections_shown == LIMIT / count


def test_percentiles_leave_the_warm_up_out() -> None:
    """It is drawn over time, and in no figure."""
    made = hits((1, 999), (2, 1), (3, 2), flags=[HitFlag.WARMUP, 0, 0])
    drawn = timeline(recording(RUN, hits=made), None, None)
    assert drawn.percentiles[0].y[-1] == 2e6
    assert max(y for y in drawn.latency[2].y if y is not None) == 999e6


def test_the_load_that_a_trace_got_for_itself_is_not_drawn() -> None:
    """It comes after the last window, at another rate, and is in no figure either."""
    made = hits((1, 1), (2, 1), (11, 999), flags=[HitFlag.WARMUP, 0, HitFlag.WARMUP])
    drawn = timeline(recording(RUN, hits=made), None, None)
    assert max(x for line in drawn.rate for x in line.x) < 9


def test_an_empty_recording_draws_nothing() -> None:
    """Killed before anything was written, it still has a timeline, and no NaN in it."""
    drawn = timeline(recording(), None, None)
    assert drawn.heap == drawn.latency == drawn.rate == drawn.percentiles == ()
    assert (drawn.collections, drawn.collections_shown) == ((), 1.0)
    assert b"null" not in msgspec.json.encode(drawn)
