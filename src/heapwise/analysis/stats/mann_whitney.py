"""Whether one of two groups tends to larger values: the test of Mann and Whitney.

``U`` counts the pairs in which the value of the first group is the larger, a tie as one half. If
the groups do not differ, every way to deal the pooled values out to the two is equally likely;
counting the ways gives the exact chance of a ``U`` as extreme as the one that was seen, ties
included. It asks nothing of the distribution, and is as strong as the t-test for all practical
purposes (H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics, 1947).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

EXACT_WITHOUT_TIES = 50
"""Values of either group up to which every way is counted, as benchstat does."""

EXACT_WITH_TIES = 25
"""The same where values repeat."""

_ROUNDING = 1e-12
"""So that 90 % can be had exactly, though ``1 - 0.9`` is below 0.1."""

Float64s = npt.NDArray[np.float64]


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p-value: twice the chance of the nearer tail, at most 1.

    Exact for few values; else by the normal approximation, corrected for ties and continuity.

    Args:
        first: at least one value.
        second: the same.
    """
    ties = tuple(count for _, count in sorted(Counter((*first, *second)).items()))
    n, m = len(first), len(second)
    if len(ties) == 1:
        return 1.0
    tied = max(ties) > 1
    if max(n, m) <= (EXACT_WITH_TIES if tied else EXACT_WITHOUT_TIES):
        tails = rank_sum_tails(n, ties)
        double_sum = round(2 * (pairs_won(first, second) + n * (n + 1) / 2))
        lower, upper = tails[0][double_sum], tails[1][double_sum]
        return min(1.0, 2 * float(min(lower, upper)))
    return _approximately(pairs_won(first, second), n, m, ties)


def pairs_won(first: Sequence[float], second: Sequence[float]) -> float:
    """``U``: pairs in which the value of ``first`` is the larger, ties as halves."""
    mine, theirs = np.asarray(first)[:, None], np.asarray(second)[None, :]
    return float((mine > theirs).sum() + (mine == theirs).sum() / 2)


def smallest_p(n: int, m: int) -> float:
    """The smallest p-value that groups of n and m can have: all of one above all of the other."""
    return min(1.0, 2 / math.comb(n + m, n))


@lru_cache(maxsize=256)
def shift_depth(n: int, m: int, confidence: float) -> tuple[int, float]:
    """Which differences of pairs bound the shift between two groups, and how surely.

    The k-th smallest and the k-th largest of all ``n * m`` differences bound it with a chance of
    ``1 - 2 P(U < k)`` (J. L. Hodges and E. L. Lehmann, Annals of Mathematical Statistics, 1963):
    the shifts that the test does not reject.

    Returns:
        The largest k with at least the confidence asked for, 0 where there is none; and what that
        has, or what k = 1 would have.
    """
    if max(n, m) > EXACT_WITHOUT_TIES:
        return _shift_depth_approximately(n, m, confidence)
    by_rank_sum, _ = rank_sum_tails(n, (1,) * (n + m))
    lower = by_rank_sum[n * (n + 1) :: 2]  # by U, whole numbers without ties
    depth = int(np.searchsorted(2 * lower, 1 - confidence + _ROUNDING, side="right"))
    level = 1 - 2 * float(lower[max(depth, 1) - 1])
    return depth, max(0.0, level)


@lru_cache(maxsize=256)
def rank_sum_tails(n: int, ties: tuple[int, ...]) -> tuple[Float64s, Float64s]:
    """Chances of at most, and of at least, each doubled rank sum of a group of n.

    Args:
        n: values in the group.
        ties: how often each distinct value occurs in both groups, smallest value first.
    """
    most = 2 * sum(ties) * n
    ways: list[Float64s] = [np.zeros(most + 1) for _ in range(n + 1)]  # by how many are dealt
    ways[0][0] = 1.0
    seen = 0
    for count in ties:
        rank = 2 * seen + count + 1  # doubled, so that the mean of tied ranks is whole
        for dealt in range(min(n, seen + count), 0, -1):
            for taken in range(1, min(count, dealt) + 1):
                source = ways[dealt - taken][: most + 1 - taken * rank]
                ways[dealt][taken * rank :] += math.comb(count, taken) * source
        seen += count
    chances = ways[n] / math.comb(seen, n)
    return np.cumsum(chances), np.cumsum(chances[::-1])[::-1]


def _approximately(won: float, n: int, m: int, ties: Sequence[int]) -> float:
    total = n + m
    tied = sum(count**3 - count for count in ties) / (total * (total - 1))
    spread = math.sqrt(n * m / 12 * (total + 1 - tied))
    distance = max(0.0, abs(won - n * m / 2) - 0.5)
    return math.erfc(distance / spread / math.sqrt(2))


def _shift_depth_approximately(n: int, m: int, confidence: float) -> tuple[int, float]:
    from statistics import NormalDist  # noqa: PLC0415 - of no use to groups of the usual size

    if (least := smallest_p(n, m)) > 1 - confidence + _ROUNDING:
        return 0, 1 - least
    spread = math.sqrt(n * m * (n + m + 1) / 12)
    quantile = NormalDist().inv_cdf(0.5 + confidence / 2)
    return max(1, math.floor(n * m / 2 - quantile * spread)), confidence
