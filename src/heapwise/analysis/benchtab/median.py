"""benchstat's summary: the median and its interval between two order statistics.

Of n values, how many lie below the true median is binomial with one half. benchstat adds up the
likeliest counts, the lower of two equal ones first, until they have the confidence asked for; so
its interval may lie off the middle by one value and is narrower than
`analysis.stats.order_statistic`'s, which is symmetric. The tables print benchstat's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist

EXACT_UP_TO = 30
"""Values up to which the binomial chances are added up."""

_RIGHT_FIRST = {
    21: {2, 4, 7},
    22: {2, 4, 7, 10},
    23: {2, 4, 7},
    24: {2, 4, 7, 11},
    25: {2, 4, 7, 10},
    26: {2, 4, 7, 10},
    27: {2, 4, 7, 10, 11, 13},
    28: {2, 4, 7, 10, 12, 13},
    29: {2, 4, 5, 6, 7, 10, 13},
    30: {2, 4, 5, 6, 7, 8, 10, 13, 14},
}
"""Counts k whose chance benchstat, by rounding, takes to be below that of n - k: from 21 values on
it has them from logarithms. Measured on amd64; the two are equal, so either interval is right."""

_MOST_NEEDED = 50


def median(ordered: Sequence[float]) -> float:
    """The median with the rounding of quantile definition 8 (Hyndman and Fan 1996)."""
    n = len(ordered)
    fraction, whole = math.modf(1 / 3 + 0.5 * (n + 1 / 3))
    k = int(whole)
    if k >= n:
        return ordered[-1]
    return ordered[k - 1] + fraction * (ordered[k] - ordered[k - 1])


def interval(ordered: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """Both ends, infinite where there are too few values, and the confidence they have."""
    low, high, achieved = interval_ranks(len(ordered), confidence)
    return (
        ordered[low - 1] if low >= 1 else -math.inf,
        ordered[high - 1] if high <= len(ordered) else math.inf,
        achieved,
    )


@cache
def interval_ranks(n: int, confidence: float) -> tuple[int, int, float]:
    """The ranks of both ends, from 1; 0 and n + 1 lie outside. And the confidence they have."""
    if confidence >= 1:
        return 0, n + 1, 1.0
    if n > EXACT_UP_TO:
        return _approximate_ranks(n, confidence)
    low, high = n // 2, n // 2 + 1
    achieved = _chance(n, low)
    while achieved < confidence and (low > 0 or high <= n):
        if _left_is_likelier(n, low - 1, high):
            low -= 1
            achieved += _chance(n, low)
        else:
            achieved += _chance(n, high)
            high += 1
    return low, high, achieved


@cache
def values_needed(confidence: float) -> tuple[str, int]:
    """The fewest values with a finite interval, as ``>=`` and the number, or ``>`` and a limit."""
    for n in range(2, _MOST_NEEDED + 1):
        low, high, _ = interval_ranks(n, confidence)
        if low > 0 and high <= n:
            return ">=", n
    return ">", _MOST_NEEDED


def _chance(n: int, k: int) -> float:
    return math.comb(n, k) * 0.5**n if 0 <= k <= n else 0.0


def _left_is_likelier(n: int, left: int, right: int) -> bool:
    if left + right == n and left >= 0:
        return left not in _RIGHT_FIRST.get(n, ())
    return _chance(n, left) >= _chance(n, right)


def _approximate_ranks(n: int, confidence: float) -> tuple[int, int, float]:
    """From the normal distribution, half a count to either side of each whole one."""
    normal = NormalDist(n / 2, math.sqrt(n / 4))

    def coverage(low: int, high: int) -> float:
        return normal.cdf(high - 0.5) - normal.cdf(low - 0.5)

    # Confidence 0 has no tails to cut off.
    edge = normal.inv_cdf((1 - confidence) / 2)
    low, high = math.floor(edge - 0.5) + 1, math.ceil(n - edge - 0.5) + 1
    achieved = coverage(low, high)
    if confidence <= coverage(low, high - 1) < achieved:
        high -= 1
        achieved = coverage(low, high)
    if low <= 0 and high >= n + 1:
        achieved = 1.0
    return max(low, 0), min(high, n + 1), achieved
