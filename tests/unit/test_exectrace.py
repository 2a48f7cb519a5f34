"""Execution traces of version 2 become columns: order, state and tables."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.formats.exectrace import LIMITS, Limits, TraceStream, open_trace
from heapwise.model.exectrace import EventKind, Generation, GoState, TraceFrame
from support.exectrace_words import in_words
from support.exectrace_writer import (
    NO_THREAD,
    PROC_IDLE,
    PROC_RUNNING,
    PROC_SYSCALL,
    RUNNABLE,
    RUNNING,
    SYSCALL,
    WAITING,
    batch,
    event,
    header,
    running,
    stack,
    string,
    sync,
    tables,
    trace,
)

K = EventKind


def opened(data: bytes, limits: Limits = LIMITS) -> TraceStream:
    """A trace in memory."""
    return open_trace(io.BytesIO(data), limits=limits)


def generations(data: bytes, limits: Limits = LIMITS) -> list[Generation]:
    """All of a trace that is whole."""
    stream = opened(data, limits)
    found = list(stream)
    assert stream.damage is None
    assert stream.size == len(data)
    assert stream.disordered == 0
    return found


def one(data: bytes) -> Generation:
    """The only part of the only generation."""
    (generation,) = generations(data)
    return generation


def rows(data: bytes, *columns: str) -> list[tuple[int, ...]]:
    """Kind and some columns of every event, statuses left out."""
    events = one(data).events
    wanted = [getattr(events, name).tolist() for name in ("kind", *columns)]
    dull = (K.OTHER, K.GO_STATUS)
    return [row for row in zip(*wanted, strict=True) if row[0] not in dull]


def words(data: bytes) -> list[str]:
    """What happens, in words."""
    return [said.words for said in in_words(opened(data))]


@pytest.mark.parametrize("version", [22, 23, 25, 26])
def test_every_version_since_1_22_is_read(version: int) -> None:
    """The header names the version; the clock stands elsewhere since Go 1.25."""
    data = trace(running() + event("HeapAlloc", 3, 4096), version=version)
    assert opened(data).version == f"go 1.{version}"
    assert rows(data, "time", "thread", "proc", "goroutine", "a") == [
        (K.HEAP_ALLOC, 4, 1, 0, 1, 4096)
    ]


def test_times_are_ns_since_the_first_event() -> None:
    """Units of 64 ns, however large the clock already is, give exact times."""
    body = batch(running() + event("HeapAlloc", 10**6, 1), thread=1, time=389_387_456_922)
    data = header(26) + sync(frequency=15_625_000) + body + tables() + event("EndOfGeneration")
    assert one(data).events.time.tolist() == [0, 64, 64 + 64_000_000]


@given(
    frequency=st.integers(1, 10**10),
    ticks=st.lists(st.integers(0, 2**59), min_size=1, max_size=9),
)
def test_times_are_exact_to_the_nanosecond(frequency: int, ticks: list[int]) -> None:
    """Rounding does not add up; no frequency that a clock can have overflows."""
    data = trace(b"".join(event("HeapAlloc", dt, 0) for dt in ticks), frequency=frequency)
    total, expected = 0, []
    for dt in ticks[1:]:
        total += dt
        expected.append(total * 10**9 // frequency)
    found = one(data).events.time.tolist()
    sane = [(ours, exact) for ours, exact in zip(found[1:], expected, strict=True)
            if exact < 2**31 * 10**9]  # fmt: skip
    assert all(ours == exact for ours, exact in sane)
    assert found == sorted(found)


def test_a_frequency_holds_for_its_generation() -> None:
    """Where it changes, time goes on from the last event."""
    first = sync(frequency=10**9) + batch(running() + event("HeapAlloc", 8, 1), thread=1)
    second = sync(frequency=10**6, generation=2) + batch(
        event("HeapAlloc", 5, 2), thread=1, time=12, generation=2
    )
    end = event("EndOfGeneration")
    data = header(26) + first + tables() + end + second + tables(generation=2) + end
    parts = generations(data)
    assert [part.number for part in parts] == [1, 2]
    assert [part.events.time.tolist() for part in parts] == [[0, 1, 9], [9 + 7000]]


def test_the_threads_events_are_merged_by_time() -> None:
    """Each thread has batches of its own, and may have many."""
    first = [batch(event("HeapAlloc", 0, time), thread=7, time=time) for time in (10, 30, 50)]
    second = batch(event("HeapAlloc", 0, 20) + event("HeapAlloc", 20, 40), thread=3, time=20)
    data = header(26) + sync() + b"".join((first[0], second, *first[1:])) + tables()
    assert rows(data + event("EndOfGeneration"), "a", "thread", "time") == [
        (K.HEAP_ALLOC, 10, 7, 0),
        (K.HEAP_ALLOC, 20, 3, 10),
        (K.HEAP_ALLOC, 30, 7, 20),
        (K.HEAP_ALLOC, 40, 3, 30),
        (K.HEAP_ALLOC, 50, 7, 40),
    ]


def test_what_runs_where_follows_from_the_threads_own_events() -> None:
    """Processor and goroutine come and go with start and stop, also across generations."""
    first = (
        running(1)
        + event("GoBlock", 1, 5, 0)
        + event("GoStart", 1, 2, 1)
        + event("HeapAlloc", 1, 1)
        + event("GoStop", 1, 6, 0)
        + event("ProcStop", 1)
        + event("ProcStart", 1, 4, 1)
    )
    other = (
        event("GoStatus", 1, 2, NO_THREAD, RUNNABLE) + event("ProcStatus", 0, 4, PROC_IDLE)
    )  # fmt: skip
    second = event("HeapAlloc", 0, 2)
    end = event("EndOfGeneration")
    data = (
        header(26) + sync() + batch(first, thread=1) + batch(other, thread=2) + tables() + end
        + sync(generation=2) + batch(second, thread=1, time=99, generation=2)
        + tables(generation=2) + end
    )  # fmt: skip
    found = [
        row
        for part in generations(data)
        for row in zip(*(getattr(part.events, name).tolist()
                         for name in ("kind", "proc", "goroutine", "a")), strict=True)
        if row[0] not in (K.OTHER, K.GO_STATUS)
    ]  # fmt: skip
    assert found == [
        (K.GO_BLOCK, 0, 1, 5),
        (K.GO_START, 0, 2, 2),
        (K.HEAP_ALLOC, 0, 2, 1),
        (K.GO_STOP, 0, 2, 6),
        (K.PROC_STOP, 0, -1, 0),
        (K.PROC_START, 4, -1, 4),
        (K.HEAP_ALLOC, 4, -1, 2),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["waker first", "woken first"])
@pytest.mark.parametrize("late", [0, 5], ids=["same time", "clocks apart"])
def test_sequence_numbers_beat_clocks(order: tuple[int, int], late: int) -> None:
    """A goroutine starts after it was woken, though its thread's clock may say otherwise."""
    waker = running(1) + event("GoUnblock", 5 + late, 2, 1, 0) + event("GoStop", 9, 0, 0)
    woken = (
        event("ProcStatus", 1, 1, PROC_RUNNING)
        + event("GoStatus", 1, 2, NO_THREAD, WAITING)
        + event("GoStart", 5, 2, 2)
        + event("GoDestroy", 3)
    )
    threads = (batch(waker, thread=10), batch(woken, thread=11))
    data = header(26) + sync() + threads[order[0]] + threads[order[1]] + tables()
    found = words(data + event("EndOfGeneration"))
    assert found.index("go 2 Waiting->Runnable") < found.index("go 2 Runnable->Running")
    times = one(data + event("EndOfGeneration")).events.time.tolist()
    assert times == sorted(times)


