"""Execution traces of version 1, of Go 1.11 to 1.21, get the same columns as later ones."""

from __future__ import annotations

import io

import pytest

from heapwise.formats.exectrace import Limits, TraceStream, open_trace
from heapwise.model.exectrace import EventKind, Generation, GoState, TraceFrame
from support.exectrace_words import in_words
from support.exectrace_writer import header, old_event
from support.protowire import varint

K = EventKind
# The numbers of events in version 1.
FREQUENCY, STACK, PROCS, PROC_START, PROC_STOP, GC_START, GC_DONE, STW, STW_DONE = range(2, 11)
SWEEP, SWEPT, CREATE, START, END, STOP, SCHED, PREEMPT, SLEEP, BLOCK, UNBLOCK = range(11, 22)
RECEIVE, SYSCALL, SYS_EXIT, SYS_BLOCK, WAITING, IN_SYSCALL, HEAP, GOAL, TIMER, FUTILE = (
    23, *range(28, 37),
)  # fmt: skip
STRING, START_LOCAL, UNBLOCK_LOCAL, SYS_EXIT_LOCAL, START_LABEL = range(37, 42)
ASSIST, ASSISTED, TASK, TASK_END, REGION, LOG, SAMPLE = range(43, 50)

CLOCK = old_event(FREQUENCY, 10**9)


def old_batch(*events: bytes, proc: int = 0, time: int = 1000) -> bytes:
    """Events of one processor."""
    return bytes([1 | 1 << 6]) + varint(proc) + varint(time) + b"".join(events)


# What a trace begins with: that goroutine 1 exists and runs on thread 7.
BEGIN = (
    old_event(CREATE, 0, 1, 9, 0),
    old_event(PROC_START, 1, 7),
    old_event(START, 1, 1, 1),
    old_event(PROCS, 1, 2, 0),
)


def old_trace(*batches: bytes, version: int = 19, more: bytes = CLOCK) -> bytes:
    """A whole trace."""
    return header(version) + b"".join(batches) + more


def opened(data: bytes) -> TraceStream:
    """A trace in memory."""
    return open_trace(io.BytesIO(data))


def one(data: bytes) -> Generation:
    """All of a trace that is whole."""
    stream = opened(data)
    (part,) = stream
    assert (stream.damage, stream.disordered, stream.size) == (None, 0, len(data))
    return part


def rows(data: bytes, *columns: str) -> list[tuple[int, ...]]:
    """Kind and some columns of the events after the beginning."""
    events = one(data).events
    names = ("kind", *columns)
    found = list(zip(*(getattr(events, name).tolist() for name in names), strict=True))
    return found[[row[0] for row in found].index(K.PROCS_CHANGE) + 1 :]


def words(data: bytes) -> list[str]:
    """What happens after the beginning, in words."""
    found = [said.words for said in in_words(opened(data))]
    return found[found.index("/sched/gomaxprocs:threads 2") + 1 :]


@pytest.mark.parametrize("version", [11, 19, 21])
def test_the_thread_of_a_processor_is_known_once_it_started(version: int) -> None:
    """Times are ns since the first event; what runs follows from the processor's events."""
    data = old_trace(old_batch(*BEGIN, old_event(HEAP, 5, 4096)), version=version)
    assert opened(data).version == f"go 1.{version}"
    assert rows(data, "time", "thread", "proc", "goroutine", "a") == [
        (K.HEAP_ALLOC, 8, 7, 0, 1, 4096)
    ]


def test_what_existed_before_is_told_from_what_is_created() -> None:
    """A trace begins with creating what is there; each goroutine gets one status."""
    data = old_trace(
        old_batch(
            old_event(CREATE, 0, 2, 0, 0),
            old_event(WAITING, 0, 2),
            old_event(CREATE, 0, 3, 0, 0),
            old_event(IN_SYSCALL, 0, 3),
            *BEGIN,
            old_event(CREATE, 1, 4, 9, 5),
        )
    )
    events = one(data).events
    status = events.kind == K.GO_STATUS
    assert list(zip(events.a[status], events.b[status], strict=True)) == [
        (2, GoState.WAITING),
        (3, GoState.SYSCALL),
        (1, GoState.RUNNABLE),
    ]
    assert rows(data, "goroutine", "a", "b", "c", "stack") == [(K.GO_CREATE, 1, 4, 9, 0, 5)]


