"""Where the start of a process ends, as its collections tell."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from heapwise.model.gc_overview import Skipped
from heapwise.model.gc_timeline import Collection, GcTimeline

STEADY = 0.9
"""Share of its later live heap that a heap must reach."""

MOST = 4
"""At most the first such part of the time is left out, and of the cycles."""

_RULE = "until the live heap reached 90 % of its later median"


def after_start_up(timeline: GcTimeline, skip_ns: int | None) -> tuple[GcTimeline, Skipped | None]:
    """The timeline without the start of its process.

    While a program fills its caches the heap is small and cycles are short and frequent. What
    comes before the first cycle that finds 90 % of the median of the later half alive is left
    out, but never more than a quarter: a leak climbs for ever.

    Args:
        timeline: from the start of the process.
        skip_ns: leave out so much instead, from the first cycle on.

    Returns:
        What is left, and what was left out; None for nothing.
    """
    collections = timeline.collections
    first = _steady_from(collections) if skip_ns is None else _later(collections, skip_ns)
    if not first:
        return timeline, None
    left, kept = collections[:first], collections[first:]
    begin = kept[0].start_ns if kept else timeline.end_ns
    happened = kept[-1].number - kept[0].number + 1 if kept else 0
    cut = msgspec.structs.replace(
        timeline,
        begin_ns=begin,
        collections=kept,
        stops=tuple(stop for stop in timeline.stops if stop.start_ns >= begin),
        happened=happened,
        coverage=len(kept) / happened if happened else 1.0,
    )
    why = _RULE if skip_ns is None else "as asked"
    return cut, Skipped(cycles=len(left), ns=begin - left[0].start_ns, why=why)


def _steady_from(collections: Sequence[Collection]) -> int:
    """The index of the first steady cycle."""
    known = [each.heap_live for each in collections if each.heap_live >= 0]
    if len(known) < len(collections) or not known:
        return 0
    level = STEADY * statistics.median(known[len(known) // 2 :])
    start, end = collections[0].start_ns, collections[-1].start_ns
    latest = start + (end - start) / MOST
    for index, each in enumerate(collections):
        reached = each.heap_live >= level
        if reached or each.start_ns > latest or index >= len(collections) // MOST:
            return index
    return 0


def _later(collections: Sequence[Collection], skip_ns: int) -> int:
    start = collections[0].start_ns if collections else 0
    early = [each for each in collections if each.start_ns < start + skip_ns]
    return len(early)
