"""An execution trace, summarised: what a person or a report wants to know of it."""

from __future__ import annotations

import msgspec

from heapwise.model.exectrace import ClockSnapshot, TraceDamage
from heapwise.model.gc_timeline import GcTimeline


class TraceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a trace. Times are ns since its first event.

    Attributes:
        version: of the format, as ``go 1.26``.
        size: bytes of the trace that were read.
        events: how many.
        duration_ns: from the first event to the last.
        gc: collections, stops and assists, every one; `GcTimeline.clock` is ``trace``.
        clocks: one a generation; empty before Go 1.25.
        damage: None where it was read to its end.
    """

    version: str
    size: int
    events: int
    duration_ns: int
    gc: GcTimeline
    clocks: tuple[ClockSnapshot, ...] = ()
    damage: TraceDamage | None = None
