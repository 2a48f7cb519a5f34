"""One generator's part of a schedule that several follow together: every n-th hit."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from heapwise.load.schedule import offsets, total
from heapwise.model.profile import Int64s
from heapwise.model.schedules import Schedule


class Share(msgspec.Struct, frozen=True):
    """Hits ``first``, ``first + every``, ``first + 2 every`` and so on.

    Attributes:
        first: index of the share's first hit, below ``every``.
        every: how many shares there are.
    """

    first: Annotated[int, msgspec.Meta(ge=0)] = 0
    every: Annotated[int, msgspec.Meta(gt=0)] = 1

    def count(self, schedule: Schedule) -> int:
        """How many hits of a schedule belong to it; may be 0."""
        return max(0, -(-(total(schedule) - self.first) // self.every))

    def offsets(self, schedule: Schedule, first: int, last: int) -> Int64s:
        """When the share's hits ``first`` up to, not with, ``last`` are due; ns, int64."""
        if first >= last:
            return np.empty(0, np.int64)
        begin, final = (self.first + index * self.every for index in (first, last - 1))
        return offsets(schedule, begin, final + 1)[:: self.every]

    def numbers(self, own: Int64s) -> Int64s:
        """Which hits of the schedule the share's own hits number ``own`` are."""
        return own * self.every + self.first

    def turns(self, targets: tuple[int, ...]) -> tuple[int, ...]:
        """The targets that the share's own hits take in turn, so that all shares make the whole."""
        places = (self.first + index * self.every for index in range(len(targets)))
        return tuple(targets[place % len(targets)] for place in places)


WHOLE = Share()
"""All hits."""
