"""The collector's timeline, put together of what was followed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from heapwise.analysis.exectrace.collector import LIMIT, Collector, Cycle
from heapwise.model.gc_timeline import Assist, Collection, GcSource, GcTimeline, Stop

SWEEP_TERMINATION = "sweep termination"
MARK_TERMINATION = "mark termination"
_GC_STOPS = {SWEEP_TERMINATION, MARK_TERMINATION}

_RESOLUTION_NS = 64
"""Go divides its clock by so much on the machines where it is finest."""


def stop_reason(name: str) -> str:
    """A reason as `Stop.reason` has it; Go 1.21 and later write ``GC sweep termination``."""
    return name.removeprefix("GC ")


def timeline(collector: Collector, names: list[str], end: int) -> GcTimeline:
    """Everything the collector did in a trace that ended ``end`` ns after its first event."""
    cut = collector.finish(end)
    stops = tuple(
        Stop(start, stop, reason, gc=reason in _GC_STOPS)
        for start, stop, number in collector.stops.rows()
        for reason in (stop_reason(names[number]),)
    )
    assists = tuple(
        Assist(start, stop, goroutine, names[function])
        for start, stop, goroutine, function in collector.assists.rows()
    )
    collections = _collections(collector, tuple(stop for stop in stops if stop.gc))
    happened = collector.collections.seen
    return GcTimeline(
        source=GcSource.TRACE,
        clock="trace",
        uncertainty_ns=_RESOLUTION_NS,
        begin_ns=0,
        end_ns=end,
        happened=happened,
        coverage=len(collections) / happened if happened else 1.0,
        collections=collections,
        stops=stops,
        assists=assists,
        notes=_notes(collector, cut=cut),
    )


def _collections(collector: Collector, stops: tuple[Stop, ...]) -> tuple[Collection, ...]:
    starts = [stop.start_ns for stop in stops]
    found = []
    for start, end, index in collector.collections.rows():
        within = stops[bisect_left(starts, start) : bisect_right(starts, end)]
        found.append(_collection((start, end, index), collector.cycles[index], within))
    return tuple(found)


def _collection(stretch: tuple[int, int, int], cycle: Cycle, stops: tuple[Stop, ...]) -> Collection:
    """One collection with the stops that belong to it.

    Marking may have to go on after the world was stopped to end it, hence several of those.
    """
    start, end, index = stretch
    before = [stop for stop in stops if stop.reason == SWEEP_TERMINATION]
    after = [stop for stop in stops if stop.reason == MARK_TERMINATION]
    whole = bool(before) and bool(after)
    return Collection(
        number=index + 1,
        start_ns=start,
        end_ns=max([end, *(stop.end_ns for stop in after)]),
        sweep_termination_ns=_together(before),
        mark_ns=after[-1].start_ns - before[-1].end_ns if whole else -1,
        mark_termination_ns=_together(after),
        pause_ns=_together(before) + _together(after) if whole else -1,
        heap_before=cycle.heap_before,
        heap_after=cycle.heap_after,
        heap_live=cycle.heap_live,
        goal=cycle.goal,
        forced=cycle.forced,
    )


def _together(stops: list[Stop]) -> int:
    return sum(stop.end_ns - stop.start_ns for stop in stops) if stops else -1


def _notes(collector: Collector, *, cut: bool) -> tuple[str, ...]:
    notes = [
        "collections are numbered from the start of the trace, not of the process",
        "assists last from begin to end, with waits for a processor and for marking to do",
    ]
    if cut:
        notes.append("the last collection was still running when the trace ended")
    every = (
        ("collections", collector.collections.seen),
        ("stops of the world", collector.stops.seen),
        ("mark assists", collector.assists.seen),
    )
    notes += [
        f"the {LIMIT:,} longest of {seen:,} {what} are listed; totals count all"
        for what, seen in every
        if seen > LIMIT
    ]
    return tuple(notes)
