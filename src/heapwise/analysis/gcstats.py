"""The collector during a run: how often, how long, and how much of it was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from heapwise.analysis.windows import length_ns
from heapwise.model.gc import GcCycle, GcSummary, GenerationSummary, Pause
from heapwise.model.gc_timeline import Collection
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import ClockPair, Recording, Window

Numbered = TypeVar("Numbered", GcCycle, Pause, Collection)


def gc_summary(recording: Recording, *windows: Window) -> GcSummary | None:
    """The collector between the fences of settled windows.

    The number of cycles is exact. The collections that heapwise forces for its profiles happen
    before the first counters are read and after the last, so they are in none of the figures;
    `GcSummary.forced` are those of the program itself.

    Pauses come from gctrace, unless the readings of the MemStats ring saw more of them (without
    gctrace, or where the service's own output tore its lines). Cycles are matched by number:
    their clocks need not agree. CPython's collections stop one interpreter each, from their
    beginning to their end: where every one was seen, their sum is the collector's share.

    Returns:
        None where the runtime does not count cycles, or no window has an end.
    """
    spans = [
        (window.before.counters, window.after.counters)
        for window in windows
        if window.after is not None and window.before.counters.num_gc >= 0
    ]
    if not spans:
        return None
    numbers = [(first.num_gc, last.num_gc) for first, last in spans]
    count = sum(last - first for first, last in numbers)
    cycles = inside(recording.cycles, numbers)
    ring = inside(recording.pauses, numbers)
    traced = bool(recording.cycles) and len(cycles) >= len(ring)
    pauses = [found.pause_ns for found in (cycles if traced else ring)]
    seen = len(pauses)
    interpreted = recording.manifest.service.runtime == "python"
    share = (
        _stopped_share(ring, count, length_ns(windows) * _interpreters(recording))
        if interpreted
        else _cpu_share(recording.cycles, cycles, count, length_ns(windows))
    )
    return GcSummary(
        cycles=count,
        forced=sum(last.num_forced_gc - first.num_forced_gc for first, last in spans),
        cpu_share=share,
        pause=Percentiles.of(np.array(pauses, np.int64)),
        pause_total_ns=sum(pauses),
        seen=seen,
        coverage=min(1.0, seen / count) if count else 1.0,
        source="gctrace" if traced else "gc.callbacks" if interpreted else "MemStats ring",
        assist_cpu_ns=sum(cycle.assist_cpu_ns for cycle in cycles) if recording.cycles else None,
        generations=_generations(ring),
    )


class ProcessStart(NamedTuple):
    """When the service's process started.

    Attributes:
        wall_ns: unix ns.
        spread_ns: how far the reading that differs most is from it.
    """

    wall_ns: int
    spread_ns: int


def process_start(recording: Recording) -> ProcessStart | None:
    """When the service's process started, from the two clocks that its cycles carry.

    gctrace counts from the start of the process; the counters hold the wall clock at the end of
    their last cycle. Every reading whose last cycle is in the trace gives the difference; the
    median is taken because the trace cuts times to milliseconds and to two digits.

    Returns:
        None where the two have no cycle in common.
    """
    ends = {cycle.number: cycle_end_ns(cycle) for cycle in recording.cycles}
    starts = [
        sample.counters.last_gc_ns - ends[sample.counters.num_gc]
        for sample in recording.memory
        if sample.counters.num_gc in ends and sample.counters.last_gc_ns > 0
    ]
    if not starts:
        return None
    starts.sort()  # in whole numbers: a float has no room for the nanoseconds of a wall clock
    middle = (starts[(len(starts) - 1) // 2] + starts[len(starts) // 2]) // 2
    return ProcessStart(middle, max(abs(start - middle) for start in starts))


def process_start_ns(recording: Recording) -> int | None:
    """`ProcessStart.wall_ns`; None where it is unknown."""
    start = process_start(recording)
    return start.wall_ns if start else None


def ends_ns(recording: Recording) -> Int64s:
    """When collections ended, ns since the run's zero, ascending, all that are known."""
    clock = recording.manifest.clock
    if recording.cycles:
        start = process_start_ns(recording)
        ends = [] if start is None else [start + cycle_end_ns(cycle) for cycle in recording.cycles]
    else:
        ends = [pause.end_ns for pause in recording.pauses]
    return np.sort(np.array([_since_zero(end, clock) for end in ends], np.int64))


def _since_zero(wall_ns: int, clock: ClockPair) -> int:
    return wall_ns - clock.wall_ns


def cycle_end_ns(cycle: GcCycle) -> int:
    """When a cycle ended, ns since the process started."""
    return cycle.at_ns + cycle.sweep_termination_ns + cycle.mark_ns + cycle.mark_termination_ns


def inside(candidates: Sequence[Numbered], spans: Sequence[tuple[int, int]]) -> list[Numbered]:
    """Those whose number lies in one of the half-open spans, each number once.

    After a restart numbers occur twice; the settled windows end before it, so the first counts.
    """
    by_number: dict[int, Numbered] = {}
    for candidate in candidates:
        if any(first < candidate.number <= last for first, last in spans):
            by_number.setdefault(candidate.number, candidate)
    return list(by_number.values())


def _generations(pauses: Sequence[Pause]) -> tuple[GenerationSummary, ...]:
    """What each generation did; nothing where the collector has none."""
    by_generation: dict[int, list[Pause]] = defaultdict(list)
    for pause in pauses:
        if pause.generation >= 0:
            by_generation[pause.generation].append(pause)
    return tuple(
        GenerationSummary(
            generation=generation,
            cycles=len(found),
            pause_total_ns=sum(pause.pause_ns for pause in found),
            pause_max_ns=max(pause.pause_ns for pause in found),
            collected=sum(pause.collected for pause in found),
            uncollectable=sum(pause.uncollectable for pause in found),
        )
        for generation, found in sorted(by_generation.items())
    )


def _stopped_share(pauses: Sequence[Pause], count: int, stretch_ns: int) -> float | None:
    """The share of its interpreters' time in which CPython collected.

    Args:
        pauses: that were seen.
        count: of collections that happened; None is known where some of them were missed.
        stretch_ns: of the windows, times the interpreters.
    """
    if len(pauses) < count or stretch_ns <= 0:
        return None
    return min(1.0, sum(pause.pause_ns for pause in pauses) / stretch_ns)


def _interpreters(recording: Recording) -> int:
    """Processes that were measured as one."""
    processes = recording.manifest.service.settings.get("processes", "")
    return int(processes) if processes.isdecimal() and processes != "0" else 1


def _cpu_share(
    trace: Sequence[GcCycle], cycles: Sequence[GcCycle], count: int, elapsed_ns: int
) -> float | None:
    """CPU of the collector over CPU available; idle marking is not counted, as Go does not.

    ``GCCPUFraction`` itself cannot tell: it is a share of the time since the process started,
    and MemStats do not say when that was. gctrace gives CPU per cycle, so the sum of the cycles
    in the window is the window's own.
    """
    if not trace or len(cycles) < count or elapsed_ns <= 0:
        return None
    if not count:
        return 0.0
    used = sum(
        cycle.sweep_termination_cpu_ns
        + cycle.assist_cpu_ns
        + cycle.background_cpu_ns
        + cycle.mark_termination_cpu_ns
        for cycle in cycles
    )
    processors = max(cycle.processors for cycle in cycles)
    return min(1.0, used / (elapsed_ns * processors)) if processors else None
