"""The sides take turns so that whatever drifts evenly cancels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.verify.order import turns, whole_blocks


def test_two_sides_make_the_pattern_abba() -> None:
    """Base runs first in odd rounds and last in even ones."""
    order = [side for number in (1, 2, 3, 4) for side in turns(("base", "new"), number)]
    assert order == ["base", "new", "new", "base", "base", "new", "new", "base"]


def test_a_third_side_makes_the_pattern_abccba() -> None:
    """With a side that is ablated every second round is mirrored too."""
    order = "".join(side for number in (1, 2) for side in turns(("A", "B", "C"), number))
    assert order == "ABCCBA"


@given(
    sides=st.sampled_from([("base", "new"), ("base", "new", "ablated")]),
    blocks=st.integers(1, 20),
    slope=st.floats(-10, 10),
)
def test_a_steady_drift_adds_the_same_to_every_side(
    sides: tuple[str, ...], blocks: int, slope: float
) -> None:
    """Over whole blocks the mean place in time is equal for all sides."""
    order = [side for number in range(1, 2 * blocks + 1) for side in turns(sides, number)]
    drift = dict.fromkeys(sides, 0.0)
    for place, side in enumerate(order):
        drift[side] += slope * place
    assert max(drift.values()) == pytest.approx(min(drift.values()), abs=1e-6)


@pytest.mark.parametrize(("rounds", "whole"), [(1, 0), (2, 2), (5, 4), (6, 6)])
def test_blocks_are_two_rounds_long(rounds: int, whole: int) -> None:
    """A round that has no mirror image is in no block."""
    assert whole_blocks(rounds) == whole
