"""The test of Mann and Whitney, corrections for many, alpha spent over looks, rounds needed."""

from __future__ import annotations

import itertools
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from heapwise.analysis.stats.mann_whitney import (
    mann_whitney,
    pairs_won,
    shift_depth,
    smallest_p,
)
from heapwise.analysis.stats.multiple import benjamini_hochberg, holm
from heapwise.analysis.stats.needed import MOST, least_rounds, more_rounds, strictness
from heapwise.analysis.stats.sequential import look_alpha, spent_alpha

REPEATS = 20_000 if os.environ.get("HEAPWISE_FULL") == "1" else 2_000
FEW = st.lists(st.integers(0, 6), min_size=1, max_size=6)
CHANCES = st.lists(st.floats(0, 1), max_size=30)


def by_hand(first: list[int], second: list[int]) -> float:
    """The definition: deal the values out in every way, and count those as extreme."""
    pooled, n = [*first, *second], len(first)
    dealt = []
    for chosen in itertools.combinations(range(len(pooled)), n):
        rest = [pooled[index] for index in range(len(pooled)) if index not in chosen]
        dealt.append(pairs_won([pooled[index] for index in chosen], rest))
    seen = pairs_won(first, second)
    below = sum(won <= seen for won in dealt) / len(dealt)
    above = sum(won >= seen for won in dealt) / len(dealt)
    return min(1.0, 2 * min(below, above))


@given(FEW, FEW)
def test_it_is_exact_with_ties_too(first: list[int], second: list[int]) -> None:
    """Equal to counting every way to deal the values out."""
    assert mann_whitney(first, second) == pytest.approx(by_hand(first, second), abs=1e-12)


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=40, unique=True),
    st.integers(1, 39),
)
def test_without_ties_it_is_scipys_exact_one(values: list[float], where: int) -> None:
    """Up to fifty values of either side."""
    where = min(where, len(values) - 1)
    first, second = values[:where], values[where:]
    oracle = scipy_stats.mannwhitneyu(first, second, method="exact").pvalue
    assert mann_whitney(first, second) == pytest.approx(oracle, abs=1e-10)


@given(
    st.lists(st.integers(0, 9), min_size=26, max_size=60),
    st.lists(st.integers(0, 9), min_size=26, max_size=60),
)
def test_of_many_values_it_is_scipys_approximation(first: list[int], second: list[int]) -> None:
    """With the corrections for ties and continuity."""
    if len({*first, *second}) == 1:
        assert mann_whitney(first, second) == 1.0
        return
    oracle = scipy_stats.mannwhitneyu(first, second, method="asymptotic").pvalue
    assert mann_whitney(first, second) == pytest.approx(oracle, abs=1e-10)


def test_equal_values_differ_in_nothing() -> None:
    """However many there are."""
    assert mann_whitney([5.0] * 6, [5.0] * 6) == 1.0
    assert mann_whitney([5.0] * 99, [5.0] * 99) == 1.0


def test_counters_without_any_spread_reach_the_smallest_p_and_no_less() -> None:
    """Six equal values against six others prove as much as six against six ever can."""
    assert mann_whitney([5.0] * 6, [7.0] * 6) == pytest.approx(smallest_p(6, 6))
    assert smallest_p(6, 6) == pytest.approx(2 / 924)
    assert smallest_p(4, 4) == pytest.approx(0.0286, abs=1e-4)
    assert smallest_p(5, 5) == pytest.approx(0.0079, abs=1e-4)
    assert smallest_p(1, 1) == 1.0


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([0.7, 0.9, 0.95, 0.99]))
def test_the_shift_interval_is_what_the_test_does_not_reject(
    n: int, m: int, confidence: float
) -> None:
    """Its level is that of counting every way; one difference further in is less than asked for."""
    ranks = range(n + m)
    won = [
        pairs_won(chosen, [rank for rank in ranks if rank not in chosen])
        for chosen in itertools.combinations(ranks, n)
    ]

    def level(depth: int) -> float:
        return 1 - 2 * sum(each < depth for each in won) / len(won)

    depth, found = shift_depth(n, m, confidence)
    assert found == pytest.approx(max(0.0, level(max(depth, 1))), abs=1e-12)
    assert depth == 0 or found >= confidence - 1e-12
    assert level(depth + 1) < confidence


@pytest.mark.parametrize(
    ("n", "depth", "level"), [(3, 0, 0.9), (4, 1, 0.9714), (5, 3, 0.9683), (6, 6, 0.9589)]
)
def test_known_shift_intervals(n: int, depth: int, level: float) -> None:
    """As tables of the test have them."""
    assert shift_depth(n, n, 0.95) == (depth, pytest.approx(level, abs=1e-4))


def test_a_large_group_beside_a_single_value_has_only_the_confidence_it_has() -> None:
    """All of fifty-one above one other is too likely for 99 %, however many there are."""
    assert shift_depth(51, 1, 0.99) == (0, pytest.approx(1 - 2 / 52))
    assert shift_depth(51, 1, 0.95)[0] == 1


def test_large_groups_have_approximate_shift_intervals() -> None:
    """At fifty of each the exact and the approximate one are next to each other."""
    exact, _ = shift_depth(50, 50, 0.95)
    approximate, _ = shift_depth(51, 51, 0.95)
    assert exact == pytest.approx(approximate, rel=0.06)


