"""Labels as frames: a root above every stack, or a leaf below it, named by a label's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from heapwise.analysis.tag_filters import held_labels
from heapwise.formats.measurement import label
from heapwise.model.profile import FUNCTION, LINE, LOCATION, Profile, StringTable


class _Frame(NamedTuple):
    """What stands for a location: its function is the values, its file the key."""

    values: str
    key: str


@dataclass(frozen=True, slots=True)
class TagFrames:
    """Which labels become frames; keys separated by commas, the first nearest to the root."""

    tagroot: str = ""
    tagleaf: str = ""

    def __bool__(self) -> bool:
        return bool(self.roots or self.leaves)

    @property
    def roots(self) -> list[str]:
        """Keys whose frames come above the stack."""
        return list(filter(None, self.tagroot.split(",")))

    @property
    def leaves(self) -> list[str]:
        """Keys whose frames come below it."""
        return list(filter(None, self.tagleaf.split(",")))


def with_tag_frames(profile: Profile, wanted: TagFrames, unit: str) -> tuple[Profile, list[str]]:
    """The profile with pseudo frames, and the flags of `TagFrames` that no sample has a label for.

    A sample without the label gets a frame without a name, as in pprof.

    Args:
        profile: to change.
        wanted: the labels.
        unit: to print amounts in that have a unit.
    """
    builder = _Builder(profile)
    values = _values_of_samples(profile, [*wanted.roots, *wanted.leaves], unit)
    stacks = [
        builder.stack(
            stack,
            tuple(_Frame(found.get(key, ""), key) for key in reversed(wanted.leaves)),
            tuple(_Frame(found.get(key, ""), key) for key in reversed(wanted.roots)),
        )
        for stack, found in zip(profile.stacks.tolist(), values, strict=True)
    ]
    there = {key for found in values for key in found}
    unmatched = [
        flag
        for flag, keys in (("tagroot", wanted.roots), ("tagleaf", wanted.leaves))
        if keys and not there.intersection(keys)
    ]
    return builder.profile(stacks), unmatched


def _values_of_samples(profile: Profile, keys: Sequence[str], unit: str) -> list[dict[str, str]]:
    """The values of some labels of each sample, texts before amounts, joined by commas."""
    text = profile.strings.text
    wanted = {index for index in set(profile.labels["key"].tolist()) if text(index) in keys}
    held = held_labels(profile).tolist()
    rows = profile.labels.tolist()
    found: list[dict[str, str]] = []
    for first, last in pairwise(profile.label_offsets.tolist()):
        texts: dict[str, list[str]] = {}
        amounts: dict[str, list[str]] = {}
        for at in range(first, last):
            key, string, number, num_unit = rows[at]
            if not held[at] or key not in wanted:
                continue
            if string:
                texts.setdefault(text(key), []).append(text(string))
            else:
                shown = label(number, text(num_unit), unit) if num_unit else label(number, "", "")
                amounts.setdefault(text(key), []).append(shown)
        found.append(
            {
                key: ",".join([*texts.get(key, ()), *amounts.get(key, ())])
                for key in {*texts, *amounts}
            }
        )
    return found


class _Builder:
    """Adds locations and stacks to a profile's tables."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._frames: dict[_Frame, int] = {}
        self._stacks: dict[tuple[int, tuple[int, ...], tuple[int, ...]], int] = {}

    def stack(self, stack: int, leaves: tuple[_Frame, ...], roots: tuple[_Frame, ...]) -> int:
        """The id of a stack between frames; roots are numbered first, as pprof does."""
        above, below = self._indices(roots), self._indices(leaves)
        return self._stacks.setdefault((stack, below, above), len(self._stacks))

    def profile(self, stacks: list[int]) -> Profile:
        """The profile with these stacks for its samples."""
        old = self._profile
        paths = [
            np.concatenate([below, old.stack(stack), above]) for stack, below, above in self._stacks
        ]
        count = len(self._frames)
        strings = list(old.strings)
        names = [(len(strings) + 2 * i, 0, len(strings) + 2 * i + 1, 0) for i in range(count)]
        strings += [part.encode() for frame in self._frames for part in frame]
        lines = [(len(old.functions) + i, 0, 0) for i in range(count)]
        ends = old.line_offsets[-1] + np.arange(1, count + 1)
        return replace(
            old,
            strings=StringTable.of(strings),
            functions=np.concatenate([old.functions, np.array(names, FUNCTION)]),
            lines=np.concatenate([old.lines, np.array(lines, LINE)]),
            line_offsets=np.concatenate([old.line_offsets, ends]).astype(np.int64),
            locations=np.concatenate([old.locations, np.array([(-1, 0, False)] * count, LOCATION)]),
            stacks=np.array(stacks, np.uint32),
            stack_offsets=np.cumsum([0, *map(len, paths)], dtype=np.int64),
            stack_locations=np.concatenate([np.zeros(0), *paths]).astype(np.uint32),
        )

    def _indices(self, frames: tuple[_Frame, ...]) -> tuple[int, ...]:
        """The locations of frames, behind those of the profile."""
        base = len(self._profile.locations)
        return tuple(base + self._frames.setdefault(frame, len(self._frames)) for frame in frames)
