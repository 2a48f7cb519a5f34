"""Collections on the clock of the run, from every source there is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.gc_timeline import (
    gc_timeline,
    gc_timelines,
    timeline_from_log,
    timeline_from_memstats,
)
from heapwise.analysis.gc_timeline.clock import OTHER_MACHINE_NS
from heapwise.formats.gctrace import parse_log
from heapwise.formats.memstats import MemStats
from heapwise.model.gc import GcCycle, Pause
from heapwise.model.gc_timeline import Assist, Collection, GcSource, GcTimeline, Stop
from heapwise.model.memory import MemorySample
from heapwise.model.recording import (
    Capture,
    ClockPair,
    Event,
    RecordedTrace,
    Recording,
    ServiceInfo,
    Window,
)
from heapwise.model.trace import TraceSummary
from support.runs import MS, WALL_S, S, counters, cycle, fence, manifest, recording, sample, window

RUN = window(fence(0, num_gc=10), fence(10, num_gc=14))
"""Cycles 11 to 14, whose process started when the run did."""


def pause(number: int, end_ns: int, **others: int) -> Pause:
    """A pause of 100 µs that ended so long after the zero of the run."""
    return Pause(number=number, end_ns=WALL_S * S + end_ns, pause_ns=100_000, **others)


def reading(number: int, end_ns: int) -> MemorySample:
    """A reading whose last cycle ended so long after the zero of the run."""
    return sample(end_ns / S + 0.1, num_gc=number, last_gc_ns=WALL_S * S + end_ns)


def traced(*numbers: int) -> tuple[GcCycle, ...]:
    """Cycles that began one second after the other, each 1 ms long."""
    return tuple(cycle(number, number - 10) for number in numbers)


def only(run: Recording) -> GcTimeline:
    """The timeline of a run that has one."""
    found = gc_timeline(run)
    assert found is not None
    return found


def test_a_gctrace_is_put_on_the_clock_of_the_run() -> None:
    """Cycle 12 began 2 s after the process, which started 3 s into the run."""
    run = recording(RUN, memory=(reading(12, 5 * S + MS),), cycles=traced(11, 12, 13, 14))
    timeline = only(run)
    assert (timeline.source, timeline.clock) == (GcSource.GCTRACE, "run")
    assert [each.start_ns for each in timeline.collections] == [4 * S, 5 * S, 6 * S, 7 * S]
    assert timeline.collections[0].end_ns == 4 * S + MS
    assert timeline.stops[:2] == (
        Stop(4 * S, 4 * S + 60_000, "sweep termination"),
        Stop(4 * S + 960_000, 4 * S + MS, "mark termination"),
    )
    assert (timeline.happened, timeline.coverage) == (4, 1.0)


def test_without_exact_ends_a_gctrace_is_as_far_off_as_its_readings_disagree() -> None:
    """Readings that put the start of the process 3 ms apart are trusted to half of that."""
    readings = (reading(11, S + MS), reading(13, 3 * S + 4 * MS))
    timeline = only(recording(RUN, memory=readings, cycles=traced(11, 12, 13, 14)))
    assert timeline.uncertainty_ns == 3 * MS // 2
    agreeing = (reading(11, S + MS), reading(13, 3 * S + MS))
    timeline = only(recording(RUN, memory=agreeing, cycles=traced(11, 12, 13, 14)))
    assert timeline.uncertainty_ns == MS


def test_the_ring_tells_to_the_nanosecond_where_a_traced_cycle_ended() -> None:
    """The start is then off by what the printed phases lack: 1 µs, 10 µs and 1 µs."""
    ends = [number * S + 1_234_567 for number in range(1, 5)]
    run = recording(
        RUN,
        memory=(reading(11, ends[0]),),
        cycles=traced(11, 12, 13, 14),
        pauses=tuple(pause(number, end) for number, end in enumerate(ends, 11)),
    )
    timeline = only(run)
    assert [each.end_ns for each in timeline.collections] == ends
    assert timeline.uncertainty_ns == 12_000


def test_the_ring_of_another_process_moves_no_cycle() -> None:
    """After a restart numbers begin anew; a cycle is moved by milliseconds, never by a second."""
    run = recording(
        RUN,
        memory=(reading(11, S + MS),),
        cycles=traced(11, 12, 13, 14),
        pauses=(pause(12, 9 * S),),
    )
    assert only(run).collections[1].start_ns == 2 * S


def test_lost_lines_lower_the_coverage() -> None:
    """Three of four cycles between the fences; those outside do not count."""
    cycles = traced(9, 10, 11, 12, 14, 15)
    timeline = only(recording(RUN, memory=(reading(11, S + MS),), cycles=cycles))
    assert (timeline.happened, timeline.coverage) == (4, 0.75)
    assert len(timeline.collections) == 6


def test_a_ring_tells_ends_and_pauses_and_no_marking() -> None:
    """What it cannot tell is -1, and the notes say so."""
    run = recording(RUN, pauses=tuple(pause(number, number * S) for number in (11, 12)))
    timeline = only(run)
    assert (timeline.source, timeline.coverage) == (GcSource.RING, 0.5)
    first = timeline.collections[0]
    assert (first.start_ns, first.end_ns, first.pause_ns) == (11 * S - 100_000, 11 * S, 100_000)
    assert (first.mark_ns, first.heap_live, first.victim) == (-1, -1, "")
    assert timeline.stops == ()
    assert "not when marking began" in timeline.notes[0]


def test_a_collection_of_cpython_stops_everything_and_names_its_victim() -> None:
    """The events of the run carry the stacks, by the number of the collection."""
    info = ServiceInfo(url="http://127.0.0.1:6060", runtime="python")
    run = recording(
        RUN,
        manifest=manifest(service=info),
        pauses=(pause(11, S, generation=0), pause(12, 2 * S, generation=2, collected=7, forced=0)),
        events=(Event(2 * S, "gc-victim", {"number": 12, "stack": "app.main;app.handle"}),),
    )
    timeline = only(run)
    assert timeline.source is GcSource.CALLBACKS
    assert [stop.reason for stop in timeline.stops] == ["gen0", "gen2"]
    young, old = timeline.collections
    assert (young.victim, old.victim) == ("", "app.main;app.handle")
    assert (old.generation, old.collected, old.forced) == (2, 7, 0)


def test_counters_alone_say_how_many_and_nothing_of_each() -> None:
    """No time of it can be trusted, and no collection is known."""
    timeline = only(recording(RUN))
    assert (timeline.source, timeline.happened, timeline.coverage) == (GcSource.COUNTERS, 4, 0.0)
    assert (timeline.uncertainty_ns, timeline.collections) == (-1, ())


def test_a_run_of_which_nothing_is_known_has_no_timeline() -> None:
    """Neither an interrupted one without readings, nor a runtime that does not count."""
    assert gc_timeline(recording()) is None
    assert gc_timeline(recording(window(fence(0, num_gc=-1), fence(1, num_gc=-1)))) is None


def a_trace(offset_s: int) -> RecordedTrace:
    """A trace of a second with one cycle, one stop and one assist."""
    timeline = GcTimeline(
        source=GcSource.TRACE, clock="trace", uncertainty_ns=0, begin_ns=0, end_ns=S, happened=1,
        coverage=1.0, collections=(Collection(number=12, start_ns=MS, end_ns=3 * MS),),
        stops=(Stop(MS, MS + 1000, "sweep termination"),),
        assists=(Assist(MS, 2 * MS, 7, "main.f"),),
    )  # fmt: skip
    capture = Capture(kind="trace", file="t", began_ns=offset_s * S, ended_ns=0, asked_ns=S)
    summary = TraceSummary(version="go 1.26", size=1, events=1, duration_ns=S, gc=timeline)
    return RecordedTrace(
        capture=capture, summary=summary, offset_ns=offset_s * S, uncertainty_ns=500,
        aligned_by="clock snapshots",
    )  # fmt: skip


def test_a_trace_is_shifted_whole_and_comes_first() -> None:
    """It covers its own second; who asks for the whole run gets the gctrace."""
    run = recording(
        RUN,
        memory=(reading(11, S + MS),),
        cycles=traced(11, 12, 13, 14),
        traces=(a_trace(4),),
    )
    timeline = only(run)
    assert (timeline.source, timeline.clock) == (GcSource.TRACE, "run")
    assert (timeline.begin_ns, timeline.end_ns) == (4 * S, 5 * S)
    assert timeline.collections[0].start_ns == 4 * S + MS
    assert timeline.stops == (Stop(4 * S + MS, 4 * S + MS + 1000, "sweep termination"),)
    assert timeline.assists == (Assist(4 * S + MS, 4 * S + 2 * MS, 7, "main.f"),)
    assert timeline.uncertainty_ns == 500
    whole = gc_timeline(run, whole=True)
    assert whole is not None
    assert whole.source is GcSource.GCTRACE
    assert [each.source for each in gc_timelines(run)] == [GcSource.TRACE, GcSource.GCTRACE]


def test_a_source_that_lost_most_comes_after_one_that_did_not() -> None:
    """One line of four survived the application's own output; the ring has every pause."""
    run = recording(
        RUN,
        memory=(reading(11, S + MS),),
        cycles=traced(11),
        pauses=tuple(pause(number, number * S) for number in range(11, 15)),
    )
    assert [each.source for each in gc_timelines(run)] == [GcSource.RING, GcSource.GCTRACE]


