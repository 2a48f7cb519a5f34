"""A schedule while it is followed: what an engine asks for the next hit, and may change under it.

A change of the rate appends a segment; the past stays as it was, so that a hit which is overdue
keeps the time it was due at.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from heapwise.load.schedule import MAX_HITS, due_by
from heapwise.load.share import WHOLE, Share
from heapwise.model.profile import Int64s
from heapwise.model.schedules import ConstantRate, RateChange, Saturate, Schedule
from heapwise.units import NS_PER_S

_BLOCK = 512
"""Offsets computed at once: 0.3 ms for the most expensive schedule, a wave with pauses."""

_KEPT = 4
"""Blocks of offsets held: that of the next hit, that of the last due, and two to spare."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A schedule in force from hit ``first`` on, which is due ``start_ns`` after its own start."""

    first: int
    start_ns: int
    schedule: Schedule
    share: Share = WHOLE


class Pace:
    """When every hit of a phase is due.

    Args:
        schedule: to follow until somebody changes the rate.
        share: of its hits; after a change all are one's own.

    Attributes:
        duration_ns: how long hits fall due.
        count: hits altogether; of a closed loop the most there may be.
        changes: the rates that were set since.

    Raises:
        UsageError: the schedule makes no hits, or too many.
    """

    def __init__(self, schedule: Schedule, share: Share = WHOLE) -> None:
        self.duration_ns = schedule.duration_ns
        self.count = share.count(schedule)
        self.changes: tuple[RateChange, ...] = ()
        self._most = MAX_HITS
        self._segments = [_Segment(0, 0, schedule, share)]
        self._blocks: dict[int, list[int]] = {}
        self._due_block = 0
        self._block(0)  # what a schedule computes once is computed before the start

    @property
    def saturates(self) -> bool:
        """True for a closed loop: a hit is due the moment a connection is free for it."""
        return isinstance(self._segments[-1].schedule, Saturate)

    def is_over(self, index: int, elapsed_ns: int) -> bool:
        """True where hit ``index`` and those after it will never be due."""
        return index >= self.count or (self.saturates and elapsed_ns >= self.duration_ns)

    def offset_ns(self, index: int) -> int:
        """When hit ``index``, below `count`, is due, ns after the start.

        In a closed loop that is when the loop began.
        """
        number, within = divmod(index, _BLOCK)
        return self._block(number)[within]

    def offsets(self, first: int, last: int) -> Int64s:
        """`offset_ns` of the hits from ``first`` up to, not with, ``last``; int64[last - first]."""
        parts = [np.empty(0, np.int64)]
        while first < last:
            after = bisect_right(self._segments, first, key=lambda segment: segment.first)
            segment, later = self._segments[after - 1], self._segments[after : after + 1]
            stop = min(last, later[0].first) if later else last
            begin, end = first - segment.first, stop - segment.first
            own = segment.share.offsets(segment.schedule, begin, end)
            parts.append(segment.start_ns + own)
            first = stop
        return np.concatenate(parts)

    def due_by(self, elapsed_ns: int) -> int:
        """How many hits are due ``elapsed_ns`` after the start: those with ``offset <= elapsed``.

        At most `count`. A closed loop has all its hits due from its beginning to its end.
        """
        if self.saturates:
            return self.count if 0 <= elapsed_ns < self.duration_ns else 0
        # Time goes on, so the block that held the answer last holds it now, or one near by does.
        number = self._due_block
        while (number + 1) * _BLOCK < self.count and self._block(number)[-1] <= elapsed_ns:
            number += 1
        while number and self._block(number)[0] > elapsed_ns:
            number -= 1
        self._due_block = number
        return number * _BLOCK + bisect_right(self._block(number), elapsed_ns)

    def change(self, rate: Fraction, index: int, elapsed_ns: int) -> None:
        """Send what is left of the duration at another rate.

        The first hit under it is due when it would have been before, or sooner, one period from
        now: a rate that is changed often neither stands still nor fires at every change.

        Args:
            rate: per second, from now on.
            index: the first hit that nobody has sent.
            elapsed_ns: now.
        """
        elapsed_ns = max(0, elapsed_ns)
        if elapsed_ns >= self.duration_ns:
            return
        first, start = index, elapsed_ns
        if not self.saturates:
            first = max(index, self.due_by(elapsed_ns))
            start += int(NS_PER_S / rate)
            if first < self.count:
                start = max(elapsed_ns, min(start, self.offset_ns(first)))
        left = self.duration_ns - start
        schedule = ConstantRate.of(rate, max(1, left))
        self.count = min(first + due_by(schedule, left - 1), self._most)
        self.changes += (RateChange(elapsed_ns, float(rate)),)
        # A segment that was replaced before its first hit leaves no trace.
        kept = [segment for segment in self._segments if segment.first < first]
        self._segments = [*kept, _Segment(first, start, schedule)]
        self._blocks.clear()

    def cut(self, count: int) -> None:
        """There will be no more than ``count`` hits at any rate; those sent are among them."""
        self._most = min(self._most, count)
        if count < self.count:
            self.count = count
            self._blocks.clear()
            self._due_block = min(self._due_block, max(0, count - 1) // _BLOCK)

    def _block(self, number: int) -> list[int]:
        """`offset_ns` of one block of hits."""
        block = self._blocks.get(number)
        if block is None:
            if len(self._blocks) == _KEPT:
                del self._blocks[next(iter(self._blocks))]
            first = number * _BLOCK
            block = self.offsets(first, min(first + _BLOCK, self.count)).tolist()
            self._blocks[number] = block
        return block
