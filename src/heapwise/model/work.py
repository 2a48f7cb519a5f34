"""The unit everything is divided by: requests, rows, files, messages."""

from __future__ import annotations

import msgspec


class Work(msgspec.Struct, frozen=True):
    """How much was done: ``Work("req", 30_000)``.

    Attributes:
        unit: what is counted, as it is printed after a slash: ``req row file msg``.
        count: how many.
    """

    unit: str
    count: int

    def per(self, total: float) -> float | None:
        """``total`` divided by this work, or None where nothing was done."""
        return total / self.count if self.count else None


class PerWork(msgspec.Struct, frozen=True):
    """What one unit of work costs, from exact counters.

    Attributes:
        work: the work the totals are divided by.
        bytes: bytes allocated per unit, without what measuring cost.
        allocs: objects allocated per unit, without what measuring cost.
        measuring_bytes: bytes per unit that measuring cost and that were taken off.
        measuring_allocs: the same in objects.
    """

    work: Work
    bytes: float | None
    allocs: float | None
    measuring_bytes: float
    measuring_allocs: float
