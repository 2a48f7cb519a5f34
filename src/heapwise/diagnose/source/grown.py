"""What arrays that grow would have taken with room from the start, told by their sizes in a run.

How much goes depends on how often a slice grew: with 20 elements half, with 3,000 seven tenths.
The source does not know, but the profile does: it has the size of each array that was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from heapwise.analysis.allocation import CallSite
from heapwise.analysis.size_classes import Block
from heapwise.diagnose.case import Case
from heapwise.diagnose.source.match import Match

_LEAST_SIZES = 3
"""With fewer, too little of the growth was sampled to be judged by."""


def by_sizes(match: Match, case: Case, sites: Sequence[CallSite]) -> Match:
    """A match with the share that is saved as the run tells it, where it `Match.grows`.

    Args:
        match: as the source tells it.
        case: the run.
        sites: that the match costs.
    """
    if not match.grows:
        return match
    lines = dict.fromkeys(site.path[0] for site in sites)
    saved = saved_by_room(block for line in lines for block in case.blocks.get(line, ()))
    return match if saved is None else replace(match, saved=saved)


def saved_by_room(blocks: Iterable[Block]) -> float | None:
    """The share of arrays that had not been made, had each been made once, of the final length.

    As many slices end at a size as arrays were made of it and were not of the next. Such a slice
    is longer than the size before; half way between the two is taken for its length.

    Args:
        blocks: the arrays that slices had one after another while they grew.

    Returns:
        From 0 to 1; None where that cannot be told.
    """
    numbers: dict[int, float] = defaultdict(float)
    for block in blocks:
        numbers[block.size] += block.number
    sizes = sorted(numbers)
    if len(sizes) < _LEAST_SIZES:
        return None
    lengths = [0.0, *((before + size) / 2 for before, size in pairwise([sizes[0] / 2, *sizes]))]
    needed = sum(
        numbers[size] * (length - before)
        for size, (before, length) in zip(sizes, pairwise(lengths), strict=True)
    )
    made = sum(size * number for size, number in numbers.items())
    return min(1.0, max(0.0, 1 - needed / made)) if made > 0 else None
