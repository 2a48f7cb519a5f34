"""When something was active, and for how long an interval of the run was held up by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from heapwise.analysis.tail.measured import Floats, MeasuredTime
from heapwise.model.profile import Int64s

WORTH_NS = 1e6
"""A delay that is worth a word."""

Window = tuple[float, float, float]
"""Start and end, ns since the run's zero, and how much of it was active, 0 to 1."""


class Observed(Protocol):
    """Hits, or some of them: float64[n] each, measured time and ns."""

    @property
    def rows(self) -> Int64s:
        """Where they stand among all hits."""

    @property
    def begins(self) -> Floats:
        """When they were due."""

    @property
    def lengths(self) -> Floats:
        """How long they took."""


class Holder(Protocol):
    """Something that may hold hits up."""

    def held(self, begins: Floats, lengths: Floats) -> Floats:
        """For how long intervals that begin at these moments would be held up, ns.

        Args:
            begins: of any shape, measured time; what passes its end goes on at its beginning.
            lengths: ns, of a shape that fits; none longer than all of the measured time.
        """

    def observed(self, hits: Observed) -> Floats:
        """For how long hits were held up where they are, ns, float64[n]."""


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """Windows on a circle of measured time.

    Of a window that was active in part only, nobody knows which part. It may be the one that a
    hit was in: what is told is the most that the hit can have been held up.

    The activity up to every edge is kept, so that an interval costs two look-ups however many
    windows there are.

    Attributes:
        edges: float64[n + 1], where something begins or ends, ascending; the circle twice, for
            intervals that pass its end.
        active: float64[n], ns of activity between an edge and the next.
        before: float64[n + 1], ns of activity up to an edge.
        length: of the circle, ns.
    """

    edges: Floats
    active: Floats
    before: Floats
    length: float

    @classmethod
    def of(cls, windows: Iterable[Window], time: MeasuredTime) -> Activity:
        """Windows as they are on the run's clock; where several overlap they count once."""
        rows = np.array(list(windows), np.float64).reshape(-1, 3)
        rows = rows[rows[:, 1] > rows[:, 0]]
        starts, ends, weights = time.at(rows[:, 0]), time.at(rows[:, 1]), rows[:, 2]
        moments = np.concatenate([[0.0, time.length], starts, ends])
        changes = np.concatenate([[0.0, 0.0], weights, -weights])
        order = np.argsort(moments, kind="stable")
        moments = moments[order]
        # Rounded, because what begins and ends with a weight of 0.3 must end at nothing.
        rates = np.clip(np.cumsum(changes[order]).round(9), 0.0, 1.0)[:-1]
        active = np.tile(rates * np.diff(moments), 2)
        return cls(
            edges=np.concatenate([moments, moments[1:] + time.length]),
            active=active,
            before=np.concatenate([[0.0], np.cumsum(active)]),
            length=time.length,
        )

    @property
    def share(self) -> float:
        """Of the time, in which it is active."""
        return float(self.before[-1] / 2 / self.length) if self.length > 0 else 0.0

    def held(self, begins: Floats, lengths: Floats) -> Floats:
        """See `Holder`."""
        begins = np.mod(begins, self.length)
        ends = begins + lengths
        first, last = self._piece(begins), self._piece(ends)
        inside = np.minimum(lengths, self.active[first])
        across = (
            np.minimum(self.edges[first + 1] - begins, self.active[first])
            + (self.before[last] - self.before[first + 1])
            + np.minimum(ends - self.edges[last], self.active[last])
        )
        return np.asarray(np.where(first == last, inside, across), np.float64)

    def observed(self, hits: Observed) -> Floats:
        """See `Holder`."""
        return self.held(hits.begins, hits.lengths)

    def _piece(self, moments: Floats) -> Int64s:
        """Between which edges moments lie."""
        found = np.searchsorted(self.edges, moments, side="right") - 1
        return np.clip(found, 0, len(self.active) - 1).astype(np.int64)

    def windows(self) -> list[Window]:
        """What it is made of, in measured time."""
        half = len(self.active) // 2
        edges, active = self.edges[: half + 1], self.active[:half]
        found = np.flatnonzero(active > 0)
        starts, ends = edges[found], edges[found + 1]
        rows = (starts, ends, active[found] / (ends - starts))
        return list(zip(*(row.tolist() for row in rows), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class OwnDelay:
    """A delay that is stamped on every hit, as waiting for a connection is.

    Another hit takes the delay of whichever was under way when it began.

    Attributes:
        begins: float64[n], measured time, ascending.
        delays: float64[n], ns.
        length: of the circle, ns.
    """

    begins: Floats
    delays: Floats
    length: float

    @property
    def share(self) -> float:
        """Of the hits, that were delayed by `WORTH_NS` or more."""
        delayed = np.count_nonzero(self.delays >= WORTH_NS)
        return float(delayed / len(self.delays)) if len(self.delays) else 0.0

    def held(self, begins: Floats, lengths: Floats) -> Floats:  # noqa: ARG002 - `Holder` has it
        """See `Holder`; a delay is as long as it is, whatever the length."""
        begins = np.mod(begins, self.length)
        index = np.searchsorted(self.begins, begins, side="right") - 1
        return np.asarray(self.delays[np.maximum(index, 0)], np.float64)

    def observed(self, hits: Observed) -> Floats:
        """See `Holder`: the hits' own delays, however many began at one moment."""
        return np.asarray(self.delays[hits.rows], np.float64)
