"""In which order the sides take turns."""

from __future__ import annotations

from collections.abc import Sequence

BLOCK = 2
"""Rounds after which every side has stood at each place as often as its mirror image."""


def turns(sides: Sequence[str], number: int) -> tuple[str, ...]:
    """The sides in the order in which they run in a round: there in odd rounds, back in even ones.

    Two rounds make a block, ``base new new base``. Whatever drifts evenly while they run, the
    machine's temperature or a neighbour's load, adds the same to each side of a block and cancels.

    Args:
        sides: names.
        number: of the round, from 1.
    """
    return tuple(sides) if number % BLOCK else tuple(reversed(sides))


def whole_blocks(rounds: int) -> int:
    """The rounds that lie in complete blocks."""
    return rounds - rounds % BLOCK
