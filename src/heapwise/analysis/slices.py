"""Hits over time: latency and rate per slice, and latency against percentile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heapwise.model.load import Hits, Outcome
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import nearest_rank
from heapwise.model.report import Series
from heapwise.units import NS_PER_S

MOST_SLICES = 240
"""A slice is then a few pixels wide."""

_NARROWEST_NS = 10_000_000


@dataclass(frozen=True, slots=True)
class Slices:
    """Equal stretches of time, aligned to the start of the load.

    Attributes:
        first: number of the first slice; negative in the warm-up.
        count: how many.
        width_ns: how long each is.
    """

    first: int
    count: int
    width_ns: int

    @classmethod
    def over(cls, first_ns: int, last_ns: int) -> Slices:
        """Slices of a round width (1, 2 or 5 times a power of ten) that hold both ends."""
        width = _NARROWEST_NS
        steps = 0
        while (last_ns - first_ns) // width >= MOST_SLICES:
            width = width * 5 // 2 if steps % 3 == 1 else width * 2
            steps += 1
        first = first_ns // width
        return cls(first, last_ns // width - first + 1, width)

    def index(self, times: Int64s) -> Int64s:
        """The slice of each time, from 0; times outside count to the nearest slice."""
        return np.clip(times // self.width_ns - self.first, 0, self.count - 1)

    def middles(self) -> tuple[float, ...]:
        """The middle of each slice in seconds."""
        start = self.first * self.width_ns + self.width_ns / 2
        return tuple((start + i * self.width_ns) / NS_PER_S for i in range(self.count))


def latency_over_time(hits: Hits, zero_ns: int) -> tuple[Series, ...]:
    """p50, p99 and max per slice, from the intended time, of all hits that ended.

    A hit belongs to the slice in which it was due, so a stall shows when it began. One that
    failed counts with the time it took to fail, as in the totals.
    """
    ended = hits.select(hits.done >= 0)
    if not len(ended):
        return ()
    due = ended.intended - zero_ns
    slices = Slices.over(int(due.min()), int(due.max()))
    index, latency = slices.index(due), ended.done - ended.intended
    order = np.lexsort((latency, index))
    groups = np.split(latency[order], np.cumsum(np.bincount(index, minlength=slices.count))[:-1])
    middles = slices.middles()
    return tuple(
        Series(
            name=name,
            unit="ns",
            x=middles,
            y=tuple(float(nearest_rank(part, q)) if len(part) else None for part in groups),
        )
        for name, q in (("p50", 500_000), ("p99", 990_000), ("max", 1_000_000))
    )


def rate_over_time(hits: Hits, zero_ns: int) -> tuple[Series, ...]:
    """Hits sent per second, when they were sent, and hits that failed, when they failed.

    A hit that was never sent failed when it was due. Failed is whatever did not end in a
    complete response with a status from 200 to 399.
    """
    if not len(hits):
        return ()
    sent = hits.sent[hits.sent >= 0] - zero_ns
    bad = (hits.outcome != Outcome.OK) | (hits.status < 200) | (hits.status > 399)
    failed = np.where(hits.done >= 0, hits.done, hits.intended)[bad] - zero_ns
    times = np.concatenate([hits.intended - zero_ns, sent])
    first, last = int(times.min()), int(times.max())
    slices = Slices.over(first, last)
    covered = _covered_seconds(slices, first, last)
    middles = slices.middles()
    return tuple(
        Series(
            name=name,
            unit="/s",
            x=middles,
            y=tuple((np.bincount(slices.index(at), minlength=slices.count) / covered).tolist()),
        )
        for name, at in (("sent", sent), ("failed", failed))
    )


def latency_percentiles(hits: Hits) -> tuple[Series, ...]:
    """Latency against percentile of all hits that ended: from the intended time, and from sent."""
    ended = hits.select(hits.done >= 0)
    if not len(ended):
        return ()
    grid = _percentile_grid(len(ended))
    x = tuple(quantile / 10_000 for quantile in grid)
    return tuple(
        Series(
            name=name,
            unit="ns",
            x=x,
            y=tuple(float(nearest_rank(ordered, quantile)) for quantile in grid),
        )
        for name, ordered in (
            ("latency", np.sort(ended.done - ended.intended)),
            ("service time", np.sort(ended.done - ended.sent)),
        )
    )


def _percentile_grid(count: int) -> list[int]:
    """Quantiles in parts per million: finer towards 100 %, as far as ``count`` values reach."""
    steps = [*range(0, 990_000, 10_000)]
    steps += [*range(990_000, 999_000, 1_000), *range(999_000, 999_900, 100)]
    steps += [*range(999_900, 1_000_000, 10)]
    return [step for step in steps if (1_000_000 - step) * count >= 1_000_000] + [1_000_000]


def _covered_seconds(
    slices: Slices, first_ns: int, last_ns: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How much of each slice lies inside the run: the first and the last may be cut short."""
    starts = (slices.first + np.arange(slices.count)) * slices.width_ns
    ends = np.minimum(starts + slices.width_ns, last_ns + 1)
    lengths = np.maximum(ends - np.maximum(starts, first_ns), 1)
    result: np.ndarray[tuple[int], np.dtype[np.float64]] = lengths / NS_PER_S
    return result
