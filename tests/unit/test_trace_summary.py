"""What is worked out of an execution trace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.exectrace import summarise
from heapwise.analysis.exectrace.collector import LIMIT
from heapwise.model.exectrace import ClockSnapshot, GoState, TraceDamage
from heapwise.model.exectrace import EventKind as K
from heapwise.model.gc_timeline import Collection, GcSource, Stop
from heapwise.model.trace import TraceSummary
from support.tracecolumns import Script, Stream, stream

MS = 1_000_000


def collection(script: Script, start: int, goroutine: int = 7, *, forced: bool = False) -> None:
    """A collection of 10 ms from ``start`` on, in which the heap goes from 4 to 5 and to 2 MB."""
    by = "runtime.GC" if forced else "runtime.mallocgc"
    script.at(start, K.HEAP_ALLOC, goroutine, a=4_000_000)
    script.at(start, K.GC_BEGIN, goroutine, stack=script.stack("runtime.gcStart", by, "main.main"))
    script.at(start + MS, K.STW_BEGIN, goroutine, a="GC sweep termination")
    script.at(start + 2 * MS, K.STW_END, goroutine)
    script.at(start + 7 * MS, K.HEAP_ALLOC, goroutine, a=5_000_000)
    script.at(start + 8 * MS, K.STW_BEGIN, goroutine, a="GC mark termination")
    script.at(start + 9 * MS, K.HEAP_ALLOC, goroutine, a=2_000_000)
    script.at(start + 10 * MS, K.GC_END, goroutine)
    script.at(start + 11 * MS, K.HEAP_GOAL, goroutine, a=4_500_000)
    script.at(start + 12 * MS, K.STW_END, goroutine)


def test_a_collection_has_its_phases_and_its_heap() -> None:
    """Start, stops, marking, heap before, after and live, the goal it had, and who forced it."""
    script = Script()
    script.at(0, K.HEAP_GOAL, a=4_100_000)
    collection(script, 5 * MS)
    collection(script, 50 * MS, forced=True)
    gc = summarise(stream(script)).gc
    assert gc.collections[0] == Collection(
        number=1,
        start_ns=5 * MS,
        end_ns=17 * MS,
        sweep_termination_ns=MS,
        mark_ns=6 * MS,
        mark_termination_ns=4 * MS,
        pause_ns=5 * MS,
        heap_before=4_000_000,
        heap_after=5_000_000,
        heap_live=2_000_000,
        goal=4_100_000,
        forced=0,
    )
    second = gc.collections[1]
    assert (second.number, second.goal, second.forced) == (2, 4_500_000, 1)
    assert (gc.source, gc.clock, gc.happened, gc.coverage) == (GcSource.TRACE, "trace", 2, 1.0)
    assert gc.end_ns == 62 * MS


def test_a_collection_may_stop_the_world_several_times_to_end() -> None:
    """Where marking has to go on, every attempt is a pause and the last one ends marking."""
    script = Script()
    script.at(0, K.GC_BEGIN)
    for start in (1, 10, 20):
        reason = "sweep" if start == 1 else "mark"
        script.at(start, K.STW_BEGIN, a=f"GC {reason} termination")
        script.at(start + 2, K.STW_END)
    script.at(22, K.GC_END)
    (cycle,) = summarise(stream(script)).gc.collections
    assert (cycle.mark_termination_ns, cycle.mark_ns, cycle.pause_ns) == (4, 17, 6)


def test_a_trace_may_begin_and_end_within_a_collection() -> None:
    """What is cut off counts from the trace's edge, and what was not seen is unknown."""
    script = Script()
    script.at(0, K.PROCS_CHANGE, a=4)
    script.at(2, K.GC_ACTIVE, a=9)
    script.at(10, K.STW_BEGIN, a="GC mark termination")
    script.at(11, K.GC_END)
    script.at(12, K.STW_END)
    script.at(40, K.GC_BEGIN)
    script.at(90, K.GO_CREATE, a=3)
    gc = summarise(stream(script)).gc
    assert [(each.start_ns, each.end_ns) for each in gc.collections] == [(0, 12), (40, 90)]
    assert [each.pause_ns for each in gc.collections] == [-1, -1]
    assert [each.forced for each in gc.collections] == [-1, -1]
    assert any("still running" in note for note in gc.notes)


