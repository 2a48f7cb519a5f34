"""When the garbage collector may have held a request up, by what its timeline can tell."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.analysis.tail.activity import Window
from heapwise.model.gc_timeline import Collection, GcSource, GcTimeline
from heapwise.model.tail import Cause
from heapwise.units import format_share

LEAST_COVERAGE = 0.9
"""With fewer of the collections known, a slow hit without one means nothing."""

GO = (Cause.GC_MARK, Cause.ASSIST, Cause.STW)
_ENDS_ONLY = "{} tells when cycles ended and how long they stopped the world, not when they marked"


def collector_windows(
    timeline: GcTimeline | None, *, python: bool
) -> dict[Cause, list[Window] | str]:
    """The windows of each way in which a collector holds requests up, or why they are unknown.

    Args:
        timeline: on the run's clock; None where nothing is known of any collection.
        python: the service is one of Python, of which more need not be known than when it
            collected: it stands still meanwhile.
    """
    causes = (Cause.COLLECTION,) if python else GO
    if timeline is None:
        return dict.fromkeys(causes, "no collection was recorded")
    if timeline.happened == 0:
        return {cause: [] for cause in causes}
    if timeline.uncertainty_ns < 0:
        return dict.fromkeys(causes, f"{timeline.source} does not tell when collections took place")
    if timeline.coverage < LEAST_COVERAGE:
        return dict.fromkeys(
            causes, f"only {format_share(timeline.coverage)} of the collections are known"
        )
    if python:
        return {Cause.COLLECTION: [(one.start_ns, one.end_ns, 1.0) for one in timeline.collections]}
    return {
        Cause.GC_MARK: _marks(timeline),
        Cause.ASSIST: _assists(timeline),
        Cause.STW: _stops(timeline),
    }


def _marks(timeline: GcTimeline) -> list[Window] | str:
    if timeline.source not in (GcSource.TRACE, GcSource.GCTRACE):
        return _ENDS_ONLY.format(timeline.source)
    return [(*_mark(one), 1.0) for one in timeline.collections]


def _assists(timeline: GcTimeline) -> list[Window] | str:
    """Exact in a trace. A gctrace has one figure per cycle, of all goroutines together.

    Assists are somewhere in the mark phase then, and no request can have assisted for longer than
    all of them together.
    """
    if timeline.source is GcSource.TRACE:
        return [(one.start_ns, one.end_ns, 1.0) for one in timeline.assists]
    if timeline.source is not GcSource.GCTRACE:
        return _ENDS_ONLY.format(timeline.source)
    found = []
    for one in timeline.collections:
        start, end = _mark(one)
        if one.assist_cpu_ns > 0 and end > start:
            found.append((start, end, min(1.0, one.assist_cpu_ns / (end - start))))
    return found


def _stops(timeline: GcTimeline) -> list[Window]:
    if timeline.stops:
        return [(stop.start_ns, stop.end_ns, 1.0) for stop in timeline.stops if stop.gc]
    return list(_pauses(timeline.collections))


def _pauses(collections: Iterable[Collection]) -> Iterable[Window]:
    """Where only the sum of both stops is known, it is put before the end of the cycle."""
    for one in collections:
        if one.pause_ns > 0:
            yield one.end_ns - one.pause_ns, one.end_ns, 1.0


def _mark(one: Collection) -> tuple[float, float]:
    return (
        one.start_ns + max(0, one.sweep_termination_ns),
        one.end_ns - max(0, one.mark_termination_ns),
    )
