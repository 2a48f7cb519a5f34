"""A Go execution trace as columns: what every version of the format has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum

import msgspec
import numpy as np

from heapwise.model.profile import Int64s


class EventKind(IntEnum):
    """What happened. ``a`` to ``c`` are the columns `Events.a` to `Events.c`."""

    PROCS_CHANGE = 1
    """``a``: GOMAXPROCS from now on."""
    PROC_START = 2
    """``a``: the processor."""
    PROC_STOP = 3
    """``a``: the processor, which may be another thread's that waits in a call."""
    GO_CREATE = 4
    """``a``: the new goroutine, ``b``: stack it starts with (a stack id), ``c``: 1 if it is
    created blocked, 2 if in a call from C to Go."""
    GO_START = 5
    """``a``: the goroutine that runs from now on."""
    GO_DESTROY = 6
    """``a``: the running goroutine, which ends."""
    GO_STOP = 7
    """The running goroutine yields; ``a``: the reason (a string id)."""
    GO_BLOCK = 8
    """The running goroutine waits; ``a``: the reason (a string id)."""
    GO_UNBLOCK = 9
    """``a``: the goroutine that may run again."""
    GO_SYSCALL_BEGIN = 10
    GO_SYSCALL_END = 11
    """``a``: 1 if it lost its processor meanwhile. Before Go 1.22 a call that did not has no
    length, and one that did ends when its goroutine has a processor again."""
    GO_STATUS = 12
    """``a``: goroutine, ``b``: `GoState`; said once a generation for each that is not new.
    Before Go 1.22 the one that started the trace is runnable first."""
    STW_BEGIN = 13
    """``a``: the reason (a string id)."""
    STW_END = 14
    """``a``: the same, 0 if it began in an earlier generation."""
    GC_ACTIVE = 15
    """A cycle was running when the generation began; ``a``: a sequence number."""
    GC_BEGIN = 16
    """``a``: a sequence number, which begin, end and active of all cycles share."""
    GC_END = 17
    """``a``: the same; 0 before Go 1.22."""
    SWEEP_BEGIN = 18
    SWEEP_END = 19
    """``a``: bytes swept, ``b``: bytes reclaimed."""
    ASSIST_ACTIVE = 20
    """``a``: a goroutine that was assisting when the generation began."""
    ASSIST_BEGIN = 21
    ASSIST_END = 22
    HEAP_ALLOC = 23
    """``a``: bytes."""
    HEAP_GOAL = 24
    """``a``: bytes."""
    TASK_BEGIN = 25
    """``a``: task, ``b``: parent, ``c``: name (a string id)."""
    TASK_END = 26
    """``a``: task."""
    REGION_BEGIN = 27
    """``a``: task, ``b``: name (a string id)."""
    REGION_END = 28
    """``a``: task, ``b``: name (a string id)."""
    USER_LOG = 29
    """``a``: task, ``b``: category, ``c``: message (string ids)."""
    CPU_SAMPLE = 30
    """A sample of the CPU profiler that ran at the same time."""
    OTHER = 31
    """Known to the format and of no interest here; ``a``: its own number, ``b`` and ``c``: its
    first arguments."""


class GoState(IntEnum):
    """What a goroutine does."""

    UNKNOWN = 0
    RUNNABLE = 1
    RUNNING = 2
    SYSCALL = 3
    WAITING = 4


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events of one generation in the order of their time, int64[n] each.

    What runs where is what ran before the event. Only `EventKind.GO_START` and `PROC_START` say
    what they start, and `GO_STATUS` and `ASSIST_ACTIVE` the goroutine that they are about.

    Attributes:
        time: ns since the first event of the trace.
        kind: `EventKind`.
        thread: the operating system's thread, -1 if unknown: of CPU samples before Go 1.22.
        proc: the processor it held, -1 for none.
        goroutine: that ran on it, or that the event is about; -1 for none.
        stack: a stack id, 0 for none.
        a: first argument; see `EventKind`.
        b: second argument.
        c: third argument.
    """

    time: Int64s
    kind: Int64s
    thread: Int64s
    proc: Int64s
    goroutine: Int64s
    stack: Int64s
    a: Int64s
    b: Int64s
    c: Int64s

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in fields(cls))

    def __len__(self) -> int:
        return len(self.time)

    def select(self, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Events:
        """The events where ``mask`` is true."""
        return Events(*(getattr(self, name)[mask] for name in self.columns()))


class TraceFrame(msgspec.Struct, frozen=True):
    """One frame of a stack."""

    function: str
    file: str
    line: int


class ClockSnapshot(msgspec.Struct, frozen=True):
    """The trace's clock and the wall clock read together (Go 1.25 and later).

    Attributes:
        time_ns: ns since the first event of the trace.
        monotonic_ns: the service's monotonic clock, which on one machine is everybody's.
        wall_ns: unix ns.
    """

    time_ns: int
    monotonic_ns: int
    wall_ns: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Generation:
    """A stretch of a trace with tables of its own; traces before Go 1.22 are one generation.

    A long one comes in several parts with one ``number`` and the same tables. ``clock`` and
    ``size`` stand in the first of them.

    Attributes:
        number: from 1.
        events: in order.
        strings: by id; ids are good for this generation only. Of a trace that is cut some are
            missing, as the tables come last.
        stacks: by id, leaf first; the same holds.
        clock: None before Go 1.25.
        size: bytes it takes in the file, without the trace's header.
    """

    number: int
    events: Events
    strings: dict[int, str]
    stacks: Mapping[int, tuple[TraceFrame, ...]]
    clock: ClockSnapshot | None
    size: int


class TraceDamage(msgspec.Struct, frozen=True):
    """Why a trace was not read to its end.

    Attributes:
        offset: of the first byte that could not be used, or that is missing.
        what: in words.
    """

    offset: int
    what: str