def test_stops_are_the_collectors_or_not() -> None:
    """Every reason is kept; only the collector's two count as garbage collection."""
    script = Script()
    for time, reason in enumerate(("goroutine profile", "GC sweep termination", "start trace")):
        script.at(10 * time, K.STW_BEGIN, a=reason)
        script.at(10 * time + 3, K.STW_END)
    summary = summarise(stream(script))
    assert summary.gc.stops == (
        Stop(0, 3, "goroutine profile", gc=False),
        Stop(10, 13, "sweep termination", gc=True),
        Stop(20, 23, "start trace", gc=False),
    )
    assert {each.name for each in summary.stops} == {each.reason for each in summary.gc.stops}


def test_assists_name_who_paid_also_across_generations() -> None:
    """An assist that a new generation repeats as active is still one, from its beginning."""
    first, second = Script(), Script(first_id=30)
    first.at(0, K.GO_CREATE, 1, a=7, b=first.stack("main.serve"))
    first.at(5, K.ASSIST_BEGIN, 7)
    second.at(50, K.GO_STATUS, 7, a=7, b=int(GoState.RUNNING))
    second.at(50, K.ASSIST_ACTIVE, 7, a=7)
    second.at(65, K.ASSIST_END, 7)
    second.at(70, K.ASSIST_BEGIN, 8)
    second.at(72, K.ASSIST_END, 8)
    summary = summarise(stream(first, second))
    told = [(each.start_ns, each.end_ns, each.function) for each in summary.gc.assists]
    assert told == [(5, 65, "main.serve"), (70, 72, "")]
    assert [(each.name, each.total_ns) for each in summary.assists] == [("main.serve", 60), ("", 2)]


def test_an_assist_under_way_at_the_start_counts_from_there() -> None:
    """The first generation says which goroutines assist already."""
    script = Script()
    script.at(0, K.PROCS_CHANGE, a=1)
    script.at(8, K.ASSIST_ACTIVE, 7, a=7)
    script.at(20, K.ASSIST_END, 7)
    (assist,) = summarise(stream(script)).gc.assists
    assert (assist.start_ns, assist.end_ns) == (0, 20)


def test_latency_and_waits_leave_the_runtime_out() -> None:
    """The sweeper yields a thousand times a second; nobody waits for it."""
    script = Script()
    for goroutine, function in ((7, "main.work"), (8, "runtime.bgsweep")):
        script.at(0, K.GO_CREATE, 1, a=goroutine, b=script.stack(function))
        script.at(goroutine, K.GO_START, a=goroutine, proc=0)
        script.at(20, K.GO_BLOCK, goroutine, a="network")
        script.at(90, K.GO_UNBLOCK, a=goroutine)
    summary = summarise(stream(script))
    assert summary.latency is not None
    assert (summary.latency.count, summary.latency.total_ns) == (1, 7)
    assert [each.name for each in summary.latency_by_function] == ["main.work"]
    assert [(each.name, each.count, each.total_ns) for each in summary.blocked] == [
        ("network", 1, 70)
    ]
    assert summary.running_ns == 13


def test_goroutines_are_counted_by_state() -> None:
    """Curves rise and fall with every change, and the peak is of all states together."""
    script = Script()
    script.at(0, K.GO_STATUS, a=1, b=int(GoState.RUNNING))
    script.at(2, K.GO_CREATE, 1, a=7)
    script.at(5, K.GO_START, a=7)
    script.at(9, K.GO_DESTROY, 7)
    counts = summarise(stream(script)).goroutines
    assert (counts.created, counts.destroyed, counts.peak) == (1, 1, 2)
    curves = {each.name: list(zip(each.time_ns, each.value, strict=True)) for each in counts.states}
    assert curves["running"] == [(0, 1), (5, 2), (9, 1)]
    assert curves["runnable"] == [(2, 1), (5, 0)]
    assert curves["waiting"] == curves["syscall"] == []


