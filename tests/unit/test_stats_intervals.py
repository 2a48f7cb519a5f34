"""Medians, shifts and their intervals: against formulas, against scipy, and in simulation."""

from __future__ import annotations

import os
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.stats.equivalence import same
from heapwise.analysis.stats.order_statistic import estimate, interval_depth, least_values
from heapwise.analysis.stats.shift import difference, relative

REPEATS = 20_000 if os.environ.get("HEAPWISE_FULL") == "1" else 2_000
VALUES = st.floats(1e-6, 1e12)


@pytest.mark.parametrize(
    ("n", "depth", "confidence"),
    [
        (1, 1, 0.0),
        (2, 1, 0.5),
        (5, 1, 0.9375),
        (6, 1, 0.96875),
        (8, 1, 0.9921875),
        (9, 2, 0.9609375),
        (12, 3, 0.96142578125),
        (30, 10, 0.9572260547429323),
    ],
)
def test_the_interval_of_the_median_has_the_level_that_the_binomial_gives_it(
    n: int, depth: int, confidence: float
) -> None:
    """Six values are the fewest whose whole range holds the median in 95 of 100 cases."""
    assert interval_depth(n, 0.95) == (depth, pytest.approx(confidence, abs=1e-12))


@pytest.mark.parametrize(("confidence", "least"), [(0.5, 2), (0.9, 5), (0.95, 6), (0.99, 8)])
def test_how_many_values_an_interval_takes(confidence: float, least: int) -> None:
    """One value less has less than was asked for."""
    assert least_values(confidence) == least
    assert interval_depth(least, confidence)[1] >= confidence
    assert least == 2 or interval_depth(least - 1, confidence)[1] < confidence


def test_too_few_values_give_their_range_with_what_it_has() -> None:
    """Nobody is shown an infinite interval, or a level that was not reached."""
    found = estimate([3.0, 1.0, 2.0], 0.95)
    assert (found.median, found.low, found.high, found.confidence) == (2.0, 1.0, 3.0, 0.75)
    assert found.values == (3.0, 1.0, 2.0)


@given(st.lists(VALUES, min_size=1, max_size=60), st.integers(51, 999).map(lambda n: n / 1000))
def test_an_estimate_holds_its_median(values: list[float], confidence: float) -> None:
    """The ends are two of the values, and the level is what was asked for where that can be had."""
    found = estimate(values, confidence)
    assert found.low <= found.median <= found.high
    assert {found.low, found.high} <= set(values)
    assert found.median == statistics.median(values)
    assert found.confidence >= confidence or len(values) < least_values(confidence)


@pytest.mark.parametrize("n", [4, 6, 9, 15])
@pytest.mark.parametrize("shape", ["normal", "skewed", "rounded"])
def test_intervals_of_the_median_cover_what_they_say(n: int, shape: str) -> None:
    """Conservative where values repeat, exact where they do not, whatever the distribution."""
    random = np.random.default_rng(n)
    draws, truth = {
        "normal": (random.normal(size=(REPEATS, n)), 0.0),
        "skewed": (random.exponential(size=(REPEATS, n)), float(np.log(2))),
        "rounded": (random.normal(size=(REPEATS, n)).round(), 0.0),
    }[shape]
    found = [estimate(row.tolist(), 0.95) for row in draws]
    covered = sum(each.low <= truth <= each.high for each in found) / REPEATS
    assert covered >= found[0].confidence - 4 * (0.05 * 0.95 / REPEATS) ** 0.5


@pytest.mark.parametrize(("n", "m"), [(4, 4), (6, 6), (6, 10), (12, 12)])
def test_intervals_of_a_ratio_cover_what_they_say(n: int, m: int) -> None:
    """The true ratio is 1.03, of noise that is skewed as times are."""
    random = np.random.default_rng(n * m)
    base = np.exp(random.gumbel(size=(REPEATS, n)) * 0.02)
    new = 1.03 * np.exp(random.gumbel(size=(REPEATS, m)) * 0.02)
    covered, level = 0, 1.0
    for first, second in zip(base.tolist(), new.tolist(), strict=True):
        found = relative(first, second, 0.95)
        assert found is not None
        covered, level = covered + (found.low <= 0.03 <= found.high), found.confidence
    assert level >= 0.95
    assert covered / REPEATS >= level - 4 * (0.05 * 0.95 / REPEATS) ** 0.5


def test_three_of_each_have_no_interval_of_the_shift() -> None:
    """All of one above all of the other happens by chance in one case of ten."""
    assert difference([1, 2, 3], [4, 5, 6], 0.95) is None
    found = difference([1, 2, 3], [4, 5, 6], 0.9)
    assert found is not None
    assert (found.low, found.high, found.confidence) == (1.0, 5.0, pytest.approx(0.9))


@given(st.lists(VALUES, min_size=4, max_size=12), st.floats(0.01, 100))
def test_a_ratio_of_multiples_is_the_factor(values: list[float], factor: float) -> None:
    """Scaling a side scales its interval and nothing else."""
    same_side, scaled = (
        relative(values, [value * by for value in values], 0.95) for by in (1.0, factor)
    )
    assert same_side is not None
    assert scaled is not None
    assert same_side.low <= 1e-12
    assert same_side.high >= -1e-12
    assert 1 + scaled.low == pytest.approx(factor * (1 + same_side.low))
    assert 1 + scaled.high == pytest.approx(factor * (1 + same_side.high))


def test_no_difference_has_to_be_shown() -> None:
    """A wide interval around zero is no proof of anything."""
    assert same(-0.01, 0.015, 0.02)
    assert same(0.0, 0.0, 0.0)
    assert not same(-0.01, 0.03, 0.02)
    assert not same(-0.2, 0.2, 0.02)
