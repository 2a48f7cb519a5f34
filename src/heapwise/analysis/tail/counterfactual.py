"""What latency would have been without a cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heapwise.analysis.tail.activity import Activity, OwnDelay
from heapwise.analysis.tail.intervals import Group, Intervals
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import Percentiles

ASSUMPTION = (
    "Without a cause means: every hit shorter by the time the cause was active during it, none "
    "faster than the median. Hits that only queued behind such a hit keep their latency."
)


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """The latency of all hits if a cause had vanished.

    Time in which the cause was active is taken for lost, which is the most it can have cost; a
    concurrent mark lets some work go on. A hit does not become faster than the median, or than
    it was.

    Attributes:
        latency: int64[n], ns, ascending.
        median: of the latency that was measured.
    """

    latency: Int64s
    median: float

    @classmethod
    def of(cls, hits: Intervals, holder: Activity | OwnDelay) -> Counterfactual:
        """Take the cause off every hit."""
        shorter = hits.latency - holder.observed(hits)
        least = np.minimum(hits.latency, hits.median)
        return cls(np.sort(np.maximum(shorter, least).astype(np.int64)), hits.median)

    def threshold_ns(self, group: Group) -> int:
        """What would separate as many slow hits from the others."""
        return int(self.latency[-len(group.rows)])

    def gain(self, group: Group) -> float:
        """The share of a threshold's excess over the median that would be gone, 0 to 1."""
        excess = group.threshold_ns - self.median
        return (group.threshold_ns - self.threshold_ns(group)) / excess if excess > 0 else 0.0

    def percentiles(self) -> Percentiles | None:
        """The whole distribution."""
        return Percentiles.of(self.latency)
