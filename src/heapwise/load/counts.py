"""What hits add up to, target by target, however many pieces they come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from heapwise.load.spool import runs_of
from heapwise.model.load import HitFlag, Hits, Outcome
from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class Times:
    """How many moments there were, the first and the last; ns."""

    count: int
    first: int
    last: int

    @classmethod
    def of(cls, moments: Int64s) -> Times:
        """Those of int64[n] moments."""
        if not len(moments):
            return NO_TIMES
        return cls(len(moments), int(moments.min()), int(moments.max()))

    def __add__(self, other: Times) -> Times:
        if not self.count or not other.count:
            return self if self.count else other
        first, last = min(self.first, other.first), max(self.last, other.last)
        return Times(self.count + other.count, first, last)


NO_TIMES = Times(0, 0, 0)


@dataclass(slots=True, kw_only=True)
class Counts:
    """Hits of one target, or of several together.

    Attributes:
        statuses: hits per HTTP status, those without one left out.
        errors: hits per outcome, the complete ones left out.
        due: when they were due.
        sent: when those that left did.
        done: when those that left ended.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[int] = field(default_factory=Counter)
    succeeded: int = 0
    waited: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    due: Times = NO_TIMES
    sent: Times = NO_TIMES
    done: Times = NO_TIMES

    @classmethod
    def of(cls, hits: Hits) -> Counts:
        """What hits add up to."""
        return cls(
            statuses=_counter(hits.status[hits.status > 0]),
            errors=_counter(hits.outcome[hits.outcome != Outcome.OK]),
            succeeded=int(np.count_nonzero(hits.good)),
            waited=int(np.count_nonzero(hits.flags & HitFlag.WAITED)),
            bytes_in=int(hits.bytes_in.sum()),
            bytes_out=int(hits.bytes_out.sum()),
            due=Times.of(hits.intended),
            sent=Times.of(hits.sent[hits.sent >= 0]),
            done=Times.of(hits.done[hits.done >= 0]),
        )

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__slots__}
        )

    @property
    def span_ns(self) -> int:
        """From the first hit due to the last one ended."""
        return self.done.last - self.due.first if self.done.count else 0


def count_targets(pieces: Iterable[Hits], *, by_target: bool) -> dict[int, Counts]:
    """Counts for every target that has hits; all of them under 0 where nobody wants them apart."""
    if not by_target:
        return {0: together(Counts.of(piece) for piece in pieces)}
    found: dict[int, Counts] = {}
    for piece in pieces:
        # Sorted once: a look at the whole piece for each of many targets would take seconds.
        ordered = piece.select(np.argsort(piece.target, kind="stable"))
        for target, where in runs_of(ordered.target):
            found[target] = found.get(target, Counts()) + Counts.of(ordered.select(where))
    return found


def together(counts: Iterable[Counts]) -> Counts:
    """What several add up to."""
    return reduce(Counts.__add__, counts, Counts())


def rate_of(stretches: Iterable[Times]) -> float:
    """Moments per second, from first to last: n of them make n - 1 gaps."""
    several = [times for times in stretches if times.count > 1]
    gaps = sum(times.count - 1 for times in several)
    return gaps * NS_PER_S / max(1, sum(times.last - times.first for times in several))


def _counter(codes: Int64s) -> Counter[int]:
    values, counts = np.unique(codes, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))
