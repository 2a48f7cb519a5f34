"""Distributions of durations by name, in memory that does not grow with how often they happen."""

from __future__ import annotations

import numpy as np

from heapwise.model.profile import Int64s
from heapwise.model.trace import Spread

_BITS = 7
"""Each power of two has 2^7 buckets: the middle of one is within 1/256 of all that are in it."""

_EXACT = 2 << _BITS
"""Durations below have a bucket of their own."""

_SHIFT = 13
"""Bits of a key that hold the bucket: up to 2^63 ns there are 57 * 2^7 of them."""


class Durations:
    """Counts durations into log-linear buckets, a set of them for each group."""

    def __init__(self) -> None:
        self._keys = np.empty(0, np.int64)
        self._counts = np.empty(0, np.int64)
        self._totals: dict[int, int] = {}
        self._longest: dict[int, int] = {}

    def add(self, groups: Int64s, durations: Int64s) -> None:
        """Take durations, ns, int64[n], of the groups int64[n] numbered from 0."""
        if not len(durations):
            return
        durations = np.maximum(durations, 0)
        keys, counts = np.unique(groups << _SHIFT | _bucket(durations), return_counts=True)
        self._merge(keys, counts)
        longest = np.zeros(int(groups.max()) + 1, np.int64)
        np.maximum.at(longest, groups, durations)
        totals = np.zeros_like(longest)
        np.add.at(totals, groups, durations)
        for group in np.flatnonzero(np.bincount(groups)).tolist():
            self._totals[group] = self._totals.get(group, 0) + int(totals[group])
            self._longest[group] = max(self._longest.get(group, 0), int(longest[group]))

    def spreads(self, names: list[str]) -> list[Spread]:
        """The distribution of each group, the one with the most time first.

        Args:
            names: of the groups, by number.
        """
        found = [self._spread(group, names[group]) for group in self._totals]
        return sorted(found, key=lambda spread: (-spread.total_ns, spread.name))

    def _merge(self, keys: Int64s, counts: Int64s) -> None:
        self._keys, where = np.unique(np.concatenate([self._keys, keys]), return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        self._counts = np.zeros(len(self._keys), np.int64)
        np.add.at(self._counts, where, weights)

    def _spread(self, group: int, name: str) -> Spread:
        low, high = np.searchsorted(self._keys, [group << _SHIFT, (group + 1) << _SHIFT])
        buckets = self._keys[low:high] & ((1 << _SHIFT) - 1)
        ranks = np.cumsum(self._counts[low:high])
        count, longest = int(ranks[-1]), self._longest[group]

        def quantile(per_hundred: int) -> int:
            rank = -(-count * per_hundred // 100)  # nearest rank, as `heapwise.model.quantiles`
            if rank == count:
                return longest
            return min(_middle(int(buckets[np.searchsorted(ranks, rank)])), longest)

        return Spread(
            name=name,
            count=count,
            total_ns=self._totals[group],
            p50_ns=quantile(50),
            p99_ns=quantile(99),
            max_ns=longest,
        )


def _bucket(durations: Int64s) -> Int64s:
    """The number of the bucket of each duration."""
    _, exponent = np.frexp(durations.astype(np.float64))
    octave = np.maximum(exponent.astype(np.int64) - 1 - _BITS, 0)
    # Where float64 rounds up to the next power of two, the sum comes out the same.
    return (octave << _BITS) + (durations >> octave)


def _middle(bucket: int) -> int:
    """The middle of a bucket."""
    if bucket < _EXACT:
        return bucket
    octave = (bucket >> _BITS) - 1
    low = (bucket - (octave << _BITS)) << octave
    return low + (1 << octave) // 2