def test_a_call_that_blocks_ends_after_its_processor_was_taken() -> None:
    """The thief's clock is behind; the goroutine is runnable afterwards and has no thread."""
    victim = running(1, thread=1) + event("GoSyscallBegin", 1, 1, 3) + event(
        "GoSyscallEndBlocked", 1
    )  # fmt: skip
    thief = (
        event("ProcStatus", 9, 1, PROC_RUNNING)
        + event("ProcSteal", 5, 0, 2, 1)
        + event("ProcStop", 1)
        + event("ProcStart", 1, 0, 3)
        + event("GoStart", 1, 1, 1)
    )
    assert rows(trace(victim, thief), "thread", "proc", "goroutine", "a") == [
        (K.GO_SYSCALL_BEGIN, 1, 0, 1, 0),
        (K.PROC_STOP, 2, 1, -1, 0),
        (K.GO_SYSCALL_END, 1, -1, 1, 1),
        (K.PROC_STOP, 2, 1, -1, 1),
        (K.PROC_START, 2, 0, -1, 0),
        (K.GO_START, 2, 0, 1, 1),
    ]


def test_a_short_call_keeps_its_processor() -> None:
    """Its end says 0, and its goroutine runs on."""
    body = running(1) + event("GoSyscallBegin", 1, 1, 0) + event("GoSyscallEnd", 1)
    assert rows(trace(body + event("GoStop", 1, 0, 0)), "proc", "goroutine", "a") == [
        (K.GO_SYSCALL_BEGIN, 0, 1, 0),
        (K.GO_SYSCALL_END, 0, 1, 0),
        (K.GO_STOP, 0, 1, 0),
    ]


