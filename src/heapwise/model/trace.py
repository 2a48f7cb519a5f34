"""An execution trace, summarised: what a person or a report wants to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from heapwise.model.exectrace import ClockSnapshot, TraceDamage
from heapwise.model.gc_timeline import GcTimeline
from heapwise.model.profile import Int64s


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, each time it happened; ns.

    Attributes:
        name: what it was: a function, a reason, a task.
        count: times, exact.
        total_ns: of all, exact.
        p50_ns: the median, within 0.4 %.
        p99_ns: within 0.4 %.
        max_ns: the longest, exact.
    """

    name: str
    count: int
    total_ns: int
    p50_ns: int
    p99_ns: int
    max_ns: int


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity over time that keeps its value until the next point; thinned for drawing.

    Attributes:
        name: of the quantity.
        unit: ``B`` or ``count``.
        time_ns: ascending, ns since the first event of the trace.
        value: as many.
    """

    name: str
    unit: str
    time_ns: tuple[int, ...]
    value: tuple[int, ...]


class Sweeping(msgspec.Struct, frozen=True):
    """What was swept: ``swept`` bytes of spans were looked at, ``reclaimed`` of them were free."""

    swept: int
    reclaimed: int
    spread: Spread


class GoroutineCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Goroutines, the runtime's own among them.

    Attributes:
        created: while the trace was taken.
        destroyed: the same.
        peak: most at the same time.
        states: how many were running, runnable, waiting and in system calls; one curve each.
    """

    created: int = 0
    destroyed: int = 0
    peak: int = 0
    states: tuple[Curve, ...] = ()


class TraceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a trace. Times are ns since its first event; lists are the heaviest few.

    Attributes:
        version: of the format, as ``go 1.26``.
        size: bytes of the trace that were read.
        events: how many.
        duration_ns: from the first event to the last.
        gc: collections, stops and assists, every one; `GcTimeline.clock` is ``trace``.
        clocks: one a generation; empty before Go 1.25.
        damage: None where it was read to its end.
        procs: GOMAXPROCS at the end; 0 if the trace does not tell.
        harm: how the collector gets in the way, in sentences: assists, stops, marking; empty
            where it does not.
        assists: mark assists by the function that a goroutine was started with: who paid.
        stops: the world standing still, by reason as `Stop.reason` has it.
        marking: collections from their first event to their last; None without any.
        marking_share: of the trace's time in which a collection was marking.
        sweeping: None where nothing was swept.
        heap: bytes in use since the last collection and what was allocated since, and the goal.
        goroutines: how many, over time.
        running_ns: goroutines' time on processors altogether, without the runtime's own.
        workers_ns: the same of the collector's own, dedicated and idle workers alike.
        latency: runnable until running, all goroutines but the runtime's own; None without any.
        latency_by_function: the same by the function a goroutine was started with, worst p99 first.
        blocked: waits that ended, by reason; the runtime's own goroutines not counted.
        syscalls: None without any; before Go 1.22 the short ones seem to take no time.
        tasks: of ``trace.NewTask``, by name.
        regions: of ``trace.WithRegion`` and ``StartRegion``, by name.
        kinds: events by the name of their `EventKind`, most frequent first.
    """

    version: str
    size: int
    events: int
    duration_ns: int
    gc: GcTimeline
    clocks: tuple[ClockSnapshot, ...] = ()
    damage: TraceDamage | None = None
    procs: int = 0
    harm: tuple[str, ...] = ()
    assists: tuple[Spread, ...] = ()
    stops: tuple[Spread, ...] = ()
    marking: Spread | None = None
    marking_share: float = 0.0
    sweeping: Sweeping | None = None
    heap: tuple[Curve, ...] = ()
    goroutines: GoroutineCounts = GoroutineCounts()
    running_ns: int = 0
    workers_ns: int = 0
    latency: Spread | None = None
    latency_by_function: tuple[Spread, ...] = ()
    blocked: tuple[Spread, ...] = ()
    syscalls: Spread | None = None
    tasks: tuple[Spread, ...] = ()
    regions: tuple[Spread, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()


class Track(StrEnum):
    """What the rows of `Slices` are."""

    PROCESSORS = "processors"
    REGIONS = "regions"
    """One row a goroutine."""
    TASKS = "tasks"
    """One row a task."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Slices:
    """Stretches of a trace to be drawn, int64[n] each; not part of a summary.

    Attributes:
        track: what the rows are.
        row: number of the processor, the goroutine or the task.
        start: ns since the trace's first event.
        end: the same.
        name: index into `names`.
        goroutine: -1 for none.
        names: of functions, regions or tasks.
        left_out: stretches that were too many to draw.
    """

    track: Track
    row: Int64s
    start: Int64s
    end: Int64s
    name: Int64s
    goroutine: Int64s
    names: list[str]
    left_out: int
