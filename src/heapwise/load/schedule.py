"""When hit i is due: a pure function, so that the backlog needs no storage and no error adds up.

The overdue hits are exactly the indices from the next unsent one up to the last with
``offset_ns(schedule, i) <= now``, in order.
"""

from __future__ import annotations

import numpy as np

from heapwise.errors import UsageError
from heapwise.model.load import Schedule
from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S

MAX_HITS = 100_000_000
"""More than a day at 1000 requests per second, and what fits the memory that analyses it."""


def total(schedule: Schedule) -> int:
    """How many hits the schedule has: rate x duration, rounded to the nearest whole one.

    Raises:
        UsageError: none, or more than `MAX_HITS`.
    """
    count = round(schedule.rate * schedule.duration_ns / NS_PER_S)
    if not 0 < count <= MAX_HITS:
        raise UsageError(
            f"rate x duration makes {count:,} requests", f"from 1 to {MAX_HITS:,} can be sent"
        )
    return count


def offset_ns(schedule: Schedule, index: int) -> int:
    """When hit ``index`` is due, ns after the start: ``floor(index / rate)``, exact."""
    return index * schedule.denominator * NS_PER_S // schedule.numerator


def offsets(schedule: Schedule, first: int = 0, last: int | None = None) -> Int64s:
    """`offset_ns` of the hits from ``first`` up to, not with, ``last``; int64[last - first].

    ``index * period`` may not fit 64 bits, so whole and broken nanoseconds of the period are
    multiplied apart.
    """
    last = total(schedule) if last is None else last
    whole, rest = divmod(schedule.denominator * NS_PER_S, schedule.numerator)
    if rest * last >= 1 << 63:
        return np.array([offset_ns(schedule, index) for index in range(first, last)], np.int64)
    index = np.arange(first, last, dtype=np.int64)
    return index * whole + index * rest // schedule.numerator


def due_by(schedule: Schedule, elapsed_ns: int) -> int:
    """How many hits are due ``elapsed_ns`` after the start: those with ``offset_ns <= elapsed``.

    The inverse of `offset_ns`; may exceed `total`. floor(i x d / n) <= e holds as long as
    i x d < (e + 1) x n.
    """
    if elapsed_ns < 0:
        return 0
    return -(-(elapsed_ns + 1) * schedule.numerator // (schedule.denominator * NS_PER_S))
