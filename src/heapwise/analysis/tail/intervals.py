"""Hits as intervals of measured time, and which of them are slow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heapwise.analysis.tail.measured import Floats, Mask, MeasuredTime
from heapwise.model.load import Hits, Outcome
from heapwise.model.profile import Int64s

LEAST_HITS = 5
"""With fewer slow hits a percentile is one or two accidents."""

LIMITS = (("p99", 100), ("p99.9", 1000))
"""Groups of slow hits: a name, and one in how many is slow."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """The hits that were answered, or failed, inside the measured time; columns of one length.

    Attributes:
        begins: float64[n], measured time, ascending: when a hit was due, pushed back by the
            generator's own lag, so that nobody is blamed for what happened during that.
        lengths: float64[n], ns: the latency without the generator's lag.
        latency: int64[n], ns from when it was due.
        lag: int64[n], ns from due and a connection free to sent.
        slot_wait: int64[n], ns from due to a connection free.
        failed: bool[n]: no complete response, or a status of 500 and above.
    """

    begins: Floats
    lengths: Floats
    latency: Int64s
    lag: Int64s
    slot_wait: Int64s
    failed: Mask

    @classmethod
    def of(cls, hits: Hits, time: MeasuredTime) -> Intervals:
        """The hits that lie in the measured time from their beginning to their end.

        Args:
            hits: all of them sent.
            time: see `heapwise.analysis.tail.measured`.
        """
        hits = hits.select(time.holds(hits.intended, hits.done))
        lag = np.maximum(hits.sent - hits.ready, 0)
        begins = time.at(np.minimum(hits.intended + lag, hits.done))
        order = np.argsort(begins, kind="stable")
        failed = (hits.outcome != Outcome.OK) | (hits.status >= 500)
        return cls(
            begins=begins[order],
            lengths=(time.at(hits.done) - begins)[order],
            latency=(hits.done - hits.intended)[order],
            lag=lag[order],
            slot_wait=np.maximum(hits.ready - hits.intended, 0)[order],
            failed=np.asarray(failed[order], np.bool_),
        )

    def __len__(self) -> int:
        return len(self.latency)

    @property
    def rows(self) -> Int64s:
        """Their numbers, int64[n]."""
        return np.arange(len(self), dtype=np.int64)

    @property
    def median(self) -> float:
        """Of the latency: what is normal."""
        return float(np.median(self.latency))

    def excess(self) -> Floats:
        """By how much each hit took longer than normal, ns, at least one."""
        return np.asarray(np.maximum(self.latency - self.median, 1.0), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The hits above one threshold.

    Attributes:
        name: ``p99``, ``p99.9`` or ``max``.
        rows: int64[m], where they stand in `Intervals`, ascending.
        threshold_ns: the fastest of them.
    """

    name: str
    rows: Int64s
    threshold_ns: int


def groups(hits: Intervals) -> list[Group]:
    """The slowest 1 %, the slowest 0.1 % and the slowest, as far as there are hits enough.

    Where all hits took the same time none of them is slow.
    """
    count = len(hits)
    wanted = [(name, count // part) for name, part in LIMITS if count // part >= LEAST_HITS]
    found = []
    for name, slow in [*wanted, *([("max", 1)] if count else [])]:
        threshold = int(np.partition(hits.latency, count - slow)[count - slow])
        if threshold > hits.median:
            found.append(Group(name, np.flatnonzero(hits.latency >= threshold), threshold))
    return found
