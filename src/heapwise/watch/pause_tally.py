"""The pauses of one bin, counted by length: as much memory for a million of them as for ten."""

from __future__ import annotations

import bisect
import math

from heapwise.analysis.gc_overview.pauses import histogram_quantile
from heapwise.model.gc import TimeHistogram
from heapwise.model.gc_overview import Within
from heapwise.model.watch import PausesSeen

OLDEST = 2
"""CPython's oldest generation: a collection of it walks every container that lives."""

_FINE = tuple((32 + part) << octave for octave in range(5, 32) for part in range(32))
"""Edges for lengths that are known one by one, ns: 1 µs to 2 min, each bucket at most 1/32 wide."""


class PauseTally:
    """Counts pauses of either source; what a source did not see is counted as well.

    Attributes:
        happened: pauses, seen or not.
        seen: pauses whose length is known.
        old_ns: collections of CPython's oldest generation that were seen, together.
        old_longest_ns: the longest of these.
    """

    __slots__ = (
        "_bounds",
        "_counts",
        "_longest_ns",
        "happened",
        "old_longest_ns",
        "old_ns",
        "seen",
    )

    def __init__(self) -> None:
        self.happened = 0
        self.seen = 0
        self.old_ns = 0
        self.old_longest_ns = 0
        self._longest_ns = 0.0
        self._bounds: tuple[float, ...] = ()
        self._counts: list[int] = []

    def add(self, pauses: PausesSeen) -> None:
        """Count those of one stretch."""
        self.happened += pauses.happened
        if pauses.histogram is not None:
            self._add_counts(pauses.histogram.bounds, pauses.histogram.counts)
            return
        self._use(_FINE)
        for length in pauses.lengths_ns:
            self._counts[bisect.bisect_left(_FINE, length)] += 1
        self.seen += len(pauses.lengths_ns)
        self._longest_ns = max(self._longest_ns, *pauses.lengths_ns, 0)
        pairs = zip(pauses.lengths_ns, pauses.generations, strict=False)
        old = [length for length, generation in pairs if generation >= OLDEST]
        self.old_ns += sum(old)
        self.old_longest_ns = max(self.old_longest_ns, *old, 0)

    def quantile(self, per_million: int) -> Within | None:
        """A quantile of those that were seen, between the edges of its bucket; None without any."""
        if not self.seen:
            return None
        return histogram_quantile(TimeHistogram(self._bounds, tuple(self._counts)), per_million)

    @property
    def longest_ns(self) -> float | None:
        """The longest that was seen: its bucket's middle where only that is known."""
        if self._longest_ns:
            return self._longest_ns
        found = self.quantile(1_000_000)
        return found.value if found else None

    def above(self, length_ns: float) -> int:
        """How many were longer for sure: their whole bucket is."""
        first = bisect.bisect_left(self._bounds, length_ns) + 1
        return sum(self._counts[first:])

    @property
    def coverage(self) -> float:
        """Share of what happened that was seen."""
        return min(1.0, self.seen / self.happened) if self.happened else 1.0

    def _add_counts(self, bounds: tuple[float, ...], counts: tuple[int, ...]) -> None:
        self._use(bounds)
        self._counts = [old + new for old, new in zip(self._counts, counts, strict=True)]
        self.seen += sum(counts)

    def _use(self, bounds: tuple[float, ...]) -> None:
        """Count in these buckets; what was counted in others before is unseen from now on."""
        if self._bounds == bounds and self._counts:
            return
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.seen = 0
        self._longest_ns = 0.0


def finite(length_ns: float | None) -> float | None:
    """A length, or None where nothing but a lower edge is known of it."""
    return length_ns if length_ns is not None and math.isfinite(length_ns) else None
