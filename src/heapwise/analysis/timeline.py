"""A run over time, as charts draw it: x is seconds since the load began, warm-up before zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from heapwise.analysis.gc_bands import gc_bands, slow_hits
from heapwise.analysis.gcstats import cycle_end_ns, ends_ns, process_start_ns
from heapwise.analysis.live_heap import NO_GOAL, live_heap
from heapwise.analysis.slices import latency_over_time, latency_percentiles, rate_over_time
from heapwise.analysis.thin import thin, thin_marks
from heapwise.analysis.windows import load_start_ns
from heapwise.model.gc import GcSummary
from heapwise.model.gc_timeline import GcTimeline
from heapwise.model.load import HitFlag, Hits
from heapwise.model.memory import MemorySample
from heapwise.model.recording import Recording
from heapwise.model.report import Series, Timeline
from heapwise.units import NS_PER_S

Point = tuple[float, float | None]


def timeline(recording: Recording, gc: GcSummary | None, collector: GcTimeline | None) -> Timeline:
    """The run over time, thinned for drawing.

    Args:
        recording: the run.
        gc: tells how many collections nobody saw.
        collector: tells when it worked, on the run's clock.
    """
    zero = load_start_ns(recording)
    marks = ends_ns(recording)
    shown = thin_marks(marks)
    happened = len(marks) + (max(0, gc.cycles - gc.seen) if gc else 0)
    hits = until_the_end(recording)
    measured = hits.select((hits.flags & HitFlag.WARMUP) == 0)
    return Timeline(
        heap=heap_over_time(recording, zero),
        latency=tuple(map(thin, latency_over_time(hits, zero))),
        rate=tuple(map(thin, rate_over_time(hits, zero))),
        collections=tuple(((shown - zero) / NS_PER_S).tolist()),
        collections_shown=len(shown) / happened if happened else 1.0,
        percentiles=latency_percentiles(measured),
        bands=gc_bands(collector, zero),
        slow=slow_hits(measured, collector, zero),
    )


def until_the_end(recording: Recording) -> Hits:
    """The hits of the run without the load that a trace got for itself, after the last window."""
    hits = recording.hits
    if not recording.windows or recording.windows[-1].after is None:
        return hits
    own = (hits.flags & HitFlag.WARMUP != 0) & (hits.intended > recording.windows[-1].after.at_ns)
    return hits.select(~own) if own.any() else hits


def heap_over_time(recording: Recording, zero_ns: int) -> tuple[Series, ...]:
    """Heap in use, live heap and goal, bytes.

    The sawtooth is drawn from the readings and, where there is a gctrace, from both ends of every
    cycle: readings alone would miss most teeth of a service that collects often. What a cycle
    starts with and what it leaves are whole MiB there.
    """
    readings = recording.memory
    teeth, left = _cycles(recording, zero_ns)
    in_use = [(_x(sample, zero_ns), float(sample.counters.heap_alloc)) for sample in readings]
    goal = [(_x(sample, zero_ns), _goal(sample)) for sample in readings]
    live = _live(readings, recording.manifest.service.settings, zero_ns)
    lines = (
        _line("heap in use", [*in_use, *teeth]),
        _line("live heap", live if any(y is not None for _, y in live) else left),
        _line("goal", goal),
    )
    return tuple(thin(line) for line in lines if any(y is not None for y in line.y))


def _cycles(recording: Recording, zero_ns: int) -> tuple[list[Point], list[Point]]:
    """The start and end of every traced cycle, and what was reachable at its end."""
    start = process_start_ns(recording)
    if start is None:
        return [], []
    shift = start - recording.manifest.clock.wall_ns - zero_ns
    begins: list[Point] = [
        ((cycle.at_ns + shift) / NS_PER_S, float(cycle.heap_start)) for cycle in recording.cycles
    ]
    ends: list[Point] = [
        ((cycle_end_ns(cycle) + shift) / NS_PER_S, float(cycle.heap_live))
        for cycle in recording.cycles
    ]
    left = [(x, live or None) for x, live in ends]
    return begins + ends, left


def _live(
    readings: Iterable[MemorySample], settings: Mapping[str, str], zero_ns: int
) -> list[Point]:
    return [(_x(sample, zero_ns), live_heap(sample.counters, settings)) for sample in readings]


def _goal(sample: MemorySample) -> float | None:
    """The goal; None where the collector is off, whose goal of exabytes would flatten the rest."""
    goal = sample.counters.next_gc
    return float(goal) if goal < NO_GOAL else None


def _x(sample: MemorySample, zero_ns: int) -> float:
    return (sample.at_ns - zero_ns) / NS_PER_S


def _line(name: str, points: Iterable[Point]) -> Series:
    """A line in order of x; -1, a gauge that the runtime does not have, is a gap."""
    ordered = sorted(points, key=lambda point: point[0])
    return Series(
        name=name,
        unit="B",
        x=tuple(x for x, _ in ordered),
        y=tuple(None if y is None or y < 0 else y for _, y in ordered),
    )
