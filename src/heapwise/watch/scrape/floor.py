"""The live heap of a Go process by its counters, of one kind for as long as the process lives.

Detectors compare a process with itself over hours: a floor that is reckoned in another way must
not look like one that rose.
"""

from __future__ import annotations

from collections.abc import Mapping

from heapwise.analysis.live_heap import MINIMUM_GOAL, NO_LIMIT, live_heap
from heapwise.model.memory import Counters
from heapwise.model.watch import Floor


def floor_of(counters: Counters, settings: Mapping[str, str]) -> tuple[float | None, Floor | None]:
    """Bytes of the live heap, and how they are known; nothing before the first collection.

    A heap so small that Go's least goal holds is at most what that goal leaves room for, and at
    most what is allocated; of that the least of a bin comes close.

    Args:
        counters: of one reading.
        settings: GOGC and GOMEMLIMIT, where they are known.
    """
    if counters.num_gc == 0:
        return None, None
    reckoned = live_heap(counters, settings)
    if reckoned is not None:
        return reckoned, Floor.GOAL
    if counters.heap_alloc < 0:
        return None, None
    growth = _growth(settings)
    if growth and 0 < counters.next_gc <= MINIMUM_GOAL * growth:
        return min(float(counters.heap_alloc), counters.next_gc / (1 + growth)), Floor.GOAL
    return float(counters.heap_alloc), Floor.HEAP


def _growth(settings: Mapping[str, str]) -> float:
    """GOGC as a share; 0 where the collector is off, or a memory limit may decide."""
    gogc = settings.get("GOGC") or "100"
    limited = settings.get("GOMEMLIMIT", "") not in NO_LIMIT
    return int(gogc) / 100 if gogc.isdecimal() and not limited else 0.0
