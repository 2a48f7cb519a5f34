"""What it would take to tell the first rows of a table apart.

Two estimates are told apart where their difference is more than its own 95 % interval. The
variance of a sum of sampled events falls as the run gets longer, and as the sampling gets denser;
for objects that are large against the sampling distance it falls faster than that. A run k times
as long, or a distance of one k-th, is therefore enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from heapwise.model.finding import Interval
from heapwise.units import format_size

_LOOKED_AT = 5
"""Rows whose order is worth a longer run."""

_ENOUGH = 100
"""Whoever would have to run longer than this many times has the answer: they weigh the same."""


def advice(rows: Sequence[Interval], period: int, *, live: bool) -> tuple[str, ...]:
    """What to do where the order of the first rows is left to chance; nothing where it is not.

    Args:
        rows: in the order of the table.
        period: mean bytes between two samples.
        live: they show what is in use, of which a longer run has no more.
    """
    needed = {
        number: times
        for number, (one, other) in enumerate(pairwise(rows[:_LOOKED_AT]), 1)
        if (times := times_longer(one, other)) > 1
    }
    alike = [number for number, times in needed.items() if times > _ENOUGH]
    unsettled = [number for number in needed if number not in alike]
    found = []
    if unsettled:
        times = math.ceil(max(needed[number] for number in unsettled))
        distance = denser(period, times)
        longer = "" if live else f"run {times}x longer, or "
        found.append(
            f"rows {_pairs(unsettled)} may change places by chance alone: {longer}sample every "
            f"{format_size(distance)} (in Go runtime.MemProfileRate = {distance})"
        )
    if alike:
        found.append(f"rows {_pairs(alike)} weigh the same as far as can be told")
    return tuple(found)


def times_longer(one: Interval, other: Interval) -> float:
    """How many times longer a run must be to tell two estimates apart; at most 1 if it can now.

    Of each interval the side that faces the other estimate counts: those of few events are not
    symmetric.
    """
    upper, lower = (one, other) if one.value >= other.value else (other, one)
    apart = upper.value - lower.value
    error = math.hypot(upper.value - upper.low, lower.high - lower.value)
    if apart <= 0:
        return math.inf if error > 0 else 1.0
    return (error / apart) ** 2


def denser(period: int, times: float) -> int:
    """The next power of two that is at most one ``times``-th of a sampling distance."""
    wanted = int(period / max(times, 1.0))
    return 1 << max(0, wanted.bit_length() - 1)  # a logarithm rounds up just below a power


def _pairs(numbers: Sequence[int]) -> str:
    """``1 and 2, 3 and 4``, of the first of each pair."""
    return ", ".join(f"{number} and {number + 1}" for number in numbers)
