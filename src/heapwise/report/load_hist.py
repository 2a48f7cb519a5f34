"""Latencies in columns as vegeta prints them: a histogram, and HdrHistogram's plot file."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.formats.buckets import go_duration
from heapwise.model.attack import Bucket, Percentile

_FULL = 75
"""Signs that stand for all hits."""

_ONE_BY_ZERO = 10_000_000
"""What the last column says at 100 %: HdrHistogram's infinity."""


def render_hist(buckets: Sequence[Bucket]) -> str:
    """One line a bucket: its bounds, hits, share of all, and the share as a bar."""
    total = sum(bucket.count for bucket in buckets)
    rows = [("Bucket", "", "#", "%", "Histogram")]
    for bucket in buckets:
        share = bucket.count / total if total else 0.0
        high = "+Inf" if bucket.high is None else go_duration(bucket.high)
        rows.append(
            (f"[{go_duration(bucket.low)},", f"{high}]", str(bucket.count),
             f"{share * 100:.2f}%", "#" * int(share * _FULL))
        )  # fmt: skip
    return _aligned(rows)


def render_hdrplot(percentiles: Sequence[Percentile]) -> str:
    """What hdrhistogram.github.io/HdrHistogram/plotFiles.html draws; values in ms."""
    rows = [("Value(ms)", "Percentile", "TotalCount", "1/(1-Percentile)")]
    for each in percentiles:
        one_by = 1 / (1 - each.share) if each.share < 1 else _ONE_BY_ZERO
        rows.append(
            (f"{each.value / 1e6:f}", f"{each.share:f}", str(each.count), f"{one_by:f}")
        )  # fmt: skip
    return _aligned(rows)


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns two spaces apart, as Go's tabwriter sets them; the last one is not filled up."""
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    lines = (
        "".join(f"{cell:<{width}}" for cell, width in zip(row[:-1], widths, strict=False)) + row[-1]
        for row in rows
    )
    return "\n".join(lines)