@given(CHANCES)
def test_holm_is_stricter_than_nothing_and_milder_than_bonferroni(p_values: list[float]) -> None:
    """It keeps the order, and never exceeds 1."""
    found = holm(p_values)
    for p, corrected in zip(p_values, found, strict=True):
        assert p <= corrected <= min(1.0, p * len(p_values))
    pairs = sorted(zip(p_values, found, strict=True))
    assert [each for _, each in pairs] == sorted(found)


def test_holm_by_hand() -> None:
    """Times five, four, three; and none below the one before it."""
    found = holm([0.01, 0.04, 0.03, 0.005, 0.9])
    assert found == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.9])


@given(CHANCES)
def test_benjamini_and_hochberg_is_scipys(p_values: list[float]) -> None:
    """Of the share of false ones."""
    if p_values:
        oracle = scipy_stats.false_discovery_control(p_values).tolist()
        assert benjamini_hochberg(p_values) == pytest.approx(oracle)
    else:
        assert benjamini_hochberg([]) == []


@given(st.integers(1, 30), st.floats(0.001, 0.5))
def test_all_looks_together_spend_alpha(looks: int, alpha: float) -> None:
    """Little at first, most at the end, and never more than there is."""
    spent = [look_alpha(look, looks, alpha) for look in range(1, looks + 1)]
    assert sum(spent) == pytest.approx(alpha)
    assert all(each >= 0 for each in spent)
    assert spent[0] == min(spent) or looks == 1 or alpha > 0.2


def test_looks_may_be_told_by_their_rounds() -> None:
    """A look that is left out leaves its part to the next one."""
    parts = [look_alpha(6, 12, 0.05, after=0), look_alpha(12, 12, 0.05, after=6)]
    assert sum(parts) == pytest.approx(0.05)
    assert parts[0] == pytest.approx(spent_alpha(0.5, 0.05)) == pytest.approx(0.00557, abs=1e-5)


@pytest.mark.parametrize(("look", "of", "after"), [(0, 4, None), (5, 4, None), (2, 4, 2)])
def test_looks_come_in_order(look: int, of: int, after: int | None) -> None:
    """A look before the one before it has nothing to spend."""
    with pytest.raises(ValueError, match="out of order"):
        look_alpha(look, of, 0.05, after=after)


@pytest.mark.parametrize(("fraction", "alpha"), [(-0.1, 0.05), (1.1, 0.05), (0.5, 0.0), (0.5, 1)])
def test_only_chances_are_spent(fraction: float, alpha: float) -> None:
    """Anything else is a mistake of the caller."""
    with pytest.raises(ValueError, match="not a fraction"):
        spent_alpha(fraction, alpha)


def test_peeking_is_paid_for() -> None:
    """Four looks together err in at most 5 % of cases; without paying for them, in more."""
    random = np.random.default_rng(7)
    looks = (6, 8, 10, 12)
    paid = [
        look_alpha(look, 12, 0.05, after=before) for before, look in itertools.pairwise((0, *looks))
    ]
    alarms = unpaid = 0
    for _ in range(REPEATS):
        base, new = random.normal(size=(2, 12)).tolist()
        p_values = [mann_whitney(base[:look], new[:look]) for look in looks]
        alarms += any(p <= alpha for p, alpha in zip(p_values, paid, strict=True))
        unpaid += any(p <= 0.05 for p in p_values)
    assert alarms / REPEATS <= 0.05
    assert unpaid / REPEATS > 0.06


def test_six_rounds_are_the_fewest_for_five_questions() -> None:
    """With four not even the clearest difference would survive the correction."""
    assert least_rounds(0.05, 5, 0.95) == 6
    assert 5 * smallest_p(4, 4) > 0.05 >= 5 * smallest_p(6, 6)
    assert least_rounds(0.001, 5, 0.95) == 8


def test_more_rounds_follow_from_the_width_of_the_interval() -> None:
    """Half the width takes four times the rounds."""
    assert more_rounds(6, 0.05, (-0.05, 0.15), 0.02, 1.0) == 18
    assert more_rounds(6, 0.0, (-0.04, 0.04), 0.02, 1.0) == 18
    assert more_rounds(6, 0.03, (-0.001, 0.061), 0.02, 1.0) == 1


def test_hopeless_noise_is_called_so() -> None:
    """Neither a change next to the minimum effect nor a tenth of the noise can be resolved."""
    assert more_rounds(6, 0.01999, (-0.5, 0.5), 0.02, 1.0) is None
    assert more_rounds(6, 0.05, (-0.5, 0.5), 0.02, 1.0) is None
    assert (more_rounds(6, 0.05, (-0.2, 0.3), 0.02, 1.0) or 0) <= MOST


@pytest.mark.parametrize("interval", [(math.inf, math.inf), (-math.inf, math.inf), (math.nan, 1.0)])
def test_an_interval_without_a_width_is_no_advice(interval: tuple[float, float]) -> None:
    """Changes from next to nothing are beyond what a number can hold."""
    assert more_rounds(6, math.inf, interval, 0.02, 1.0) is None


def test_the_corrected_test_asks_for_more_than_the_interval() -> None:
    """By the ratio of the quantiles; never for less."""
    normal = scipy_stats.norm
    ratio = normal.ppf(1 - 0.05 / 10) / normal.ppf(0.975)
    assert strictness(0.05, 5, 0.95) == pytest.approx(ratio)
    assert strictness(0.05, 1, 0.99) == 1.0
    assert math.isfinite(strictness(1e-6, 5, 0.95))
