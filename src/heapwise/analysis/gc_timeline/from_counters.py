"""Collections that were counted and of which nothing else is known."""

from __future__ import annotations

from heapwise.analysis.gc_timeline.stretch import Stretch
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.recording import Recording


def counted_timeline(recording: Recording, stretch: Stretch | None) -> GcTimeline | None:
    """How many collections there were between the fences; None where nothing more is unknown.

    A run whose collections are known one by one needs no such timeline.
    """
    if stretch is None or recording.pauses or recording.cycles:
        return None
    return GcTimeline(
        source=GcSource.COUNTERS,
        clock="run",
        uncertainty_ns=-1,
        begin_ns=stretch.begin_ns,
        end_ns=stretch.end_ns,
        happened=stretch.happened,
        coverage=0.0 if stretch.happened else 1.0,
        collections=(),
        notes=("collections were counted, and nothing is known of each",),
    )
