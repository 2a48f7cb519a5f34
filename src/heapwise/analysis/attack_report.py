"""Hits as vegeta's reports count them, with exact quantiles.

Two things are not as in vegeta, where they would tell of the generator: warm-up is left out, and a
request that was never sent counts as a request, but has no latency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from heapwise.formats.timestamps import format_timestamp
from heapwise.model.attack import AttackReport, Bucket, Flow, Latencies, Percentile
from heapwise.model.load import HitFlag, Hits, Outcome
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import nearest_rank
from heapwise.units import NS_PER_S

_TICKS = 5
"""Rows of a percentile distribution per halving of what is left to 100 %: HdrHistogram's."""

_HALVINGS = 22
"""After these nothing is left in six decimals."""

HDR_SHARES = tuple(
    dict.fromkeys(
        round(1 - 0.5**halving * (1 - tick / (2 * _TICKS)), 6)
        for halving in range(_HALVINGS)
        for tick in range(_TICKS)
    )
)
"""The shares of HdrHistogram's percentile output, to six decimals, each once, from 0 to 1."""


def measured(hits: Hits) -> Hits:
    """Without the warm-up."""
    return hits.select((hits.flags & HitFlag.WARMUP) == 0)


def latencies(hits: Hits) -> Int64s:
    """Ns from the time they were due, of the hits that ended, int64[n], ascending."""
    return np.sort((hits.done - hits.intended)[hits.done >= 0])


def attack_report(
    hits: Hits, *, zero_ns: int, errors: Iterable[str], buckets: Sequence[int] = ()
) -> AttackReport:
    """What vegeta's JSON report holds.

    Args:
        hits: at least one, warm-up left out; times in ns since a zero.
        zero_ns: that zero, since 1970.
        errors: of these hits, each once.
        buckets: lower bounds, ns ascending; none for no histogram.
    """
    ordered = latencies(hits)
    codes = np.where(hits.outcome == Outcome.OK, hits.status, 0)
    succeeded = int(np.count_nonzero((codes >= 200) & (codes < 400)))
    first, last = int(hits.intended.min()), int(hits.intended.max())
    end = max(last, int(hits.done.max()))
    return AttackReport(
        latencies=_summary(ordered),
        buckets={str(b.low): b.count for b in histogram(ordered, buckets)} if buckets else None,
        bytes_in=_flow(hits.bytes_in),
        bytes_out=_flow(hits.bytes_out),
        earliest=format_timestamp(zero_ns + first),
        latest=format_timestamp(zero_ns + last),
        end=format_timestamp(zero_ns + end),
        duration=last - first,
        wait=end - last,
        requests=len(hits),
        rate=_per_second(len(hits), last - first),
        throughput=_per_second(succeeded, end - first if last > first else 0),
        success=succeeded / len(hits),
        status_codes={str(code): n for code, n in sorted(Counter(codes.tolist()).items())},
        errors=tuple(errors),
    )


def histogram(ordered: Int64s, buckets: Sequence[int]) -> tuple[Bucket, ...]:
    """How many latencies lie in each bucket, exactly.

    Args:
        ordered: ns, ascending.
        buckets: lower bounds, ns ascending, the first 0.
    """
    edges = [*np.searchsorted(ordered, buckets, side="left").tolist(), len(ordered)]
    counts = [above - below for below, above in pairwise(edges)]
    return tuple(
        Bucket(low, high, count)
        for low, high, count in zip(buckets, (*buckets[1:], None), counts, strict=True)
    )


def percentiles(ordered: Int64s) -> tuple[Percentile, ...]:
    """The percentile distribution that HdrHistogram's plotter reads; empty without latencies.

    Args:
        ordered: ns, ascending.
    """
    if not len(ordered):
        return ()
    return tuple(
        Percentile(
            share,
            nearest_rank(ordered, round(share * 1_000_000)),
            int(share * len(ordered) + 0.5),
        )
        for share in HDR_SHARES
    )


def _summary(ordered: Int64s) -> Latencies:
    if not len(ordered):
        return Latencies(0, 0, 0, 0, 0, 0, 0, 0)
    total = int(ordered.sum())
    return Latencies(
        total=total,
        mean=total // len(ordered),
        p50=nearest_rank(ordered, 500_000),
        p90=nearest_rank(ordered, 900_000),
        p95=nearest_rank(ordered, 950_000),
        p99=nearest_rank(ordered, 990_000),
        max=int(ordered[-1]),
        min=int(ordered[0]),
    )


def _flow(amounts: Int64s) -> Flow:
    total = int(amounts.sum())
    return Flow(total, total / len(amounts))


def _per_second(count: int, ns: int) -> float:
    """As with vegeta the count itself where no time went by."""
    return count * NS_PER_S / ns if ns else float(count)
