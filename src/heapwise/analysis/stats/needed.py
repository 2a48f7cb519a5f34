"""How many rounds it takes: to be able to decide at all, and about how many more to decide."""

from __future__ import annotations

import math
from statistics import NormalDist

from heapwise.analysis.stats.mann_whitney import smallest_p
from heapwise.analysis.stats.order_statistic import least_values

MOST = 200
"""More rounds than this are no advice: the noise has to go down instead."""

_NORMAL = NormalDist()


def least_rounds(alpha: float, family: int, confidence: float) -> int:
    """Rounds of each side below which nothing can be decided.

    From there on the smallest p-value passes after the correction for the whole family, and the
    medians have an interval of the confidence asked for: 6 for 5 %, five metrics and 95 %.
    """
    needed = least_values(confidence)
    while needed < MOST and family * smallest_p(needed, needed) > alpha:
        needed += 1
    return needed


def more_rounds(
    rounds: int, delta: float, interval: tuple[float, float], margin: float, strictness: float
) -> int | None:
    """About how many more rounds of each side would decide, if all goes on as it did.

    Intervals shrink with the root of the number of rounds. Where the change seen is at least the
    margin, the interval has to shrink until it leaves out zero, by `strictness` more than that
    because the test is corrected; else until it lies within the margin.

    Args:
        rounds: of each side so far, the fewer of the two.
        delta: the change seen.
        interval: of it.
        margin: the minimum effect.
        strictness: see `strictness`.

    Returns:
        None where it would take more than `MOST`.
    """
    low, high = interval
    half = (high - low) / 2
    goal = abs(delta) / strictness if abs(delta) >= margin else margin - abs(delta)
    if not goal > half / math.sqrt(1 + MOST / rounds):  # nor where one of them is no number
        return None
    return max(1, math.ceil(rounds * (half / goal) ** 2) - rounds)


def strictness(alpha: float, family: int, confidence: float) -> float:
    """How much further than the interval's end a change must be for the corrected test."""
    tested = _NORMAL.inv_cdf(1 - alpha / family / 2)
    return max(1.0, tested / _NORMAL.inv_cdf(0.5 + confidence / 2))
