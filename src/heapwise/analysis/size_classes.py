"""Sizes of blocks as heap profiles label them: by line, and made comparable over time.

Go has a sample for each exact size. Our agent for Python has one for each class of sizes, labelled
with their mean so far, which drifts as blocks are sampled: the same row of two profiles has two
labels then, and would not cancel out. What the pair has in common is the class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from heapwise.analysis.frames import CallPaths, Frame
from heapwise.model.profile import Profile

_LABEL = b"bytes"

Path = tuple[Frame, ...]


class Block(NamedTuple):
    """Blocks of one size.

    Attributes:
        size: bytes of each; the mean where the profile joins sizes that are alike.
        number: how many were allocated, as estimated.
    """

    size: int
    number: float


def blocks_by_line(window: Profile) -> Mapping[Frame, tuple[Block, ...]]:
    """The blocks that each allocating line asked for in a difference profile, by size.

    A C library that a Python function calls leaves no frame of its own, but the blocks it asks
    for have its sizes.
    """
    found: dict[Frame, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    space = window.column("alloc_space").tolist()
    for sample, path, at in _labelled(window):
        size = int(window.labels["num"][at])
        if space[sample] > 0 and path:
            found[path[0]][size] += space[sample] / size
    return {
        line: tuple(Block(*block) for block in sorted(blocks.items()))
        for line, blocks in found.items()
    }


def aligned(earlier: Profile, later: Profile) -> tuple[Profile, Profile]:
    """Both profiles with one label for each call path and class: the later one's mean size."""
    totals: dict[tuple[Path, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    space = later.column("alloc_space").tolist()
    for sample, path, at in _labelled(later):
        size = int(later.labels["num"][at])
        total = totals[path, size_class(size)]
        total[0] += space[sample]
        total[1] += space[sample] / size
    sizes = {key: round(size / count) for key, (size, count) in totals.items() if count > 0}
    return _relabelled(earlier, sizes), _relabelled(later, sizes)


def size_class(size: int) -> int:
    """The class the agent counts a size in: 16 bytes apart up to 512, then four a doubling."""
    if size <= 512:
        return (size + 15) // 16
    top = (size - 1).bit_length() - 1
    return 33 + (top - 9) * 4 + ((size - 1) >> (top - 2) & 3)


def _relabelled(profile: Profile, sizes: Mapping[tuple[Path, int], int]) -> Profile:
    labels = profile.labels.copy()
    for _, path, at in _labelled(profile):
        size = int(labels["num"][at])
        labels["num"][at] = sizes.get((path, size_class(size)), size)
    return replace(profile, labels=labels)


def _labelled(profile: Profile) -> Iterator[tuple[int, Path, int]]:
    """Sample, call path and index of the label, of each sample whose size is known."""
    keys = {index for index, text in enumerate(profile.strings) if text == _LABEL}
    named = np.isin(profile.labels["key"], list(keys)) & (profile.labels["num"] > 0)
    samples = np.repeat(np.arange(len(profile)), np.diff(profile.label_offsets))
    paths = CallPaths(profile)
    for at in np.flatnonzero(named).tolist():
        sample = int(samples[at])
        yield sample, paths.stack(int(profile.stacks[sample])), at
