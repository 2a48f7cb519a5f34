"""Quantiles of values that are all there: nearest rank, nothing interpolated."""

from __future__ import annotations

from typing import Self

import msgspec
import numpy as np

from heapwise.model.profile import Int64s


class Percentiles(msgspec.Struct, frozen=True):
    """A distribution of durations, ns."""

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    p999: float
    max: float

    @classmethod
    def of(cls, values: Int64s) -> Self | None:
        """The distribution of int64[n] values, or None where there are none."""
        if not len(values):
            return None
        ordered = np.sort(values)
        p50, p90, p95, p99, p999 = (
            float(nearest_rank(ordered, quantile))
            for quantile in (500_000, 900_000, 950_000, 990_000, 999_000)
        )
        return cls(
            count=len(ordered),
            mean=float(ordered.mean()),
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
            p999=p999,
            max=float(ordered[-1]),
        )


def nearest_rank(ordered: Int64s, per_million: int) -> int:
    """The smallest value that at least ``per_million`` / 1e6 of all values do not exceed.

    Rank ⌈q·n⌉ (Hyndman and Fan 1996, definition 1), in whole numbers so that no float decides.

    Args:
        ordered: int64[n], ascending, n > 0.
        per_million: the quantile in parts per million, 990_000 for p99.
    """
    rank = -(-len(ordered) * per_million // 1_000_000)
    return int(ordered[max(rank, 1) - 1])
