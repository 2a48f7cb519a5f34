"""The median of a few values, with an interval that needs no assumption about their distribution.

Of n independent values the number below the true median is binomial with one half. So the interval
from the k-th smallest to the k-th largest holds it with a chance of ``1 - 2 P(B < k)``, whatever
the distribution; where values repeat, with at least that. Only certain levels can be had, and the
one that was had is told: with six values the whole range has 96.9 %, with five no interval reaches
95 %.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from functools import cache

from heapwise.model.comparison import Estimate


def estimate(values: Sequence[float], confidence: float) -> Estimate:
    """The median and the narrowest interval that has at least the confidence asked for.

    Where even the whole range has less, that is given with what it has.

    Args:
        values: at least one, all finite.
        confidence: as 0.95.
    """
    ordered = sorted(values)
    depth, achieved = interval_depth(len(ordered), confidence)
    return Estimate(
        median=float(statistics.median(ordered)),
        low=float(ordered[depth - 1]),
        high=float(ordered[-depth]),
        confidence=achieved,
        values=tuple(float(value) for value in values),
    )


@cache
def interval_depth(n: int, confidence: float) -> tuple[int, float]:
    """How deep the interval's ends lie, 1 for the whole range, and the confidence it has.

    The deepest with at least the confidence asked for; 1 where there is none.
    """
    depth = 1
    while 2 * (depth + 1) <= n and _level(n, depth + 1) >= confidence:
        depth += 1
    return depth, _level(n, depth)


def least_values(confidence: float) -> int:
    """How many values the median needs for an interval of that confidence: 6 for 0.95."""
    return max(2, math.ceil(1 - math.log2(1 - confidence)))


def _level(n: int, depth: int) -> float:
    """``1 - 2 P(B < depth)`` for B binomial with n and one half."""
    below = sum(math.comb(n, count) for count in range(depth))
    return max(0.0, 1.0 - below / 2.0 ** (n - 1))
