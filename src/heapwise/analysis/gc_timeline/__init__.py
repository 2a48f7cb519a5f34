"""The collections of a run on the clock of its requests, from whatever told of them."""

from __future__ import annotations

from heapwise.analysis.gc_timeline.from_counters import counted_timeline
from heapwise.analysis.gc_timeline.from_gctrace import gctrace_timeline, timeline_from_log
from heapwise.analysis.gc_timeline.from_pauses import pause_timeline, timeline_from_memstats
from heapwise.analysis.gc_timeline.from_trace import trace_timeline
from heapwise.analysis.gc_timeline.stretch import Stretch, stretch_of
from heapwise.model.gc_timeline import GcTimeline
from heapwise.model.recording import Recording

__all__ = ["gc_timeline", "gc_timelines", "timeline_from_log", "timeline_from_memstats"]

COVERAGE_TO_PREFER = 0.5
"""A source that tells more of each collection comes first only if it knows half of them."""


def gc_timeline(recording: Recording, *, whole: bool = False) -> GcTimeline | None:
    """The best timeline of a run, clock ``run``.

    An execution trace is the best there is and mostly covers a part of the run only: look at
    `GcTimeline.begin_ns` and `GcTimeline.end_ns`, or ask for the ``whole`` run.

    Args:
        recording: the run.
        whole: the best of those that cover all of its windows.

    Returns:
        None where nothing is known of any collection.
    """
    stretch = stretch_of(recording)
    for timeline in gc_timelines(recording):
        if not whole or _covers(timeline, stretch):
            return timeline
    return None


def gc_timelines(recording: Recording) -> tuple[GcTimeline, ...]:
    """Every timeline of a run, clock ``run``, best first; several traces in order of time.

    The order is that of `heapwise.model.gc_timeline.GcSource`, but one that knows less than
    half of its collections comes after those that know more.
    """
    stretch = stretch_of(recording)
    found = [trace_timeline(trace) for trace in recording.traces]
    others = (
        gctrace_timeline(recording, stretch),
        pause_timeline(recording, stretch),
        counted_timeline(recording, stretch),
    )
    found += [timeline for timeline in others if timeline is not None]
    return tuple(sorted(found, key=_worse))


def _worse(timeline: GcTimeline) -> tuple[bool, float]:
    """Sorts the better one first; among equals the order stays."""
    poor = timeline.coverage < COVERAGE_TO_PREFER
    return poor, -timeline.coverage if poor else 0.0


def _covers(timeline: GcTimeline, stretch: Stretch | None) -> bool:
    if stretch is None:
        return True
    return timeline.begin_ns <= stretch.begin_ns and stretch.end_ns <= timeline.end_ns
