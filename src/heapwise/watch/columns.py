"""The newest values of a few columns, in memory that is as large when it begins as when it is full.

A watcher that grew for three days, until its last target's past was full, would look like one that
leaks, and would be killed where its limit was set on the first day.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence

UNKNOWN = math.nan


class Columns:
    """Rows of floats, of which the newest are held.

    A row has a number; of numbers that were left out the row is `UNKNOWN`.

    Attributes:
        end: the number after that of the newest row.
        held: rows that can be asked for, at most `kept`.

    Args:
        names: of the columns.
        kept: rows.
    """

    def __init__(self, names: Sequence[str], kept: int) -> None:
        self.end = self.held = 0
        self._kept = kept
        self._rings = {name: array("d", [UNKNOWN]) * kept for name in names}

    def put(self, number: int, row: Mapping[str, float]) -> None:
        """Add a row, whose number is not below `end`; what is older than the ring is forgotten."""
        missed = number - self.end
        if missed >= self._kept:  # nothing that is held can be in a row with it
            self.held = missed = 0
        for name, ring in self._rings.items():
            for left_out in range(number - missed, number):
                ring[left_out % self._kept] = UNKNOWN
            ring[number % self._kept] = row[name]
        self.end = number + 1
        self.held = min(self._kept, self.held + missed + 1)

    def newest(self, name: str) -> array[float]:
        """All that is held of a column, oldest first; a copy."""
        ring, end = self._rings[name], self.end % self._kept
        return (ring[end:] + ring[:end])[self._kept - self.held :]
