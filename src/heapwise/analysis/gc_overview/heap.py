"""The sawtooth of a heap, from cycles and from readings of its counters."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise

from heapwise.analysis.gc_overview.trend import Point, trend_of
from heapwise.model.gc_overview import HeapFigures
from heapwise.model.gc_timeline import Collection
from heapwise.model.memory import Counters
from heapwise.units import NS_PER_S


def heap_of_cycles(collections: Sequence[Collection]) -> HeapFigures:
    """What cycles tell that know their heaps; nothing where none does."""
    known = [each for each in collections if min(each.heap_before, each.heap_live) >= 0]
    points = [(each.end_ns, float(each.heap_live)) for each in known]
    return HeapFigures(
        before=_median(each.heap_before for each in known),
        live=_median(each.heap_live for each in known),
        amplitude=_median(max(0, each.heap_before - each.heap_live) for each in known),
        floor=_lowest(points),
        trend=trend_of(points),
        allocation_rate=allocation_rate(known),
    )


def heap_of_readings(readings: Sequence[Counters], points: Sequence[Point]) -> HeapFigures:
    """What readings of the counters tell.

    Args:
        readings: in order of time.
        points: live heap over time, as far as it is known.
    """
    used = [each for each in readings if each.heap_inuse > 0 <= each.heap_alloc]
    kept = [each for each in readings if each.heap_idle >= each.heap_released >= 0]
    return HeapFigures(
        live=_median(live for _, live in points),
        floor=_lowest(points),
        trend=trend_of(points),
        in_use=_median(each.heap_inuse for each in used),
        idle=_median(each.heap_idle - each.heap_released for each in kept),
        released=_median(each.heap_released for each in kept),
        fragmentation=_median(1 - each.heap_alloc / each.heap_inuse for each in used),
    )


def allocation_rate(collections: Sequence[Collection]) -> float | None:
    """Bytes allocated per second, from how far the heap grew within cycles and between them.

    A cycle starts with what the one before left alive and what was allocated since; while it
    marks, the heap grows from its start to its end. Cycles next to one that was missed are left
    out with their time.

    Returns:
        None where no two cycles follow each other.
    """
    grown = spent = 0
    for earlier, later in pairwise(collections):
        if later.number == earlier.number + 1 and min(earlier.heap_live, later.heap_before) >= 0:
            grown += later.heap_before - earlier.heap_live
            grown += max(0, earlier.heap_after - earlier.heap_before)
            spent += later.start_ns - earlier.start_ns
    return max(0.0, grown * NS_PER_S / spent) if spent > 0 else None


def _lowest(points: Sequence[Point]) -> float | None:
    return min((live for _, live in points), default=None)


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(statistics.median(found)) if found else None
