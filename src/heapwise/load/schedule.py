"""When hit i is due: a pure function, so that the backlog needs no storage and no error adds up.

The overdue hits are exactly the indices from the next unsent one up to the last with
``offset_ns(schedule, i) <= now``, in order.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

import numpy as np

from heapwise.errors import UsageError
from heapwise.load.shapes import linear_offsets, poisson_offsets, sine_offsets
from heapwise.model.profile import Int64s
from heapwise.model.schedules import (
    ConstantRate,
    Poisson,
    Ramp,
    Replay,
    Saturate,
    Schedule,
    Sine,
    Steps,
)
from heapwise.units import NS_PER_S, format_count

MAX_HITS = 100_000_000
"""More than a day at 1000 requests per second, and what fits the memory that analyses it."""


def total(schedule: Schedule) -> int:
    """How many hits the schedule has: the integral of the rate, rounded to the nearest whole one.

    Of a closed loop nobody knows before; it has at most `MAX_HITS`.

    Raises:
        UsageError: none, or more than `MAX_HITS`.
    """
    if isinstance(schedule, Saturate):
        return MAX_HITS
    count = round(schedule.rate * schedule.duration_ns / NS_PER_S)
    if not 0 < count <= MAX_HITS:
        raise UsageError(
            f"rate x duration makes {count:,} requests", f"from 1 to {MAX_HITS:,} can be sent"
        )
    return count


def check_closed_loop(schedule: Schedule, connections: int, budget: int = MAX_HITS) -> None:
    """Refuse a closed loop that would never be full.

    Args:
        schedule: nothing is asked of one that is no closed loop.
        connections: at once, 0 for no cap.
        budget: sockets that there are file descriptors for.

    Raises:
        UsageError: there is no cap, or more than the system can open.
    """
    if not isinstance(schedule, Saturate):
        return
    if not connections:
        raise UsageError(
            "as fast as the connections allow, and no number of connections",
            hint="add -max-connections N, or give a -rate",
        )
    if connections > budget:
        raise UsageError(
            f"a closed loop of {format_count(connections)} connections",
            f"there are file descriptors for {format_count(budget)}",
            "raise `ulimit -Hn`, or lower -max-connections",
        )


def offset_ns(schedule: Schedule, index: int) -> int:
    """When hit ``index`` is due, ns after the start; at a constant rate ``floor(index / rate)``."""
    if isinstance(schedule, ConstantRate):
        return index * schedule.denominator * NS_PER_S // schedule.numerator
    return int(offsets(schedule, index, index + 1)[0])


def offsets(schedule: Schedule, first: int = 0, last: int | None = None) -> Int64s:
    """`offset_ns` of the hits from ``first`` up to, not with, ``last``; int64[last - first].

    The hits of a closed loop are all due at the start: the connections make them wait. Beyond the
    `total` only a constant rate goes on.
    """
    last = total(schedule) if last is None else last
    match schedule:
        case ConstantRate():
            return _constant_offsets(schedule, first, last)
        case Ramp() | Steps():
            return linear_offsets(schedule, np.arange(first, last, dtype=np.int64))
        case Sine():
            return sine_offsets(schedule, np.arange(first, last, dtype=np.int64))
        case Poisson():
            return poisson_offsets(schedule, first, last, total(schedule))
        case Replay():
            return schedule.arrivals[first:last]
        case Saturate():
            return np.zeros(last - first, np.int64)


def due_by(schedule: Schedule, elapsed_ns: int) -> int:
    """How many hits are due ``elapsed_ns`` after the start: those with ``offset_ns <= elapsed``.

    The inverse of `offset_ns`; at a constant rate it may exceed `total`. There floor(i x d / n)
    <= e holds as long as i x d < (e + 1) x n.
    """
    if elapsed_ns < 0:
        return 0
    if isinstance(schedule, ConstantRate):
        return -(-(elapsed_ns + 1) * schedule.numerator // (schedule.denominator * NS_PER_S))
    indices = range(total(schedule))
    return bisect_right(indices, elapsed_ns, key=lambda index: offset_ns(schedule, index))


def warm_up(schedule: Schedule, duration_ns: int) -> ConstantRate | Saturate | None:
    """What to send before a schedule, so that its start finds the service warm.

    Returns:
        the rate it starts with, constant; a closed loop before a closed loop; None where not even
        one hit would be due.
    """
    if isinstance(schedule, Saturate):
        return Saturate(duration_ns) if duration_ns else None
    rate = _starting_rate(schedule)
    return ConstantRate.of(rate, duration_ns) if rate * duration_ns >= NS_PER_S else None


def steady(schedule: Schedule, duration_ns: int) -> ConstantRate | Saturate:
    """The mean of a schedule, constant; a closed loop stays one."""
    if isinstance(schedule, Saturate):
        return Saturate(duration_ns)
    return ConstantRate.of(schedule.rate, duration_ns)


def _starting_rate(schedule: Schedule) -> Fraction:
    match schedule:
        case Ramp(start=start):
            return Fraction(*start)
        case Steps(steps=steps):
            return steps[0].rate
        case Sine(mean=mean):
            return Fraction(*mean)
        case _:
            return schedule.rate


def _constant_offsets(schedule: ConstantRate, first: int, last: int) -> Int64s:
    """``index * period`` may not fit 64 bits: whole and broken nanoseconds are multiplied apart."""
    whole, rest = divmod(schedule.denominator * NS_PER_S, schedule.numerator)
    if rest * last >= 1 << 63:
        return np.array([offset_ns(schedule, index) for index in range(first, last)], np.int64)
    index = np.arange(first, last, dtype=np.int64)
    return index * whole + index * rest // schedule.numerator