def test_goroutines_in_calls_from_c_bring_and_take_their_processor() -> None:
    """They are created in a call; when they end in one, the processor stops before."""
    body = (
        event("ProcStatus", 1, 0, PROC_IDLE)
        + event("GoCreateSyscall", 1, 4)
        + event("ProcStart", 1, 0, 1)
        + event("GoSyscallEndBlocked", 1)
        + event("GoStart", 1, 4, 1)
        + event("GoSyscallBegin", 1, 2, 0)
        + event("GoDestroySyscall", 1)
    )
    assert words(trace(body)) == [
        "go 4 NotExist->Syscall",
        "proc 0 Idle->Running",
        "go 4 Syscall->Runnable",
        "go 4 Runnable->Running",
        "go 4 Running->Syscall",
        "proc 0 Running->Idle",
        "go 4 ->NotExist",
    ]


def test_a_coroutine_switch_is_three_events() -> None:
    """One goroutine is woken, the other waits or ends, the first starts."""
    body = (
        running(1)
        + event("GoCreateBlocked", 1, 2, 0, 0)
        + event("GoSwitch", 1, 2, 1)
        + event("GoSwitchDestroy", 1, 1, 1)
        + event("HeapAlloc", 1, 9)
    )
    assert rows(trace(body), "goroutine", "a", "c") == [
        (K.GO_CREATE, 1, 2, 1),
        (K.GO_UNBLOCK, 1, 2, 0),
        (K.GO_BLOCK, 1, 0, 0),
        (K.GO_START, 2, 2, 0),
        (K.GO_UNBLOCK, 2, 1, 0),
        (K.GO_DESTROY, 2, 2, 0),
        (K.GO_START, 1, 1, 0),
        (K.HEAP_ALLOC, 1, 9, 0),
    ]


def test_statuses_tell_what_was_there_before() -> None:
    """Also of a thread that sits in a call and says nothing itself."""
    body = (
        running(1)
        + event("GoStatus", 1, 2, NO_THREAD, WAITING)
        + event("GoStatusStack", 1, 3, 77, SYSCALL, 5)
        + event("GoStatus", 1, 4, NO_THREAD, RUNNABLE)
    )
    later = batch(event("GoSyscallEndBlocked", 0), thread=77, time=90)
    events = one(trace(body, more=later + tables())).events
    names = ("thread", "goroutine", "a", "b", "stack")
    wanted = zip(events.kind, *(getattr(events, name).tolist() for name in names), strict=True)
    assert [row[1:] for row in wanted if row[0] == K.GO_STATUS] == [
        (1, 1, 1, GoState.RUNNING, 0),
        (1, 2, 2, GoState.WAITING, 0),
        (77, 3, 3, GoState.SYSCALL, 5),
        (1, 4, 4, GoState.RUNNABLE, 0),
    ]
    assert (events.kind[-1], events.goroutine[-1], events.a[-1]) == (K.GO_SYSCALL_END, 3, 1)


