"""Summarises one sample and compares two, under what is assumed of their unit.

The numbers are benchstat's, except those that no p-value can have; see `two_sided_p`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from heapwise.analysis.benchtab.median import interval, median, values_needed
from heapwise.analysis.stats.mann_whitney import (
    EXACT_WITH_TIES,
    mann_whitney,
    pairs_won,
    rank_sum_tails,
    smallest_p,
)
from heapwise.formats.benchfmt.numbers import format_float
from heapwise.model.bench import Summary, Versus

_MOST_NEEDED = 9
"""Samples up to which a table says how many a test needs, as in benchstat."""


def in_order(values: Sequence[float]) -> tuple[float, ...]:
    """Ascending, NaN first."""
    return tuple(sorted(values, key=lambda value: (not math.isnan(value), value)))


def summarise(ordered: Sequence[float], confidence: float, *, exact: bool) -> Summary:
    """The centre of a sample and how sure it is.

    Args:
        ordered: as `in_order` returns them, at least one.
        confidence: of the interval.
        exact: the unit does not vary; more values make nothing surer.
    """
    if exact:
        return _summarise_exact(ordered)
    low, high, achieved = interval(ordered, confidence)
    warnings = []
    if math.isinf(low) or math.isinf(high):
        relation, needed = values_needed(confidence)
        warnings.append(
            f"need {relation} {needed} samples for confidence interval "
            f"at level {format_float(confidence)}"
        )
    return Summary(
        center=median(ordered),
        low=low,
        high=high,
        confidence=achieved,
        n=len(ordered),
        warnings=tuple(warnings),
    )


def compare(base: Sequence[float], new: Sequence[float], alpha: float, *, exact: bool) -> Versus:
    """Whether two samples differ; the verdict and the relative change are left to the caller."""
    if exact:
        return Versus(p=0.0, alpha=0.0, n_base=len(base), n=len(new), delta=None)
    p, warnings = 1.0, []
    if len({*base, *new}) == 1:
        warnings.append("all samples are equal")
    else:
        p = two_sided_p(base, new)
        relation, needed = samples_needed(alpha)
        if p > alpha and len(base) < needed and len(new) < needed:
            warnings.append(
                f"need {relation} {needed} samples to detect a difference "
                f"at alpha level {format_float(alpha)}"
            )
    return Versus(
        p=p, alpha=alpha, n_base=len(base), n=len(new), delta=None, warnings=tuple(warnings)
    )


def two_sided_p(base: Sequence[float], new: Sequence[float]) -> float:
    """The p-value of Mann and Whitney as benchstat has it.

    Groups of unlike sizes with ties have a lopsided ``U``. benchstat then looks up the smaller
    ``U`` of the two groups in the distribution of the first, whichever it belongs to, and doubles
    what it finds. Where that is 0 or above 1, which says nothing, both tails of the right one
    decide, as they do everywhere else (`mann_whitney`).
    """
    n, m = len(base), len(new)
    ties = tuple(count for _, count in sorted(Counter((*base, *new)).items()))
    p = mann_whitney(base, new)
    if n == m or max(ties) == 1 or max(n, m) > EXACT_WITH_TIES:
        return p
    won = pairs_won(base, new)
    smaller = min(won, n * m - won)
    if 2 * smaller == n * m:
        return 1.0
    lower, _ = rank_sum_tails(n, ties)
    looked_up = 2 * float(lower[round(2 * smaller) + n * (n + 1)])
    return looked_up if 0 < looked_up <= 1 else p


def samples_needed(alpha: float) -> tuple[str, int]:
    """The fewest samples of each side whose smallest p-value is at most alpha."""
    for n in range(1, _MOST_NEEDED + 1):
        if smallest_p(n, n) <= alpha:
            return ">=", n
    return ">", _MOST_NEEDED + 1


def _summarise_exact(ordered: Sequence[float]) -> Summary:
    """The most frequent value, the smallest of equally frequent ones."""
    counts = Counter(ordered)
    center = max(counts, key=counts.__getitem__)  # the first of equals, and they are in order
    low, high = ordered[0], ordered[-1]
    warnings = []
    if counts[center] != len(ordered):
        warnings.append(
            "exact distribution expected, but values range "
            f"from {format_float(low)} to {format_float(high)}"
        )
    return Summary(
        center=center,
        low=low,
        high=high,
        confidence=1.0,
        n=len(ordered),
        warnings=tuple(warnings),
    )
