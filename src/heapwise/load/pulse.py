"""How a load goes at this moment, from the hits as they come in."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from heapwise.load.pace import Pace
from heapwise.model.load import Hits
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import nearest_rank
from heapwise.model.schedules import Schedule
from heapwise.units import NS_PER_S

_WINDOW_NS = NS_PER_S

_DELIVERY_NS = 100_000_000
"""By when a hit that ended has surely been told of; engines tell twenty times a second."""


class Reading(NamedTuple):
    """The moment's figures.

    Attributes:
        ended: hits so far that were sent and have ended, well or not.
        failed: of these, those without a status from 200 to 399.
        pending: hits due by now that have not ended, those that wait for a connection too; None
            where the schedule does not tell: a closed loop has none, and one whose rate was
            changed is no longer followed.
        rate: hits per second that ended in the last second.
        p50: of the latencies of these, ns; None where there are none.
        p99: the same.
    """

    ended: int
    failed: int
    pending: int | None
    rate: float
    p50: int | None
    p99: int | None


class Pulse:
    """Takes the hits of one phase; keeps those of the last second.

    Args:
        schedule: that the phase follows; None where nobody knows.
    """

    def __init__(self, schedule: Schedule | None = None) -> None:
        self._pace = Pace(schedule) if schedule is not None else None
        self._first = self._pace.offset_ns(0) if self._pace is not None else 0
        self._zero: int | None = None
        self._start: int | None = None
        self._last_done = 0
        self._follows = False
        self._all = self._ended = self._failed = 0
        self._recent: deque[tuple[Int64s, Int64s]] = deque()

    def see(self, hits: Hits, now_ns: int) -> None:
        """Take hits that have just been told of.

        Args:
            hits: in the order they ended, times since any zero, the same for all.
            now_ns: CLOCK_MONOTONIC.
        """
        self._all += len(hits)
        sent = hits.select((hits.sent >= 0) & (hits.done >= 0))
        if not len(sent):
            return
        self._ended += len(sent)
        self._failed += int(np.count_nonzero(~sent.good))
        self._last_done = max(self._last_done, int(sent.done.max()))
        # No hit is told of before it ends, and the soonest told betrays where the zero is.
        zero = now_ns - self._last_done
        self._zero = zero if self._zero is None else min(self._zero, zero)
        start = int(sent.intended.min()) - self._first
        self._start = start if self._start is None else min(self._start, start)
        self._follows = self._is_on_schedule(int(sent.intended[-1]))
        self._recent.append((sent.done, sent.done - sent.intended))

    def read(self, now_ns: int) -> Reading:
        """The figures, at ``now_ns`` of CLOCK_MONOTONIC."""
        if self._zero is None or self._start is None:
            return Reading(0, 0, None, 0.0, None, None)
        at = max(self._last_done, now_ns - self._zero - _DELIVERY_NS)
        since = at - _WINDOW_NS
        while self._recent and int(self._recent[0][0].max()) <= since:
            self._recent.popleft()
        latencies = [latency[done > since] for done, latency in self._recent]
        recent = np.sort(np.concatenate([np.empty(0, np.int64), *latencies]))
        some = len(recent) > 0
        return Reading(
            ended=self._ended,
            failed=self._failed,
            pending=self._pending(at),
            rate=len(recent) * NS_PER_S / max(1, min(_WINDOW_NS, at - self._start)),
            p50=nearest_rank(recent, 500_000) if some else None,
            p99=nearest_rank(recent, 990_000) if some else None,
        )

    def _pending(self, at: int) -> int | None:
        if self._pace is None or self._start is None or not self._follows:
            return None
        return max(0, self._pace.due_by(at - self._start) - self._all)

    def _is_on_schedule(self, intended: int) -> bool:
        """Whether the schedule still has a hit due at this very moment."""
        if self._pace is None or self._pace.saturates or self._start is None:
            return False
        due = self._pace.due_by(intended - self._start)
        return due > 0 and self._pace.offset_ns(due - 1) == intended - self._start