def test_waits_and_pauses_have_the_reasons_of_later_versions() -> None:
    """Version 1 has an event for each instead of a text."""
    steps = [
        (old_event(RECEIVE, 1, 0), old_event(UNBLOCK, 1, 1, 2, 0), old_event(START, 1, 1, 3)),
        (old_event(SCHED, 1, 0), old_event(START_LOCAL, 1, 1)),
        (old_event(PREEMPT, 1, 0), old_event(START_LABEL, 1, 1, 5, 1)),
        (old_event(SLEEP, 1, 0), old_event(UNBLOCK_LOCAL, 1, 1, 0), old_event(START_LOCAL, 1, 1)),
        (old_event(FUTILE, 1), old_event(BLOCK, 1, 0)),
    ]
    data = old_trace(
        old_batch(*BEGIN, *(event for step in steps for event in step)),
        more=CLOCK + old_event(TIMER, 4),
    )
    assert words(data) == [
        "go 1 Running->Waiting chan receive",
        "go 1 Waiting->Runnable",
        "go 1 Runnable->Running",
        "go 1 Running->Runnable runtime.Gosched",
        "go 1 Runnable->Running",
        "go 1 Running->Runnable preempted",
        "go 1 Runnable->Running",
        "go 1 Running->Waiting sleep",
        "go 1 Waiting->Runnable",
        "go 1 Runnable->Running",
        "go 1 Running->Waiting ",
    ]


def test_calls_are_short_or_lose_their_processor() -> None:
    """A short one ends at once; of a long one is said when it is over, on any processor."""
    data = old_trace(
        old_batch(
            *BEGIN, old_event(SYSCALL, 1, 6), old_event(SYSCALL, 1, 6), old_event(SYS_BLOCK, 1)
        ),
        old_batch(
            old_event(PROC_START, 20, 8),
            old_event(SYS_EXIT, 90, 1, 2, 1050),
            old_event(START_LOCAL, 1, 1),
            old_event(SYSCALL, 1, 0),
            old_event(SYS_BLOCK, 1),
            old_event(SYS_EXIT_LOCAL, 1, 1, 1110),
            proc=1,
        ),
    )
    assert rows(data, "proc", "goroutine", "a", "stack") == [
        (K.GO_SYSCALL_BEGIN, 0, 1, 0, 6),
        (K.GO_SYSCALL_END, 0, 1, 0, 0),
        (K.GO_SYSCALL_BEGIN, 0, 1, 0, 6),
        (K.PROC_START, 1, -1, 1, 0),
        (K.GO_SYSCALL_END, 1, 1, 1, 0),
        (K.GO_START, 1, 1, 1, 0),
        (K.GO_SYSCALL_BEGIN, 1, 1, 0, 0),
        (K.GO_SYSCALL_END, 1, 1, 1, 0),
    ]


def test_sequence_numbers_beat_clocks() -> None:
    """A goroutine starts after it was created, though its processor's clock is behind."""
    data = old_trace(
        old_batch(*BEGIN, old_event(CREATE, 50, 2, 0, 0)),
        old_batch(old_event(PROC_START, 6, 8), old_event(START, 1, 2, 1), proc=1),
    )
    assert words(data) == [
        "proc 1 Idle->Running",
        "go 2 NotExist->Runnable",
        "go 2 Runnable->Running",
    ]


@pytest.mark.parametrize(
    ("version", "kind", "reason"),
    [
        (11, 0, "GC mark termination"),
        (19, 1, "GC sweep termination"),
        (19, 2, ""),
        (21, 2, "GC sweep termination"),
        (21, 7, "read mem stats"),
        (21, 10, "start trace"),
        (21, 16, "ResetDebugLog (test)"),
        (21, 17, ""),
        (21, 2**64 - 1, ""),
    ],
)
def test_stops_have_their_reason(version: int, kind: int, reason: str) -> None:
    """Two were told apart until Go 1.20, sixteen by Go 1.21."""
    events = (old_event(STW, 1, kind), old_event(STW_DONE, 1))
    data = old_trace(old_batch(*BEGIN, *events), version=version)
    assert words(data) == [f"begin stop-the-world ({reason})", f"end stop-the-world ({reason})"]


