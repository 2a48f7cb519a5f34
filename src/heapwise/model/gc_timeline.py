"""The collector on the clock of the requests: which collection ran when, and who had to wait."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class GcSource(StrEnum):
    """Where a timeline comes from, best first: each tells less than the one before it."""

    TRACE = "execution trace"
    """Every window with its reason, every assist with its goroutine."""
    GCTRACE = "gctrace"
    """Every cycle with its phases, rounded to two digits and to the millisecond it began."""
    CALLBACKS = "gc.callbacks"
    """CPython's collections, every one with its generation."""
    HISTOGRAM = "runtime/metrics"
    """How long pauses were, to the width of a bucket; not when."""
    EXPVAR = "expvar"
    """The last 256 pauses and when they ended, and the sum of all."""
    RING = "MemStats ring"
    """The last 256 pauses and when they ended."""
    COUNTERS = "heap?debug=1"
    """How many cycles there were, and nothing of each."""


class Stop(msgspec.Struct, frozen=True):
    """A stretch in which the world stood still.

    Attributes:
        start_ns: on the timeline's clock.
        end_ns: on the timeline's clock.
        reason: ``sweep termination``, ``mark termination``, ``start trace``, ``gen2`` …
        gc: the collector was the reason; a profiler can be another.
    """

    start_ns: int
    end_ns: int
    reason: str
    gc: bool = True


class Assist(msgspec.Struct, frozen=True):
    """A stretch in which a goroutine had to mark before it could go on allocating.

    Attributes:
        start_ns: on the timeline's clock.
        end_ns: on the timeline's clock.
        goroutine: its number.
        function: that the goroutine was started with; empty if unknown.
    """

    start_ns: int
    end_ns: int
    goroutine: int
    function: str = ""


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """One collection. What the source does not tell is -1, or empty.

    Attributes:
        number: counted from 1 since the process started.
        start_ns: when it began, on the timeline's clock; `end_ns` less `pause_ns` where the source
            tells no more, as the rings do: `mark_ns` is -1 then.
        end_ns: when it ended.
        sweep_termination_ns: stop-the-world before marking.
        mark_ns: concurrent marking.
        mark_termination_ns: stop-the-world after marking.
        pause_ns: stop-the-world altogether.
        assist_cpu_ns: CPU of goroutines that had to help.
        background_cpu_ns: CPU of dedicated and fractional workers.
        idle_cpu_ns: CPU of processors that had nothing else to do.
        heap_before: bytes when it began.
        heap_after: bytes when it ended.
        heap_live: bytes found reachable.
        goal: bytes at which it was meant to end.
        roots: bytes of stacks and global variables, which the goal allows for since Go 1.18.
        processors: GOMAXPROCS.
        forced: 1 where the program or a profiler asked for it, 0 where the heap had grown.
        generation: the oldest that was collected; CPython.
        collected: objects freed; CPython.
        uncollectable: objects that could not be freed; CPython.
        victim: the stack that had to wait, outermost first, ``;`` between frames; CPython.
    """

    number: int
    start_ns: int
    end_ns: int
    sweep_termination_ns: int = -1
    mark_ns: int = -1
    mark_termination_ns: int = -1
    pause_ns: int = -1
    assist_cpu_ns: int = -1
    background_cpu_ns: int = -1
    idle_cpu_ns: int = -1
    heap_before: int = -1
    heap_after: int = -1
    heap_live: int = -1
    goal: int = -1
    roots: int = -1
    processors: int = -1
    forced: int = -1
    generation: int = -1
    collected: int = -1
    uncollectable: int = -1
    victim: str = ""


class GcTimeline(msgspec.Struct, frozen=True, kw_only=True):
    """Every collection that is known, in order, on one clock.

    Attributes:
        source: where it comes from.
        clock: what zero is: ``run`` for the run's zero, ``process`` for the start of the
            service, ``trace`` for the first event of an execution trace, ``unix``.
        uncertainty_ns: how far a time may be off; -1 where the source has no times at all.
        begin_ns: from here on every collection should be there.
        end_ns: up to here.
        happened: collections that took place between the two, exact; -1 if unknown.
        coverage: those that are here over those that happened; 1.0 where there were none.
        collections: in order of their start.
        stops: in order; empty where the source does not tell.
        assists: in order of their start; execution traces only.
        notes: what the source cannot tell, in words.
    """

    source: GcSource
    clock: str
    uncertainty_ns: int
    begin_ns: int
    end_ns: int
    happened: int
    coverage: float
    collections: tuple[Collection, ...]
    stops: tuple[Stop, ...] = ()
    assists: tuple[Assist, ...] = ()
    notes: tuple[str, ...] = ()
