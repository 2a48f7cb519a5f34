"""What a log, a page of metrics or a recording says of a collector: `heapwise gc`."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.finding import Interval
from heapwise.model.gc import GenerationSummary
from heapwise.model.gc_timeline import Collection, GcSource


class Within(msgspec.Struct, frozen=True):
    """A figure and what it lies between: where it was rounded, or fell into a bucket."""

    low: float
    value: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Within:
        """A figure that is what it is."""
        return cls(value, value, value)


class PauseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How long the world stood still.

    Attributes:
        meaning: what one pause is, and how exact the source is about it.
        count: pauses that the quantiles are of.
        quantiles: ns by name, ``p50 p90 p99 p99.9 max``, nearest rank; those of them that so many
            pauses tell.
        total_ns: of all of them together; None if unknown.
    """

    meaning: str
    count: int
    quantiles: dict[str, Within]
    total_ns: float | None


class CpuFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the collector took of the CPU that was available, GOMAXPROCS times the time.

    Attributes:
        share: without idle marking, as ``GCCPUFraction`` counts.
        with_idle: with marking by processors that had nothing else to do.
        assist: of this, goroutines that had to help: it is added to their requests.
        told: the runtime's own figure since the process started, to whole per cent.
        marking: share of the time in which a cycle was going on.
    """

    share: float | None = None
    with_idle: float | None = None
    assist: float | None = None
    told: float | None = None
    marking: float | None = None


class Direction(StrEnum):
    """Where the floor of the live heap goes, as far as the log tells."""

    RISING = "rising"
    LEVEL = "level"
    FALLING = "falling"
    UNKNOWN = "unknown"


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The slope of the lowest live heap per bin (Theil–Sen).

    Attributes:
        direction: rising or falling only where the interval leaves zero out.
        bytes_per_second: the median of all slopes between two bins, with its 95 % interval.
        bins: how many.
        bin_ns: how long each is.
    """

    direction: Direction
    bytes_per_second: Interval
    bins: int
    bin_ns: int


class HeapFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The sawtooth and what lies under it, bytes; what is unknown is None.

    Attributes:
        before: at the start of a cycle, median.
        live: found reachable, median.
        amplitude: from the one to the other, median.
        floor: the lowest live heap.
        trend: of the floor.
        allocation_rate: bytes per second.
        in_use: spans in use, median.
        idle: spans without objects that the process keeps, median.
        released: given back to the system, median.
        fragmentation: share of the spans in use that no object takes, median.
    """

    before: float | None = None
    live: float | None = None
    amplitude: float | None = None
    floor: float | None = None
    trend: Trend | None = None
    allocation_rate: float | None = None
    in_use: float | None = None
    idle: float | None = None
    released: float | None = None
    fragmentation: float | None = None


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides when a cycle begins.

    Attributes:
        gogc: per cent; None if unknown, -1 for off.
        gogc_told: False where it was worked out from goal and live heap.
        memory_limit: GOMEMLIMIT, bytes; None if unknown, -1 for none.
        room: how far the goal lies above the live heap, as a share of it, median.
        binds: the memory limit decides; None if that cannot be told.
        why: the evidence for `binds`.
    """

    gogc: float | None = None
    gogc_told: bool = False
    memory_limit: int | None = None
    room: float | None = None
    binds: bool | None = None
    why: str = ""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """What was left out before the figures begin.

    Attributes:
        cycles: how many.
        ns: how long they took.
        why: the rule.
    """

    cycles: int
    ns: int
    why: str


class LogLines(msgspec.Struct, frozen=True, kw_only=True):
    """What else stands in a log.

    Attributes:
        torn: lines that begin as a cycle and are none.
        missing: cycles whose lines were torn beyond recognition, from gaps in the numbers.
        debug: of other GODEBUG settings.
        other: of the application.
        processes: runs of cycle numbers in this log, more than there are processes where these
            write at once; the figures are of the longest.
    """

    torn: int
    missing: int
    debug: int
    other: int
    processes: int


class GcOverview(msgspec.Struct, frozen=True, kw_only=True):
    """The collector over a stretch of time.

    Attributes:
        name: of the file or recording.
        runtime: ``go`` or ``python``.
        source: where the cycles and pauses come from.
        span_ns: the stretch that the figures are of; None if unknown.
        cycles: that took place in it.
        seen: of which the source tells.
        coverage: seen / cycles.
        forced: cycles that the program or a profiler asked for; None if unknown.
        cycles_per_second: None where the stretch is unknown.
        skipped: the start of the process; None where nothing was left out.
        worst: the collection with the longest pause; None where none is known by itself.
        generations: youngest first; CPython.
        warnings: what is wrong with the service.
        notes: what limits the figures.
        next_command: to type next.
    """

    name: str
    runtime: str
    source: GcSource
    span_ns: int | None
    cycles: int
    seen: int
    coverage: float
    forced: int | None
    cycles_per_second: float | None
    skipped: Skipped | None
    pause: PauseFigures | None
    cpu: CpuFigures
    heap: HeapFigures
    pacing: Pacing
    worst: Collection | None = None
    generations: tuple[GenerationSummary, ...] = ()
    lines: LogLines | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""
