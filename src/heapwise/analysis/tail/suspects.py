"""Everything that may have held requests up, ready to be compared with the slow ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heapwise.analysis.tail.activity import Activity, OwnDelay
from heapwise.analysis.tail.collector import collector_windows
from heapwise.analysis.tail.host import host_windows
from heapwise.analysis.tail.intervals import Intervals
from heapwise.analysis.tail.measured import Floats, MeasuredTime
from heapwise.model.gc_timeline import GcTimeline
from heapwise.model.recording import Recording
from heapwise.model.tail import Cause


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """A possible cause.

    Attributes:
        cause: which.
        holder: tells how long it would hold any interval up; None where it was not measured.
        unknown: why it was not measured.
    """

    cause: Cause
    holder: Activity | OwnDelay | None
    unknown: str = ""


def suspects(
    recording: Recording, timeline: GcTimeline | None, hits: Intervals, time: MeasuredTime
) -> list[Suspect]:
    """Every cause, those of the collector first."""
    service = recording.manifest.service
    known = (
        collector_windows(timeline, python=service.runtime == "python"),
        host_windows(recording.host, same_host=service.same_host),
    )
    found = []
    for windows in known:
        for cause, each in windows.items():
            if isinstance(each, str):
                found.append(Suspect(cause, None, each))
            else:
                found.append(Suspect(cause, Activity.of(each, time)))
    stamped: tuple[tuple[Cause, Floats], ...] = (
        (Cause.GENERATOR, hits.lag.astype(np.float64)),
        (Cause.CONNECT, hits.slot_wait.astype(np.float64)),
        (Cause.ERROR, np.where(hits.failed, hits.latency, 0).astype(np.float64)),
    )
    found += [
        Suspect(cause, OwnDelay(hits.begins, delays, time.length)) for cause, delays in stamped
    ]
    return found