def test_the_collectors_events_have_their_numbers() -> None:
    """Stops carry their reason at both ends, sweeps their bytes, heap and goal theirs."""
    body = (
        running(1)
        + event("STWBegin", 1, 7, 3)
        + event("GCBegin", 1, 40, 2)
        + event("HeapGoal", 1, 4 << 20)
        + event("STWEnd", 1)
        + event("GCMarkAssistBegin", 1, 9)
        + event("GCMarkAssistEnd", 1)
        + event("GCEnd", 1, 41)
        + event("GCSweepBegin", 1, 9)
        + event("GCSweepEnd", 1, 8192, 4096)
        + event("ProcsChange", 1, 8, 1)
    )
    assert rows(trace(body), "goroutine", "stack", "a", "b") == [
        (K.STW_BEGIN, 1, 3, 7, 0),
        (K.GC_BEGIN, 1, 2, 40, 0),
        (K.HEAP_GOAL, 1, 0, 4 << 20, 0),
        (K.STW_END, 1, 0, 7, 0),
        (K.ASSIST_BEGIN, 1, 9, 0, 0),
        (K.ASSIST_END, 1, 0, 0, 0),
        (K.GC_END, 1, 0, 41, 0),
        (K.SWEEP_BEGIN, 1, 9, 0, 0),
        (K.SWEEP_END, 1, 0, 8192, 4096),
        (K.PROCS_CHANGE, 1, 1, 8, 0),
    ]


def test_cycles_and_assists_that_were_under_way_are_said() -> None:
    """The goroutine of an assist is named, whoever tells of it."""
    body = running(1) + event("GCActive", 1, 6) + event("GCMarkAssistActive", 1, 9)
    assert rows(trace(body), "goroutine", "a") == [(K.GC_ACTIVE, 1, 6), (K.ASSIST_ACTIVE, 9, 9)]


def test_annotations_name_their_tasks_and_texts() -> None:
    """Tasks, regions and logs refer to the strings of their generation."""
    body = (
        running(1)
        + event("UserTaskBegin", 1, 5, 4, 1, 0)
        + event("UserRegionBegin", 1, 5, 2, 0)
        + event("UserLog", 1, 5, 2, 3, 0)
        + event("UserRegionEnd", 1, 5, 2, 0)
        + event("UserTaskEnd", 1, 5, 0)
    )
    texts = tables(strings=[string(1, "order"), string(2, "bake"), string(3, "a π, hot")])
    assert words(trace(body, more=texts))[1:] == [
        "task begin 5 order",
        "region begin 5 bake",
        "log 5 bake a π, hot",
        "region end 5 bake",
        "task end 5",
    ]
    assert rows(trace(body, more=texts), "a", "b", "c")[0] == (K.TASK_BEGIN, 5, 4, 1)


def test_stacks_are_leaf_first_and_their_names_are_looked_up() -> None:
    """Of a name that is not in the table nothing is left but that there is a frame."""
    more = tables(
        strings=[string(1, "main.leaf"), string(2, "/src/main.go")],
        stacks=[stack(4, (1, 2, 10), (9, 2, 20)), stack(6)],
    )
    found = one(trace(running(), more=more)).stacks
    assert dict(found) == {
        4: (TraceFrame("main.leaf", "/src/main.go", 10), TraceFrame("", "/src/main.go", 20)),
        6: (),
    }
    assert found.get(5) is None


