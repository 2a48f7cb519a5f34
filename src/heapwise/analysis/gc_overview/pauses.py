"""How long the world stood still, and how well the source knows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from heapwise.formats.gctrace import printed_step_ns
from heapwise.model.gc import TimeHistogram
from heapwise.model.gc_overview import PauseFigures, Within
from heapwise.model.gc_timeline import Collection, GcSource
from heapwise.model.quantiles import nearest_rank

QUANTILES = {"p50": 500_000, "p90": 900_000, "p99": 990_000, "p99.9": 999_000, "max": 1_000_000}
"""In parts per million."""

_BOTH = "both stops of a cycle together"
_MEANING = {
    GcSource.TRACE: _BOTH,
    GcSource.GCTRACE: f"{_BOTH}; gctrace cuts each to two digits",
    GcSource.CALLBACKS: "a whole collection, which no thread of its process runs beside",
    GcSource.EXPVAR: _BOTH,
    GcSource.RING: _BOTH,
}


def quantiles_of(count: int) -> dict[str, int]:
    """The quantiles that so many pauses tell: at least one of them must lie above, bar the max."""
    return {
        name: per_million
        for name, per_million in QUANTILES.items()
        if count * (1_000_000 - per_million) >= 1_000_000 or name in ("p50", "max")
    }


def pauses_of(source: GcSource, collections: Sequence[Collection]) -> PauseFigures | None:
    """The pauses of collections; None where the source tells none.

    Of a gctrace the digits that were cut away are allowed for: a pause lies between what is
    printed and one more in the last digit of each stop.
    """
    pauses = sorted(each.pause_ns for each in collections if each.pause_ns >= 0)
    if not pauses:
        return None
    slack = {each.pause_ns: _cut_away(source, each) for each in collections}
    ordered = np.array(pauses, np.int64)

    def quantile(per_million: int) -> Within:
        low = nearest_rank(ordered, per_million)
        return Within(low, low + slack[low] / 2, low + slack[low])

    return PauseFigures(
        meaning=_MEANING.get(source, _BOTH),
        count=len(pauses),
        quantiles={name: quantile(ppm) for name, ppm in quantiles_of(len(pauses)).items()},
        total_ns=float(sum(pauses)),
    )


def worst_of(collections: Sequence[Collection]) -> Collection | None:
    """The collection that stopped the world longest; None where no pause is known."""
    known = [each for each in collections if each.pause_ns >= 0]
    return max(known, key=lambda each: each.pause_ns, default=None)


def _cut_away(source: GcSource, each: Collection) -> int:
    """How much longer than printed a pause may have been, ns."""
    if source is not GcSource.GCTRACE:
        return 0
    stops = (each.sweep_termination_ns, each.mark_termination_ns)
    return sum(printed_step_ns(stop) for stop in stops if stop >= 0)


def gained(earlier: TimeHistogram, later: TimeHistogram) -> TimeHistogram | None:
    """The durations that came between two readings; None where the process was restarted.

    A count that went back, or other buckets, are those of another process.
    """
    if earlier.bounds != later.bounds:
        return None
    counts = [late - early for early, late in zip(earlier.counts, later.counts, strict=True)]
    return None if min(counts) < 0 else TimeHistogram(later.bounds, tuple(counts))


def histogram_quantile(histogram: TimeHistogram, per_million: int) -> Within | None:
    """A quantile as its bucket's edges with the geometric mean between them, ns.

    Nearest rank, so that the true one lies in the bucket for sure. Go's own buckets are at most
    a quarter wide, so that the mean is within 12 % of the truth. Of the last bucket only the
    lower edge is known, of the first only the upper one: there the mean is that edge.

    Returns:
        None for an empty histogram.
    """
    rank = max(1, -(-histogram.total * per_million // 1_000_000))
    below = 0
    edges = (0.0, *histogram.bounds, math.inf)
    for index, count in enumerate(histogram.counts):
        below += count
        if count and below >= rank:
            low, high = edges[index], edges[index + 1]
            if math.isinf(high):
                return Within(low, low, high)
            return Within(low, math.sqrt(low * high) if low else high, high)
    return None


def pauses_of_histogram(histogram: TimeHistogram) -> PauseFigures | None:
    """The pauses in a histogram of `/sched/pauses/total/gc:seconds`; None where it is empty."""
    shown = quantiles_of(histogram.total)
    found = {name: histogram_quantile(histogram, ppm) for name, ppm in shown.items()}
    known = {name: each for name, each in found.items() if each is not None}
    if not known:
        return None
    return PauseFigures(
        meaning="each stop by itself, two a cycle; between the edges of its bucket",
        count=histogram.total,
        quantiles=known,
        total_ns=None,
    )
