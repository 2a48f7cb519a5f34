"""Collections of an execution trace, moved to the clock of the run."""

from __future__ import annotations

import msgspec

from heapwise.model.gc_timeline import Assist, Collection, GcTimeline, Stop
from heapwise.model.recording import RecordedTrace


def trace_timeline(trace: RecordedTrace) -> GcTimeline:
    """What a trace tells, on the run's clock; it covers the trace's own stretch and no more."""
    timeline, offset = trace.summary.gc, trace.offset_ns
    return msgspec.structs.replace(
        timeline,
        clock="run",
        uncertainty_ns=max(0, timeline.uncertainty_ns) + trace.uncertainty_ns,
        begin_ns=timeline.begin_ns + offset,
        end_ns=timeline.end_ns + offset,
        collections=tuple(_collection(each, offset) for each in timeline.collections),
        stops=tuple(_stop(each, offset) for each in timeline.stops),
        assists=tuple(_assist(each, offset) for each in timeline.assists),
        notes=(*timeline.notes, f"placed on the run's clock by {trace.aligned_by}"),
    )


def _collection(each: Collection, offset: int) -> Collection:
    return msgspec.structs.replace(
        each, start_ns=each.start_ns + offset, end_ns=each.end_ns + offset
    )


def _stop(each: Stop, offset: int) -> Stop:
    return Stop(each.start_ns + offset, each.end_ns + offset, each.reason, each.gc)


def _assist(each: Assist, offset: int) -> Assist:
    return Assist(each.start_ns + offset, each.end_ns + offset, each.goroutine, each.function)
