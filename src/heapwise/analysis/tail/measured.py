"""The stretches of a run in which hits are compared, laid end to end as one time without gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.load import HitFlag, Hits
from heapwise.model.profile import Int64s
from heapwise.model.recording import Recording

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredTime:
    """Disjoint stretches of the run's clock, in order, and the time inside them.

    What lies between two of them does not exist: a fence with its forced collections, say.

    Attributes:
        starts: float64[n], ns since the run's zero.
        ends: float64[n].
    """

    starts: Floats
    ends: Floats

    @property
    def length(self) -> float:
        """All stretches together, ns."""
        return float((self.ends - self.starts).sum())

    def at(self, times: Int64s | Floats) -> Floats:
        """Times of the run as ns since the first stretch began, gaps not counted."""
        if not len(self.starts):
            return np.zeros(np.shape(times))
        knots = np.column_stack([self.starts, self.ends]).ravel()
        lengths = np.column_stack([np.zeros(len(self.starts)), self.ends - self.starts]).ravel()
        return np.asarray(np.interp(times, knots, np.cumsum(lengths)), np.float64)

    def within(self, start_ns: float, end_ns: float) -> MeasuredTime:
        """The part between two times of the run."""
        starts, ends = np.maximum(self.starts, start_ns), np.minimum(self.ends, end_ns)
        kept = ends > starts
        return MeasuredTime(starts[kept], ends[kept])

    def holds(self, begins: Int64s, ends: Int64s) -> Mask:
        """Which intervals lie in one stretch from beginning to end."""
        if not len(self.starts):
            return np.zeros(len(begins), np.bool_)
        stretch = np.searchsorted(self.starts, begins, side="right") - 1
        inside = (stretch >= 0) & (ends <= self.ends[stretch])
        return np.asarray(inside, np.bool_)


def counted(recording: Recording, timeline: GcTimeline | None) -> Hits:
    """The hits that may be looked at: those of the figures, or those of an execution trace.

    A trace has a stretch of load of its own after the windows, which counts in no figure.
    """
    hits = recording.hits
    hits = hits.select((hits.sent >= 0) & (hits.done >= hits.intended))
    if timeline is not None and timeline.source is GcSource.TRACE:
        return hits.select((hits.intended >= timeline.begin_ns) & (hits.done <= timeline.end_ns))
    return hits.select((hits.flags & HitFlag.WARMUP) == 0)


def measured_time(recording: Recording, timeline: GcTimeline | None) -> MeasuredTime:
    """From the first hit to the end of the last, in each window of load.

    Args:
        recording: the run.
        timeline: leaves only what it covers; None leaves all.
    """
    spans = list(_spans(recording, counted(recording, timeline)))
    time = MeasuredTime(
        np.array([start for start, _ in spans], np.float64),
        np.array([end for _, end in spans], np.float64),
    )
    return time if timeline is None else time.within(timeline.begin_ns, timeline.end_ns)


def _spans(recording: Recording, hits: Hits) -> Iterable[tuple[int, int]]:
    begins = [0, *(window.before.at_ns for window in recording.windows)]
    ends = [*begins[1:], np.iinfo(np.int64).max]
    for begin, end in zip(begins, ends, strict=True):
        inside = (hits.intended >= begin) & (hits.intended < end)
        if inside.any():
            # What is still under way at the next fence must not let two stretches overlap.
            yield int(hits.intended[inside].min()), min(int(hits.done[inside].max()), end)