@pytest.mark.parametrize(
    ("others", "doubt_ns"),
    [
        ({"same_host": False}, OTHER_MACHINE_NS),
        ({"clock": ClockPair(5 * S, (WALL_S + 5) * S + 7 * MS)}, 7 * MS),
        ({"last_gc_ns": (WALL_S + 9) * S}, 9 * S - 6 * S - MS),
        ({}, 0),
    ],
    ids=["another machine", "the clock was set", "a collection of the future", "all well"],
)
def test_a_wall_clock_is_trusted_as_far_as_it_can_be(
    others: dict[str, object], doubt_ns: int
) -> None:
    """What contradicts the run's own clock is part of the uncertainty."""
    before = fence(0, num_gc=10)
    if "clock" in others:
        before = msgspec.structs.replace(before, clock=others["clock"])
    same_host = bool(others.get("same_host", True))
    info = ServiceInfo(url="http://127.0.0.1:6060", runtime="go", same_host=same_host)
    seen = sample(6, num_gc=11, last_gc_ns=int(str(others.get("last_gc_ns", WALL_S * S))))
    run = recording(
        window(before, fence(10, num_gc=14)),
        manifest=manifest(service=info),
        memory=(seen,),
        pauses=(pause(11, S),),
    )
    assert only(run).uncertainty_ns == doubt_ns


