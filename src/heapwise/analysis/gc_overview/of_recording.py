"""The collector in a recording."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from heapwise.analysis.gc_overview.cpu import cpu_of
from heapwise.analysis.gc_overview.heap import heap_of_cycles, heap_of_readings
from heapwise.analysis.gc_overview.pacing import pacing_of, told_by
from heapwise.analysis.gc_overview.pauses import pauses_of, worst_of
from heapwise.analysis.gc_overview.trend import Point
from heapwise.analysis.gc_overview.warnings import python_warnings, warnings_of
from heapwise.analysis.gc_timeline import gc_timeline
from heapwise.analysis.gcstats import gc_summary, inside
from heapwise.analysis.live_heap import live_heap
from heapwise.analysis.run_metrics import COVERAGE_FOR_QUANTILES
from heapwise.analysis.windows import length_ns, settled
from heapwise.errors import RecordingError
from heapwise.model.gc import GcSummary
from heapwise.model.gc_overview import CpuFigures, GcOverview, HeapFigures, Skipped
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.memory import MemorySample
from heapwise.model.recording import Fence, Recording, Window
from heapwise.units import NS_PER_S

PYTHON = "python"


def overview_of_recording(
    recording: Recording, name: str, skip_ns: int | None = None
) -> tuple[GcOverview, GcTimeline]:
    """The collector between the fences of a run, and its cycles, clock ``run``.

    The warm-up is in front of the first fence, so nothing is left out unless it is asked for.

    Raises:
        RecordingError: nothing is known of its collections, or nothing is left of them.
    """
    whole = recording
    if skip_ns:
        recording = replace(whole, windows=tuple(_later(whole, skip_ns)))
    windows = settled(recording)
    summary, timeline = gc_summary(recording, *windows), gc_timeline(recording, whole=True)
    if summary is None or timeline is None:
        raise _nothing(whole, skip_ns)
    timeline = _clipped(timeline, windows)
    cycles, span = timeline.collections, length_ns(windows)
    python = recording.manifest.service.runtime == PYTHON
    settings = recording.manifest.service.settings
    cpu = _cpu(summary, timeline, windows)
    heap = _heap(recording, windows, timeline)
    pacing = pacing_of(
        cycles, told_by({} if python else settings, whole=bool(recording.manifest.service.command))
    )
    rate = summary.cycles * NS_PER_S / span if span > 0 else None
    forced = summary.forced / summary.cycles if summary.cycles else None
    overview = GcOverview(
        name=name,
        runtime=recording.manifest.service.runtime,
        source=timeline.source,
        span_ns=span,
        cycles=summary.cycles,
        seen=len(cycles),
        coverage=timeline.coverage,
        forced=None if python else summary.forced,  # CPython does not tell who asked
        cycles_per_second=rate,
        skipped=Skipped(cycles=0, ns=skip_ns, why="as asked") if skip_ns else None,
        pause=pauses_of(timeline.source, cycles),
        worst=worst_of(cycles),
        cpu=cpu,
        heap=heap,
        pacing=pacing,
        generations=summary.generations,
        warnings=(
            python_warnings(cpu, heap, forced=forced)
            if python
            else warnings_of(cpu, heap, pacing, rate=rate, forced=forced)
        ),
        notes=(*timeline.notes, *_sampled(timeline)),
        next_command=f"heapwise top -alloc_space {shlex.quote(name)}",
    )
    return overview, timeline


def _clipped(timeline: GcTimeline, windows: Sequence[Window]) -> GcTimeline:
    """Only the collections that ended between the fences of the windows.

    By their numbers, which are exact, but for a trace's, which count from its own start.
    """
    spans = [
        (window.before.counters.num_gc, window.after.counters.num_gc)
        for window in windows
        if window.after is not None
    ]
    kept = (
        [each for each in timeline.collections if _is_within(each.end_ns, windows)]
        if timeline.source is GcSource.TRACE
        else inside(timeline.collections, spans)
    )
    happened = sum(last - first for first, last in spans)
    return msgspec.structs.replace(
        timeline,
        collections=tuple(sorted(kept, key=lambda each: each.start_ns)),
        happened=happened,
        coverage=min(1.0, len(kept) / happened) if happened else 1.0,
    )


def _cpu(summary: GcSummary, timeline: GcTimeline, windows: Sequence[Window]) -> CpuFigures:
    """What cycles tell, and what the runtime says at the end: without gctrace there is no more."""
    ends = [window.after.counters.gc_cpu_ppb for window in windows if window.after is not None]
    told = ends[-1] / 1e9 if ends and ends[-1] >= 0 else None
    found = cpu_of(timeline.collections, length_ns(windows), timeline.coverage, told)
    return (
        found
        if summary.cpu_share is None
        else msgspec.structs.replace(found, share=summary.cpu_share)
    )


def _heap(recording: Recording, windows: Sequence[Window], timeline: GcTimeline) -> HeapFigures:
    """Cycles tell of the sawtooth, readings of the rest, exact counters of what was allocated."""
    cycles = heap_of_cycles(timeline.collections)
    samples = _within(recording.memory, windows)
    read = heap_of_readings([each.counters for each in samples], _points(recording, samples))
    span = length_ns(windows)
    allocated = sum(
        window.after.counters.total_alloc - window.before.counters.total_alloc
        for window in windows
        if window.after is not None
    )
    known = {
        name: value for name, value in msgspec.structs.asdict(cycles).items() if value is not None
    }
    return msgspec.structs.replace(
        read, **{**known, "allocation_rate": allocated * NS_PER_S / span if span else None}
    )


def _sampled(timeline: GcTimeline) -> Iterable[str]:
    if timeline.collections and timeline.coverage < COVERAGE_FOR_QUANTILES:
        yield "sampled: most pauses were not seen, and the longest may be among those"


def _points(recording: Recording, samples: Iterable[MemorySample]) -> list[Point]:
    """The live heap over time, as far as the counters tell it."""
    service = recording.manifest.service
    if service.runtime == PYTHON:
        return [
            (each.at_ns, float(each.counters.heap_alloc))
            for each in samples
            if each.counters.heap_alloc >= 0
        ]
    found = [(each.at_ns, live_heap(each.counters, service.settings)) for each in samples]
    return [(at, live) for at, live in found if live is not None]


def _within(samples: Iterable[MemorySample], windows: Sequence[Window]) -> list[MemorySample]:
    return [sample for sample in samples if _is_within(sample.at_ns, windows)]


def _is_within(at_ns: int, windows: Sequence[Window]) -> bool:
    return any(
        window.before.at_ns <= at_ns <= window.after.at_ns
        for window in windows
        if window.after is not None
    )


def _later(recording: Recording, skip_ns: int) -> Iterable[Window]:
    """The windows from then on; they begin with the first reading after it, which is exact."""
    windows = settled(recording)
    start = windows[0].before.at_ns + skip_ns if windows else 0
    for window in windows:
        if window.before.at_ns >= start:
            yield window
            continue
        late = [each for each in _within(recording.memory, [window]) if each.at_ns >= start]
        if late:
            begin = Fence(at_ns=late[0].at_ns, counters=late[0].counters)
            yield msgspec.structs.replace(window, before=begin)


def _nothing(recording: Recording, skip_ns: int | None) -> RecordingError:
    if skip_ns and settled(recording):
        return RecordingError(f"nothing of {recording.name} is left", "--skip is longer than it")
    return RecordingError(
        f"nothing is known of the collector in {recording.name}",
        "no counters were read at both ends of a window",
        "record again, and let it come to its end",
    )
