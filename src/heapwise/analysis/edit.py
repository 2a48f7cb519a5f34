"""Takes parts out of a profile by masks: lines, frames, samples, labels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from heapwise.analysis.granularity import Bools
from heapwise.model.profile import Int64s, Profile


def keep_lines(profile: Profile, kept: Bools) -> Profile:
    """The profile with only some of its locations' lines; bool per line."""
    return replace(
        profile, lines=profile.lines[kept], line_offsets=_thinned(profile.line_offsets, kept)
    )


def keep_frames(profile: Profile, kept: Bools) -> Profile:
    """The profile with only some frames of its stacks; bool per entry of ``stack_locations``.

    Stacks that become equal share their id.
    """
    offsets = _thinned(profile.stack_offsets, kept)
    frames = profile.stack_locations[kept]
    raw, width = frames.tobytes(), frames.itemsize
    known: dict[bytes, int] = {}
    ids = [
        known.setdefault(raw[width * first : width * last], len(known))
        for first, last in pairwise(offsets.tolist())
    ]
    lengths = [len(stack) // width for stack in known]
    return replace(
        profile,
        stacks=np.array(ids, np.uint32)[profile.stacks],
        stack_offsets=np.cumsum([0, *lengths], dtype=np.int64),
        stack_locations=np.frombuffer(b"".join(known), frames.dtype),
    )


def keep_samples(profile: Profile, kept: Bools) -> Profile:
    """The profile with only some of its samples; bool per sample."""
    labels_of = np.diff(profile.label_offsets)
    return replace(
        profile,
        values=profile.values[kept],
        stacks=profile.stacks[kept],
        labels=profile.labels[np.repeat(kept, labels_of)],
        label_offsets=np.concatenate([[0], np.cumsum(labels_of[kept])]).astype(np.int64),
    )


def keep_labels(profile: Profile, kept: Bools) -> Profile:
    """The profile with only some of its labels; bool per label."""
    return replace(
        profile, labels=profile.labels[kept], label_offsets=_thinned(profile.label_offsets, kept)
    )


def owners(offsets: Int64s) -> Int64s:
    """The group of each element of a CSR array."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def any_of(flags: Bools, offsets: Int64s) -> Bools:
    """Bool per group of a CSR array: one of its elements is flagged."""
    return np.diff(np.concatenate([[0], np.cumsum(flags)])[offsets]) > 0


def first_of(flags: Bools, offsets: Int64s) -> Int64s:
    """The index of the first flagged element of each group; the group's end where there is none."""
    result = offsets[1:].copy()
    found = np.flatnonzero(flags)[::-1]
    result[owners(offsets)[found]] = found
    return result


def last_of(flags: Bools, offsets: Int64s) -> Int64s:
    """The index of the last flagged element of each group; one before its start where none is."""
    result = offsets[:-1] - 1
    found = np.flatnonzero(flags)
    result[owners(offsets)[found]] = found
    return result


def ranges(starts: Int64s, lengths: Int64s) -> Int64s:
    """The integers from each start on, as many as its length says, one range after the other."""
    ends = np.cumsum(lengths)
    shifts = np.repeat(starts - (ends - lengths), lengths)
    return shifts + np.arange(len(shifts))


def _thinned(offsets: Int64s, kept: Bools) -> Int64s:
    return np.concatenate([[0], np.cumsum(kept)])[offsets].astype(np.int64)