def test_goroutines_are_counted_on_in_the_next_generation() -> None:
    """A curve goes on where it was."""
    first, second = Script(), Script(first_id=9)
    first.at(0, K.GO_CREATE, 1, a=7)
    second.at(50, K.GO_CREATE, 1, a=8)
    runnable = summarise(stream(first, second)).goroutines.states[1]
    assert list(zip(runnable.time_ns, runnable.value, strict=True)) == [(0, 1), (50, 2)]


def test_system_calls_count_where_they_were_seen_whole() -> None:
    """One that was under way when the trace began has no known length."""
    script = Script()
    script.at(0, K.GO_STATUS, a=7, b=int(GoState.SYSCALL))
    script.at(30, K.GO_SYSCALL_END, 7)
    script.at(40, K.GO_SYSCALL_BEGIN, 7)
    script.at(44, K.GO_SYSCALL_END, 7)
    syscalls = summarise(stream(script)).syscalls
    assert syscalls is not None
    assert (syscalls.count, syscalls.total_ns) == (1, 4)


def test_tasks_and_regions_cross_generations() -> None:
    """Both are known by name although every generation numbers its strings anew."""
    first, second = Script(), Script(first_id=9)
    first.at(0, K.TASK_BEGIN, 7, a=1, c="request")
    first.at(1, K.REGION_BEGIN, 7, a=1, b="outer")
    second.string("something else")
    second.at(5, K.REGION_BEGIN, 7, a=1, b="inner")
    second.at(8, K.REGION_END, 7, a=1, b="inner")
    second.at(21, K.REGION_END, 7, a=1, b="outer")
    second.at(25, K.TASK_END, 7, a=1)
    summary = summarise(stream(first, second))
    assert [(each.name, each.total_ns) for each in summary.tasks] == [("request", 25)]
    assert [(each.name, each.total_ns) for each in summary.regions] == [("outer", 20), ("inner", 3)]


def test_sweeping_adds_up() -> None:
    """Bytes and time of sweeps, each on its processor."""
    script = Script()
    script.at(0, K.SWEEP_BEGIN, 7, proc=0)
    script.at(1, K.SWEEP_BEGIN, 8, proc=1)
    script.at(5, K.SWEEP_END, 7, proc=0, a=800, b=300)
    script.at(7, K.SWEEP_END, 8, proc=1, a=100, b=50)
    sweeping = summarise(stream(script)).sweeping
    assert sweeping is not None
    assert (sweeping.swept, sweeping.reclaimed) == (900, 350)
    assert (sweeping.spread.count, sweeping.spread.total_ns) == (2, 11)


