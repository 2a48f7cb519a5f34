"""Takes out the frames a profile itself calls uninteresting, as pprof does on reading it.

``drop_frames`` names allocators and their like: where one is called, it and everything below it
go, so that its caller gets the weight.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from heapwise.analysis.edit import any_of, keep_frames, keep_lines, last_of, owners
from heapwise.analysis.frame_pattern import FramePattern
from heapwise.analysis.granularity import Bools
from heapwise.model.profile import Int64s, Profile

# Brackets that belong to a name; the first other "(" opens an argument list.
_ARGUMENTS = re.compile(r"\(anonymous namespace\)|operator\(\)|\(")


def prune(profile: Profile) -> Profile:
    """The profile without its ``drop_frames``, except those that match its ``keep_frames``.

    Frames above the first one that is kept, seen from the root, stay even if they match: else
    nothing might be left.

    Raises:
        ProfileError: a pattern cannot be read, or takes too long to match.
    """
    if not profile.drop_frames:
        return profile
    last = _last_dropped_line(profile)
    offsets = profile.line_offsets
    dropped = last >= offsets[:-1]
    whole = dropped & (last == offsets[1:] - 1)
    partly = dropped & ~whole
    of_lines = owners(offsets)
    kept = (np.arange(len(profile.lines)) > last[of_lines]) | ~partly[of_lines]
    return _cut(keep_lines(profile, kept), whole, partly)


def simplified(name: str) -> str:
    """A function's name without its arguments, as frame patterns expect it."""
    name = name.removeprefix(".")  # PowerPC puts a dot before entry points
    for found in _ARGUMENTS.finditer(name):
        if found[0] == "(":
            return name[: found.start()]
    return name


def _last_dropped_line(profile: Profile) -> Int64s:
    """The outermost line of each location that goes; the one before its first if none does."""
    drop = FramePattern(profile.drop_frames)
    keep = FramePattern(profile.keep_frames) if profile.keep_frames else None

    @cache
    def goes(index: int) -> bool:
        name = simplified(profile.strings.text(index))
        return bool(index) and drop.matches(name) and not (keep and keep.matches(name))

    functions = np.array([goes(index) for index in profile.functions["name"].tolist()], bool)
    return last_of(functions[profile.lines["function"]], profile.line_offsets)


def _cut(profile: Profile, whole: Bools, partly: Bools) -> Profile:
    """The profile with every stack cut at its first dropped location, seen from the root."""
    frames, offsets = profile.stack_locations, profile.stack_offsets
    touched = (whole | partly)[frames]
    of_frames, number = owners(offsets), np.arange(len(frames))
    root = last_of(~touched, offsets)  # nothing nearer to the root is ever cut
    cuts = touched & (number < root[of_frames])
    cut = last_of(cuts, offsets)
    found = any_of(cuts, offsets)
    start = offsets[:-1].copy()
    start[found] = cut[found] + whole[frames[cut[found]]]
    return keep_frames(profile, number >= start[of_frames])
