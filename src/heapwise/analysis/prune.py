"""Takes out the frames a profile itself calls uninteresting, as pprof does on reading it.

``drop_frames`` names allocators and their like: where one is called, it and everything below it
go, so that its caller gets the weight.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt

from heapwise.analysis.frame_pattern import FramePattern
from heapwise.analysis.shown_name import shown_names
from heapwise.model.profile import Int64s, Profile

Bools = npt.NDArray[np.bool_]

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
    lines = np.diff(profile.line_offsets)
    whole = (last >= 0) & (last == lines - 1)
    partly = (last >= 0) & ~whole
    return _with_stacks(_with_lines(profile, np.where(partly, last + 1, 0)), whole, partly)


def simplified(name: str) -> str:
    """A function's name without its arguments, as frame patterns expect it."""
    name = name.removeprefix(".")  # PowerPC puts a dot before entry points
    for found in _ARGUMENTS.finditer(name):
        if found[0] == "(":
            return name[: found.start()]
    return name


def _last_dropped_line(profile: Profile) -> Int64s:
    """For each location the outermost of its lines that goes, -1 where none does."""
    drop = FramePattern(profile.drop_frames)
    keep = FramePattern(profile.keep_frames) if profile.keep_frames else None

    @cache
    def goes(shown: bytes) -> bool:
        name = simplified(shown.decode("utf-8", "replace"))
        return bool(shown) and drop.matches(name) and not (keep and keep.matches(name))

    functions = np.array([goes(name) for name in shown_names(profile)], bool)
    dropped = np.flatnonzero(functions[profile.lines["function"]])
    locations = np.searchsorted(profile.line_offsets, dropped, "right") - 1
    last = np.full(len(profile.locations), -1, np.int64)
    # In order of lines, so the outermost one of a location is written last.
    last[locations] = dropped - profile.line_offsets[locations]
    return last


def _with_lines(profile: Profile, gone: Int64s) -> Profile:
    """The profile without the first ``gone[i]`` lines of location i."""
    starts = profile.line_offsets[:-1] + gone
    owners = np.repeat(np.arange(len(gone)), np.diff(profile.line_offsets))
    kept = np.arange(len(profile.lines)) >= starts[owners]
    offsets = np.concatenate([[0], np.cumsum(np.diff(profile.line_offsets) - gone)])
    return replace(profile, lines=profile.lines[kept], line_offsets=offsets.astype(np.int64))


def _with_stacks(profile: Profile, whole: Bools, partly: Bools) -> Profile:
    """The profile with every stack cut at its first dropped location, seen from the root."""
    known: dict[bytes, int] = {}
    new_ids = np.empty(len(profile.stack_offsets) - 1, np.uint32)
    touched = whole | partly
    for index in range(len(new_ids)):
        stack = profile.stack(index)
        kept = np.flatnonzero(~touched[stack])
        root_side = kept[-1] if len(kept) else 0  # nothing nearer to the root is ever cut
        cuts = np.flatnonzero(touched[stack[:root_side]])
        if len(cuts):
            cut = cuts[-1]
            stack = stack[cut + 1 :] if whole[stack[cut]] else stack[cut:]
        new_ids[index] = known.setdefault(stack.tobytes(), len(known))
    offsets = np.cumsum([0, *(len(stack) // 4 for stack in known)], dtype=np.int64)
    return replace(
        profile,
        stacks=new_ids[profile.stacks],
        stack_offsets=offsets,
        stack_locations=np.frombuffer(b"".join(known), np.uint32),
    )
