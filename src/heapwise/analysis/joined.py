"""Several profiles in one set of columns: what every profile had, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from heapwise.analysis.distinct import distinct_runs
from heapwise.analysis.edit import keep_samples, ranges
from heapwise.model.profile import Int64s, Profile, StringTable, UInt32s

Item = TypeVar("Item", bound=np.generic)

_CHUNK = 1 << 16  # indices at a time, which stay in the cache


def joined(profiles: Sequence[Profile]) -> Profile:
    """All samples that count, with all tables; only strings are shared.

    Stacks are numbered as samples need them. The header is the first profile's.
    """
    parts = [_in_order(keep_samples(one, np.any(one.values != 0, axis=1))) for one in profiles]
    strings, texts = _strings(parts)
    parts = [_renamed(*part) for part in zip(parts, texts, strict=True)]
    parts = [_moved(*part) for part in zip(parts, _places(parts), strict=False)]
    return replace(
        parts[0],
        strings=strings,
        values=np.concatenate([one.values for one in parts]),
        stacks=np.concatenate([one.stacks for one in parts]),
        stack_offsets=_offsets([one.stack_offsets for one in parts]),
        stack_locations=np.concatenate([one.stack_locations for one in parts]),
        locations=np.concatenate([one.locations for one in parts]),
        line_offsets=_offsets([one.line_offsets for one in parts]),
        lines=np.concatenate([one.lines for one in parts]),
        functions=np.concatenate([one.functions for one in parts]),
        mappings=np.concatenate([one.mappings for one in parts]),
        label_offsets=_offsets([one.label_offsets for one in parts]),
        labels=np.concatenate([one.labels for one in parts]),
    )


def first_uses(indices: npt.NDArray[np.integer]) -> Int64s:
    """The distinct indices, none below 0, in the order in which they come."""
    first = np.full(int(indices.max(initial=0)) + 1, -1)
    for end in range(len(indices), 0, -_CHUNK):  # the first use is written last
        start = max(0, end - _CHUNK)
        first[indices[start:end][::-1]] = np.arange(end - 1, start - 1, -1)
    used = np.flatnonzero(first >= 0)
    return used[np.argsort(first[used])]


def picked(
    items: npt.NDArray[Item], offsets: Int64s, runs: Int64s
) -> tuple[npt.NDArray[Item], Int64s]:
    """Some runs of a CSR array, in ascending order, as one."""
    lengths = np.diff(offsets)
    if len(runs) == len(lengths):
        return items, offsets
    kept = np.zeros(len(lengths), bool)
    kept[runs] = True
    return items[np.repeat(kept, lengths)], np.concatenate([[0], np.cumsum(lengths[runs])])


def _in_order(profile: Profile) -> Profile:
    """The profile with its stacks in the order of their first samples, and no others."""
    used = first_uses(profile.stacks)
    if np.array_equal(used, np.arange(len(profile.stack_offsets) - 1)):
        return profile
    number = np.zeros(len(profile.stack_offsets) - 1, np.uint32)
    number[used] = np.arange(len(used))
    depths = np.diff(profile.stack_offsets)[used]
    return replace(
        profile,
        stacks=number[profile.stacks],
        stack_offsets=np.concatenate([[0], np.cumsum(depths)]),
        stack_locations=profile.stack_locations[ranges(profile.stack_offsets[used], depths)],
    )


def _strings(parts: Sequence[Profile]) -> tuple[StringTable, list[UInt32s]]:
    """One table of all strings, the empty one first, and in it the index of each profile's."""
    arena = b"".join(one.strings.buffer for one in parts)
    offsets = _offsets([np.zeros(2, np.int64), *(one.strings.offsets for one in parts)])
    firsts, groups = distinct_runs(arena, offsets)
    table = StringTable.of(arena[offsets[first] : offsets[first + 1]] for first in firsts.tolist())
    ends = np.cumsum([1, *(len(one.strings) for one in parts)])
    return table, np.split(groups, ends[:-1])[1:]


def _renamed(profile: Profile, texts: UInt32s) -> Profile:
    """The profile with its strings elsewhere."""
    functions, mappings = profile.functions.copy(), profile.mappings.copy()
    labels = profile.labels.copy()
    for rows, names in (
        (functions, ("name", "system_name", "filename")),
        (mappings, ("filename", "build_id")),
        (labels, ("key", "str", "num_unit")),
    ):
        for name in names:
            rows[name] = texts[rows[name]]
    return replace(profile, functions=functions, mappings=mappings, labels=labels)


def _places(parts: Sequence[Profile]) -> Iterator[tuple[int, int, int, int]]:
    """How many stacks, locations, functions and mappings come before those of each profile."""
    sizes = [
        (len(one.stack_offsets) - 1, len(one.locations), len(one.functions), len(one.mappings))
        for one in parts
    ]
    return zip(*(accumulate(column, initial=0) for column in zip(*sizes, strict=True)), strict=True)


def _moved(profile: Profile, place: tuple[int, int, int, int]) -> Profile:
    """The profile with its tables elsewhere."""
    stack, location, function, mapping = place
    locations, lines = profile.locations.copy(), profile.lines.copy()
    locations["mapping"][locations["mapping"] >= 0] += mapping
    lines["function"] += function
    return replace(
        profile,
        stacks=profile.stacks + stack,
        stack_locations=profile.stack_locations + location,
        locations=locations,
        lines=lines,
    )


def _offsets(parts: Sequence[Int64s]) -> Int64s:
    """The offsets of concatenated CSR arrays, each of which fills its items from the first on."""
    return np.concatenate([[0], np.cumsum(np.concatenate([np.diff(part) for part in parts]))])