def test_the_collectors_events_have_their_numbers() -> None:
    """Cycles, sweeps, assists, heap and goal."""
    data = old_trace(
        old_batch(
            *BEGIN,
            old_event(GC_START, 1, 0, 3),
            old_event(ASSIST, 1, 4),
            old_event(ASSISTED, 1),
            old_event(GC_DONE, 1),
            old_event(GOAL, 1, 4 << 20),
            old_event(SWEEP, 1, 4),
            old_event(SWEPT, 1, 8192, 4096),
        )
    )
    assert rows(data, "goroutine", "stack", "a", "b") == [
        (K.GC_BEGIN, 1, 3, 0, 0),
        (K.ASSIST_BEGIN, 1, 4, 0, 0),
        (K.ASSIST_END, 1, 0, 0, 0),
        (K.GC_END, 1, 0, 0, 0),
        (K.HEAP_GOAL, 1, 0, 4 << 20, 0),
        (K.SWEEP_BEGIN, 1, 4, 0, 0),
        (K.SWEEP_END, 1, 0, 8192, 4096),
    ]


def test_annotations_samples_and_stacks_are_read() -> None:
    """A log's text stands behind its event; equal ones share an id."""
    text = varint(4) + b"done"
    data = old_trace(
        old_batch(
            *BEGIN,
            old_event(TASK, 1, 5, 0, 1, 0),
            old_event(REGION, 1, 5, 0, 2, 0),
            old_event(REGION, 1, 5, 1, 2, 0),
            old_event(LOG, 1, 5, 2, 0) + text,
            old_event(LOG, 1, 5, 2, 0) + text,
            old_event(TASK_END, 1, 5, 0),
            old_event(SAMPLE, 99, 1004, 2**64 - 1, 1, 6),
        ),
        more=b"".join(
            bytes([STRING]) + varint(number) + varint(len(text)) + text
            for number, text in ((1, b"order"), (2, b"bake"))
        )
        + old_event(STACK, 6, 1, 4096, 1, 2, 33)
        + CLOCK,
    )
    assert words(data) == [
        "task begin 5 order",
        "sample",
        "region begin 5 bake",
        "region end 5 bake",
        "log 5 bake done",
        "log 5 bake done",
        "task end 5",
    ]
    part = one(data)
    assert part.stacks[6] == (TraceFrame("order", "bake", 33),)
    logs = part.events.c[part.events.kind == K.USER_LOG]
    assert len(set(logs.tolist())) == 1


def test_a_cut_loses_the_clock_which_comes_last() -> None:
    """Its times are then ticks, and the damage says so."""
    data = old_trace(old_batch(*BEGIN, old_event(HEAP, 5, 4096)), more=b"")
    stream = opened(data)
    (part,) = stream
    assert part.events.time.tolist()[-1] == 8
    assert stream.damage is not None
    assert stream.damage.offset == len(data)
    assert "times are in ticks" in stream.damage.what


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (bytes([50]), "an event is of no kind"),
        (bytes([0, 0]), "an event is of no kind"),
        (old_event(HEAP, 1, 2, 3), "wrong number of arguments"),
        (old_event(CREATE, *range(9)), "too many arguments"),
        (bytes([CREATE | 3 << 6]) + varint(70_000), "larger than 64 KiB"),
        (bytes([CREATE | 3 << 6, 2, 0x80, 0x80]), "does not end in its event"),
        (bytes([STACK | 2 << 6, 1, 1, 1]), "a stack has no size"),
        (old_event(STACK, 1, 1001, 1, 1), "a stack is too deep"),
        (old_event(STACK, 1, 2, 1, 1, 1, 1), "it breaks off"),
        (bytes([STRING]) + varint(1) + varint(1_000_001), "a string is too long"),
        (old_event(FREQUENCY, 0), "no such frequency"),
        (bytes([HEAP | 1 << 6, 1]), "it breaks off"),
    ],
)
def test_damage_ends_the_trace_where_it_stands(broken: bytes, what: str) -> None:
    """What came before is there."""
    sound = old_trace(old_batch(*BEGIN), more=CLOCK)
    stream = opened(sound + broken)
    (part,) = stream
    assert len(part.events) == 4
    assert stream.damage is not None
    assert what in stream.damage.what
    assert len(sound) <= stream.damage.offset <= len(sound) + len(broken)


def test_an_event_needs_a_processor() -> None:
    """Before the first batch there is none."""
    stream = opened(old_trace(old_event(HEAP, 1, 2)))
    assert sum(len(part.events) for part in stream) == 0
    assert stream.damage is not None
    assert "before the first batch" in stream.damage.what


def test_the_whole_trace_counts_against_the_limit() -> None:
    """It has to be held in memory until its end."""
    data = old_trace(old_batch(*BEGIN, *[old_event(HEAP, 1, 2)] * 500))
    stream = open_trace(io.BytesIO(data), limits=Limits(generation=300))
    assert 4 < sum(len(part.events) for part in stream) < 400
    assert stream.damage is not None
    assert "more bytes than heapwise wants to read" in stream.damage.what