def test_cpu_samples_stand_between_the_events_of_their_time() -> None:
    """They come in batches of their own, in any order, and know where they were taken."""
    samples = batch(
        event("CPUSamples")
        + event("CPUSample", 5, 70, 3, 8, 2)
        + event("CPUSample", 3, 71, NO_THREAD, 0, 1)
    )
    body = running() + event("HeapAlloc", 2, 1) + event("HeapAlloc", 2, 2)
    data = trace(body, more=samples + tables())
    assert rows(data, "time", "thread", "proc", "goroutine", "stack") == [
        (K.CPU_SAMPLE, 2, 71, -1, -1, 1),
        (K.HEAP_ALLOC, 3, 1, 0, 1, 0),
        (K.CPU_SAMPLE, 4, 70, 3, 8, 2),
        (K.HEAP_ALLOC, 5, 1, 0, 1, 0),
    ]


def test_a_clock_snapshot_ties_the_trace_to_the_wall_clock() -> None:
    """It is taken just before the first event."""
    clock = sync(frequency=10**9, clock=(3, 5_000_000_000, 1_795_249_886, 39))
    body = batch(running(), thread=1, time=10)
    snapshot = one(header(26) + clock + body + tables() + event("EndOfGeneration")).clock
    assert snapshot is not None
    assert snapshot.time_ns == -8
    assert snapshot.monotonic_ns == 5_000_000_000
    assert snapshot.wall_ns == 1_795_249_886_000_000_039


def test_experiments_are_passed_over() -> None:
    """Their batches hold what nobody but they can read; their events have no meaning here."""
    strange = event("ExperimentalBatch", 1, 1, 5, 0, 3) + b"\xff\xff\xff"
    body = running() + bytes([129, 1, 2, 3, 4]) + event("HeapAlloc", 1, 5)
    data = trace(body, more=strange + tables())
    kinds = one(data).events.kind.tolist()
    assert kinds == [K.OTHER, K.GO_STATUS, K.OTHER, K.HEAP_ALLOC]
    assert one(data).events.a.tolist()[2] == 129


def test_a_long_generation_comes_in_parts() -> None:
    """They share number and tables; clock and size are said once."""
    body = running() + event("GoStop", 1, 1, 0) + event("GoStart", 1, 1, 1) * 0
    body += b"".join(event("HeapAlloc", 1, number) for number in range(1000))
    data = trace(body, more=tables(strings=[string(1, "why")]))
    parts = generations(data, Limits(events=100))
    assert len(parts) > 10
    assert {len(part.events) <= 100 for part in parts} == {True}
    assert [part.size for part in parts] == [len(data) - 16] + [0] * (len(parts) - 1)
    assert all(part.strings == {1: "why"} and part.number == 1 for part in parts)
    amounts = [a for part in parts for a in part.events.a[part.events.kind == K.HEAP_ALLOC]]
    assert amounts == list(range(1000))


def test_a_generation_without_events_still_has_its_tables() -> None:
    """Nothing happened on any thread that runs Go."""
    empty = one(header(26) + sync(clock=(1, 2, 3, 4)) + tables() + event("EndOfGeneration"))
    assert len(empty.events) == 0
    assert empty.clock is not None


def test_a_processor_in_a_call_of_before_can_be_taken() -> None:
    """Whose it was is said by its status in this generation."""
    victim = (
        event("ProcStatus", 1, 0, PROC_SYSCALL)
        + event("GoStatus", 1, 1, 1, SYSCALL)
        + event("GoSyscallEndBlocked", 9)
    )
    thief = event("ProcStatus", 1, 1, PROC_RUNNING) + event("ProcSteal", 5, 0, 1, 1)
    assert words(trace(victim, thief)) == [
        "go 1 is Syscall",
        "proc 0 Running->Idle",
        "go 1 Syscall->Runnable",
    ]


def test_running_is_a_status_of_its_thread() -> None:
    """A goroutine that runs when the trace begins runs where it is said."""
    assert rows(trace(running(5, proc=2) + event("GoDestroy", 1)), "proc", "goroutine", "a") == [
        (K.GO_DESTROY, 2, 5, 5)
    ]
    assert RUNNING == GoState.RUNNING
