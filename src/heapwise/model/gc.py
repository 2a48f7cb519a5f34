"""Garbage collection: cycles, pauses, and how much of the truth was seen."""

from __future__ import annotations

import msgspec

from heapwise.model.quantiles import Percentiles


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """The stop-the-world time of one cycle.

    What only one kind of collector knows is -1 elsewhere, so that every field fits an int64 column.

    Attributes:
        number: the cycle, counted from 1 since the process started.
        end_ns: when it ended, unix ns.
        pause_ns: how long the world stood still, all phases together.
        generation: the oldest one that was collected; CPython.
        collected: objects that were found unreachable and freed; CPython.
        uncollectable: objects that were found unreachable and could not be freed; CPython.
        forced: 1 for one that heapwise asked for; CPython.
    """

    number: int
    end_ns: int
    pause_ns: int
    generation: int = -1
    collected: int = -1
    uncollectable: int = -1
    forced: int = -1


class GcCycle(msgspec.Struct, frozen=True, kw_only=True):
    """One cycle as the runtime's own log tells it (Go: ``GODEBUG=gctrace=1``).

    Times on the wall clock are durations of the phases, CPU times are summed over processors.

    Attributes:
        number: the cycle, counted from 1 since the process started.
        at_ns: when it started, ns since the process started.
        cpu_percent: whole per cent of CPU spent in the collector since the process started.
        sweep_termination_ns: stop-the-world before marking.
        mark_ns: concurrent marking.
        mark_termination_ns: stop-the-world after marking.
        assist_cpu_ns: CPU that allocating goroutines had to give to marking.
        background_cpu_ns: CPU of dedicated and fractional workers.
        idle_cpu_ns: CPU of otherwise idle processors.
        heap_start: bytes at the start of the cycle, to whole MiB.
        heap_end: bytes at its end.
        heap_live: bytes found reachable.
        goal: bytes at which the cycle was meant to end.
        processors: GOMAXPROCS.
        forced: asked for by the program or by a profiler, not by growth.
    """

    number: int
    at_ns: int
    cpu_percent: int
    sweep_termination_ns: int
    mark_ns: int
    mark_termination_ns: int
    sweep_termination_cpu_ns: int = 0
    assist_cpu_ns: int = 0
    background_cpu_ns: int = 0
    idle_cpu_ns: int = 0
    mark_termination_cpu_ns: int = 0
    heap_start: int = 0
    heap_end: int = 0
    heap_live: int = 0
    goal: int = 0
    stacks: int = -1
    globals: int = -1
    processors: int = 0
    forced: bool = False

    @property
    def pause_ns(self) -> int:
        """Stop-the-world time of both phases."""
        return self.sweep_termination_ns + self.mark_termination_ns


class TimeHistogram(msgspec.Struct, frozen=True):
    """How many durations fell between two bounds, since the process started.

    Attributes:
        bounds: upper edges, ns, ascending; the lowest bucket begins at zero, what is longer than
            the last edge is in a bucket of its own.
        counts: one per bucket, one more than bounds.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Durations in all buckets."""
        return sum(self.counts)


class GenerationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The collections of one generation, of those whose pause was seen.

    Attributes:
        generation: 0 is the youngest.
        cycles: how many.
        pause_total_ns: their pauses together.
        pause_max_ns: the longest.
        collected: objects they freed.
        uncollectable: objects they could not free.
    """

    generation: int
    cycles: int
    pause_total_ns: int
    pause_max_ns: int
    collected: int
    uncollectable: int


class GcSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The collector during a run.

    Attributes:
        cycles: completed in the run, exact.
        forced: of these, forced.
        cpu_share: the collector's share of the CPU that was available during the run.
        pause: stop-the-world per cycle, of the cycles that were seen.
        pause_total_ns: their sum, of the cycles that were seen.
        seen: cycles whose pause was seen.
        coverage: seen / cycles, 1.0 where there were none.
        source: where the pauses come from: ``gctrace``, ``MemStats ring`` or ``gc.callbacks``.
        assist_cpu_ns: mark assist, where the source tells.
        generations: youngest first; empty where the collector has none.
    """

    cycles: int
    forced: int
    cpu_share: float | None
    pause: Percentiles | None
    pause_total_ns: int
    seen: int
    coverage: float
    source: str
    assist_cpu_ns: int | None = None
    generations: tuple[GenerationSummary, ...] = ()