def test_windows_driven_apart_are_one_stretch() -> None:
    """What was collected between them took place as well."""
    windows = (
        window(fence(0, num_gc=10), fence(5, num_gc=12)),
        window(fence(6, num_gc=14), fence(9, num_gc=15)),
    )
    timeline = only(recording(*windows))
    assert (timeline.begin_ns, timeline.end_ns, timeline.happened) == (0, 9 * S, 5)


def test_a_restart_between_two_windows_is_no_collection() -> None:
    """Counters that go back belong to two processes."""
    windows: tuple[Window, ...] = (
        window(fence(0, num_gc=10), fence(5, num_gc=12)),
        window(fence(6, num_gc=1), fence(9, num_gc=3)),
    )
    assert only(recording(*windows)).happened == 2 + 2


def test_the_timeline_of_a_log_counts_from_the_start_of_its_process() -> None:
    """Of two processes in one log it is that with more cycles."""
    line = (
        "gc {} @{}.000s 1%: 0.10+0.80+0.10 ms clock, 0+0/0/0+0 ms cpu, 4->5->1 MB, 5 MB goal, 2 P"
    )
    log = parse_log([line.format(*each) for each in ((1, 5), (1, 1), (2, 2), (4, 4))])
    timeline = timeline_from_log(log)
    assert timeline is not None
    assert [each.number for each in timeline.collections] == [1, 2, 4]
    assert (timeline.clock, timeline.uncertainty_ns) == ("process", MS)
    assert (timeline.begin_ns, timeline.end_ns) == (S, 4 * S + MS)
    assert (timeline.happened, timeline.coverage) == (4, 0.75)
    assert timeline_from_log(parse_log("nothing")) is None


def test_the_timeline_of_one_reading_is_its_ring() -> None:
    """On the wall clock, since nothing else is known."""
    stats = MemStats(counters=counters(), pauses=(pause(3, S), pause(4, 2 * S)), contradictions=())
    timeline = timeline_from_memstats(stats, GcSource.EXPVAR)
    assert timeline is not None
    assert (timeline.source, timeline.clock) == (GcSource.EXPVAR, "unix")
    assert timeline.collections[1].end_ns == (WALL_S + 2) * S
    empty = msgspec.structs.replace(stats, pauses=())
    assert timeline_from_memstats(empty, GcSource.RING) is None


@given(
    seen=st.sets(st.integers(1, 40)),
    ringed=st.sets(st.integers(1, 40)),
    first=st.integers(0, 20),
    more=st.integers(0, 20),
)
def test_a_timeline_is_in_order_and_its_coverage_a_share(
    seen: set[int], ringed: set[int], first: int, more: int
) -> None:
    """Whatever was seen of whatever happened, from whichever source."""
    run = recording(
        window(fence(45, num_gc=first), fence(50, num_gc=first + more)),
        memory=tuple(reading(number, number * S + MS) for number in sorted(seen)[:1]),
        cycles=tuple(cycle(number, number) for number in sorted(seen)),
        pauses=tuple(pause(number, number * S + MS) for number in sorted(ringed)),
    )
    for timeline in gc_timelines(run):
        assert timeline.happened == more
        assert 0 <= timeline.coverage <= 1
        starts = [each.start_ns for each in timeline.collections]
        assert starts == sorted(starts)
        assert all(each.start_ns <= each.end_ns for each in timeline.collections)
