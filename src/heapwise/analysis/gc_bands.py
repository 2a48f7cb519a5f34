"""When the collector worked and which slow hits waited meanwhile, as charts draw it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from heapwise.analysis.tail.collector import LEAST_COVERAGE
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.load import HitFlag, Hits
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import nearest_rank
from heapwise.model.report import Bands, Series
from heapwise.units import NS_PER_S

MOST_BANDS = 4_000
"""Of one kind; beyond it neighbours grow together, which no screen could tell apart."""

MOST_DOTS = 1_000
"""Slow hits of one kind; the slowest are kept."""

_SLOW_PER_MILLION = 990_000
"""A hit is slow from p99 on."""

_Spans = tuple[Int64s, Int64s]


def gc_bands(timeline: GcTimeline | None, zero_ns: int) -> tuple[Bands, ...]:
    """Each kind of work of the collector that the timeline knows the times of.

    Args:
        timeline: on the run's clock.
        zero_ns: where the chart's x begins, ns since the run's zero.
    """
    if timeline is None:
        return ()
    kinds = {
        _marking(timeline): [(each.start_ns, each.end_ns) for each in timeline.collections],
        "assist": [(each.start_ns, each.end_ns) for each in timeline.assists],
        "stop-the-world": [(each.start_ns, each.end_ns) for each in timeline.stops if each.gc],
    }
    merged = {name: united(spans) for name, spans in kinds.items() if name}
    return tuple(
        _bands(name, _coarse(spans), zero_ns) for name, spans in merged.items() if len(spans[0])
    )


def slow_hits(hits: Hits, timeline: GcTimeline | None, zero_ns: int) -> tuple[Series, ...]:
    """The slowest hundredth of the hits, apart by whether a collection was under way meanwhile.

    They are apart only where that is known: a collection that nobody saw is none without proof.
    """
    hits = hits.select((hits.flags & HitFlag.WARMUP == 0) & (hits.done >= 0))
    if not len(hits):
        return ()
    latency = hits.done - hits.intended
    slow = latency >= nearest_rank(np.sort(latency), _SLOW_PER_MILLION)
    begins, ends, latency = hits.intended[slow], hits.done[slow], latency[slow]
    if timeline is None or not _marking(timeline) or timeline.coverage < LEAST_COVERAGE:
        return (_dots("slow", begins, latency, zero_ns),)
    active = _touched(begins, ends, united((c.start_ns, c.end_ns) for c in timeline.collections))
    return (
        _dots("slow, GC active", begins[active], latency[active], zero_ns),
        _dots("slow, no GC", begins[~active], latency[~active], zero_ns),
    )


def united(spans: Iterable[tuple[int, int]]) -> _Spans:
    """Starts and ends of what the spans cover together, ascending and apart; int64[n] each."""
    rows = np.array(sorted(spans), np.int64).reshape(-1, 2)
    if not len(rows):
        return rows[:, 0], rows[:, 1]
    reach = np.maximum.accumulate(rows[:, 1])
    fresh = np.concatenate([[True], rows[1:, 0] > reach[:-1]])
    first = np.flatnonzero(fresh)
    return rows[first, 0], reach[np.concatenate([first[1:] - 1, [len(rows) - 1]])]


def _marking(timeline: GcTimeline) -> str:
    """What a collection is called; empty where its beginning is not known."""
    match timeline.source:
        case GcSource.TRACE | GcSource.GCTRACE:
            return "GC mark"
        case GcSource.CALLBACKS:
            return "collection"
        case _:
            return ""


def _coarse(spans: _Spans) -> _Spans:
    """No more than `MOST_BANDS`: the narrowest gaps are closed first."""
    starts, ends = spans
    too_many = len(starts) - MOST_BANDS
    if too_many <= 0:
        return spans
    gaps = starts[1:] - ends[:-1]
    closed = np.zeros(len(gaps), bool)
    closed[np.argpartition(gaps, too_many - 1)[:too_many]] = True
    return starts[np.concatenate([[True], ~closed])], ends[np.concatenate([~closed, [True]])]


def _touched(
    begins: Int64s, ends: Int64s, spans: _Spans
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the intervals share a moment with any of the spans."""
    started = np.searchsorted(spans[0], ends, side="left")
    ended = np.searchsorted(spans[1], begins, side="right")
    touched: np.ndarray[tuple[int], np.dtype[np.bool_]] = started > ended
    return touched


def _bands(name: str, spans: _Spans, zero_ns: int) -> Bands:
    starts, ends = ((each - zero_ns) / NS_PER_S for each in spans)
    return Bands(name, tuple(starts.tolist()), tuple(ends.tolist()))


def _dots(name: str, begins: Int64s, latency: Int64s, zero_ns: int) -> Series:
    kept = np.sort(np.argsort(latency)[-MOST_DOTS:])
    order = kept[np.argsort(begins[kept], kind="stable")]
    x = (begins[order] - zero_ns) / NS_PER_S
    return Series(name, "ns", tuple(x.tolist()), tuple(latency[order].astype(float).tolist()))
