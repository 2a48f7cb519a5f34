"""How much of the arrays of growing slices goes, when they are made with room."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from heapwise.analysis.size_classes import Block
from heapwise.diagnose.source.grown import saved_by_room

INTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280, 1792, 2560, 3408, 5120, 7168, 9216)
"""Capacities that a []int of Go has one after another."""


def grown(lengths: list[int]) -> tuple[list[Block], float]:
    """The arrays of slices of such lengths, and what share of their bytes room would save."""
    made: Counter[int] = Counter()
    for length in lengths:
        last = next(index for index, capacity in enumerate(INTS) if capacity >= length)
        made.update(8 * capacity for capacity in INTS[: last + 1])
    total = sum(size * number for size, number in made.items())
    blocks = [Block(size, float(number)) for size, number in made.items()]
    return blocks, 1 - 8 * sum(lengths) / total


@pytest.mark.parametrize("length", [20, 100, 1000, 3000, 9000])
def test_slices_of_one_length_are_told_by_their_largest_array(length: int) -> None:
    """Whatever the length, and where in its array it ends, within a fifth."""
    blocks, saved = grown([length] * 50)
    assert saved_by_room(blocks) == pytest.approx(saved, rel=0.2)


def test_slices_of_many_lengths_are_told_together() -> None:
    """Those that end at each size are what more of it than of the next was made."""
    random = Random(1)  # noqa: S311 - no secret
    blocks, saved = grown([random.randint(1, 5000) for _ in range(500)])
    assert saved_by_room(blocks) == pytest.approx(saved, rel=0.05)


def test_smallest_arrays_need_not_be_sampled() -> None:
    """They hardly weigh anything."""
    blocks, saved = grown([3000] * 50)
    assert saved_by_room(blocks[4:]) == pytest.approx(saved, rel=0.05)


@pytest.mark.parametrize("blocks", [[], [Block(64, 5.0)], [Block(64, 5.0), Block(128, 5.0)]])
def test_what_hardly_grew_is_not_judged(blocks: list[Block]) -> None:
    """One array or two are no growth to reckon with."""
    assert saved_by_room(blocks) is None