def test_an_idle_collector_does_no_harm() -> None:
    """One collection of 10 ms in ten seconds, short stops, no assists: nothing to say."""
    script = Script()
    script.at(0, K.PROCS_CHANGE, a=2)
    script.at(5, K.GC_BEGIN)
    script.at(6, K.STW_BEGIN, a="GC sweep termination")
    script.at(6 + MS // 10, K.STW_END)
    script.at(10 * MS, K.GC_END)
    script.at(10_000 * MS, K.GO_CREATE, a=3)
    assert summarise(stream(script)).harm == ()


def test_a_long_assist_is_harm_and_names_who_paid() -> None:
    """A single assist of a millisecond shows in a request's latency."""
    script = Script()
    script.at(0, K.GO_CREATE, 1, a=7, b=script.stack("main.serve"))
    script.at(5, K.ASSIST_BEGIN, 7)
    script.at(5 + 2 * MS, K.ASSIST_END, 7)
    script.at(10_000 * MS, K.GO_CREATE, a=3)
    (sentence,) = summarise(stream(script)).harm
    assert "1 assist held them up for 2.00 ms" in sentence
    assert "goroutines of main.serve" in sentence


def test_many_short_assists_are_harm_too() -> None:
    """A hundredth of the time that goroutines run is lost throughput."""
    script = Script()
    script.at(0, K.GO_START, a=7, proc=0)
    for start in range(0, 10 * MS, MS // 10):
        script.at(start, K.ASSIST_BEGIN, 7)
        script.at(start + MS // 500, K.ASSIST_END, 7)
    script.at(10 * MS, K.GO_BLOCK, 7, a="sleep")
    script.at(10_000 * MS, K.GO_CREATE, a=3)
    (sentence,) = summarise(stream(script)).harm
    assert "100 assists held them up for 200 µs" in sentence


def test_assists_come_before_stops_and_marking() -> None:
    """What holds requests up most directly is said first."""
    script = Script()
    script.at(0, K.PROCS_CHANGE, a=2)
    script.at(0, K.ASSIST_BEGIN, 7)
    script.at(2 * MS, K.ASSIST_END, 7)
    collection(script, 5 * MS)
    harm = summarise(stream(script)).harm
    assert [sentence.split()[0] for sentence in harm] == ["Goroutines", "The", "Collections"]


def test_what_the_reader_says_is_passed_on() -> None:
    """Version, size, damage and clocks come from the reader as they are."""
    script = Script()
    script.at(3, K.PROCS_CHANGE, a=4)
    whole = script.generation()
    clock = ClockSnapshot(0, 5, 6)
    damage = TraceDamage(99, "a batch is cut")
    summary = summarise(
        Stream([type(whole)(**{**fields(whole), "clock": clock})], "go 1.25", damage)
    )
    assert (summary.version, summary.size, summary.damage) == ("go 1.25", 10, damage)
    assert (summary.clocks, summary.procs, summary.events) == ((clock,), 4, 1)
    assert summary.kinds == (("procs change", 1),)


def fields(generation: object) -> dict[str, object]:
    """The fields of a generation."""
    return {name: getattr(generation, name) for name in type(generation).__slots__}  # type: ignore[attr-defined]  # a dataclass with slots


def test_more_assists_than_can_be_listed_still_count() -> None:
    """The longest hundred thousand are listed, a note says so, and totals are of all."""
    script = Script()
    for number in range(LIMIT + 7):
        script.at(10 * number, K.ASSIST_BEGIN, 7)
        script.at(10 * number + (1 if number < 7 else 5), K.ASSIST_END, 7)
    summary = summarise(stream(script))
    assert {each.end_ns - each.start_ns for each in summary.gc.assists} == {5}
    assert len(summary.gc.assists) == LIMIT
    assert summary.assists[0].count == LIMIT + 7
    assert summary.gc.notes[-1] == (
        "the 100,000 longest of 100,007 mark assists are listed; totals count all"
    )


def test_an_empty_trace_has_a_summary() -> None:
    """A service that did nothing while it was traced."""
    summary = summarise(Stream([]))
    assert (summary.events, summary.duration_ns, summary.gc.coverage) == (0, 0, 1.0)
    assert summarise(stream(Script())).events == 0


KINDS = st.sampled_from(list(K))


@given(st.lists(st.tuples(KINDS, *[st.integers(-1, 5)] * 5), max_size=80), st.integers(0, 80))
def test_no_sequence_of_events_is_too_strange(
    events: list[tuple[K, int, int, int, int, int]], cut: int
) -> None:
    """Contradictions, ends without beginnings, unknown ids: there is always a summary."""
    scripts = Script(), Script(first_id=3)
    for time, (kind, goroutine, proc, a, b, c) in enumerate(events):
        script = scripts[time >= cut]
        script.stack("main.f")
        script.at(time, kind, goroutine, proc=proc, stack=max(a, 0), a=a, b=b, c=c)
    summary = summarise(stream(*scripts))
    assert summary.events == len(events)
    assert isinstance(summary, TraceSummary)
    assert all(each.end_ns >= each.start_ns for each in summary.gc.collections)
    assert all(value >= 0 for curve in summary.goroutines.states for value in curve.value)
