"""Vitals out of MemStats, as expvar and ``heap?debug=1`` print them."""

from __future__ import annotations

from collections.abc import Mapping

from heapwise.analysis.live_heap import NO_GOAL
from heapwise.formats.memstats import MemStats
from heapwise.model.watch import Source, Vitals
from heapwise.watch.scrape.floor import floor_of

_PARTS = 1e9
"""`Counters.gc_cpu_ppb` counts parts of a billion."""


def vitals_of_memstats(
    stats: MemStats, at_ns: int, source: Source, settings: Mapping[str, str]
) -> Vitals:
    """What they say of a Go process.

    Args:
        stats: of one moment.
        at_ns: which.
        source: where they stood.
        settings: GOGC and GOMEMLIMIT of the process, where they are known.
    """
    counters = stats.counters
    live, floor = floor_of(counters, settings)
    goal = _told(counters.next_gc)
    share = _told(counters.gc_cpu_ppb)
    return Vitals(
        at_ns=at_ns,
        source=source,
        runtime="go",
        live=live,
        floor=floor,
        heap=_told(counters.heap_alloc),
        goal=goal if goal is not None and goal < NO_GOAL else None,
        allocated=float(counters.total_alloc),
        mallocs=float(counters.mallocs),
        frees=float(counters.frees),
        cycles=counters.num_gc if counters.num_gc >= 0 else None,
        pauses=stats.pauses,
        pause_total_ns=_told(stats.pause_total_ns),
        gc_fraction=None if share is None else share / _PARTS,
        last_gc_ns=counters.last_gc_ns if counters.last_gc_ns > 0 else None,
    )


def _told(value: int) -> float | None:
    return float(value) if value >= 0 else None
