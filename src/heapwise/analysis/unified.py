"""Makes entries of one content one entry, in every table of a profile, as pprof merges them.

A function is its names and where it begins. A mapping is its size, its offset and its build id or
file. A location is its mapping, its address in there and its lines, so that a mapping that moved
still matches. A stack is its locations, and a sample its stack and its labels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from heapwise.analysis.distinct import distinct, distinct_runs
from heapwise.analysis.edit import owners, ranges
from heapwise.analysis.joined import first_uses, picked
from heapwise.analysis.tag_filters import held_labels
from heapwise.model.profile import Int64s, Profile, Records

UInt64s = npt.NDArray[np.uint64]

_PAGE = np.uint64(0x1000)
_PLACE = np.dtype([("mapping", "<i8"), ("inside", "<u8"), ("folded", "<u8"), ("lines", "<u8")])
_BINARY = np.dtype([("pages", "<u8"), ("offset", "<u8"), ("file", "<u8")])


def unified(profile: Profile) -> Profile:
    """The profile with every content once, equal samples added up.

    Tables hold what samples use, in the order in which they do; the first mapping stays where it
    is, because it is the program itself.

    Args:
        profile: none of whose sums may pass 2^63.
    """
    needed = first_uses(profile.stack_locations)
    profile, lines, line_offsets = _with_functions(profile, needed)
    profile, starts = _with_mappings(profile, needed)
    profile = _with_locations(profile, needed, starts, lines, line_offsets)
    return _with_samples(profile)


def _with_functions(profile: Profile, needed: Int64s) -> tuple[Profile, Records, Int64s]:
    """Functions unified; and the lines of the needed locations, in their order."""
    lengths = np.diff(profile.line_offsets)[needed]
    lines = profile.lines[ranges(profile.line_offsets[needed], lengths)]
    used = first_uses(lines["function"])
    rows = profile.functions[used]
    firsts, groups = distinct(rows)
    number = np.zeros(len(profile.functions), np.uint32)
    number[used] = groups
    lines["function"] = number[lines["function"]]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return replace(profile, functions=rows[firsts]), lines, offsets


def _with_mappings(profile: Profile, needed: Int64s) -> tuple[Profile, UInt64s]:
    """Mappings unified; and where each location's own one started."""
    own = profile.locations["mapping"][needed]
    table = profile.mappings
    first = np.zeros(min(1, len(table)), np.int32)
    used = first_uses(np.concatenate([first, own[own >= 0]]))
    rows = table[used]
    keys = np.zeros(len(rows), _BINARY)
    size = rows["limit"] - rows["start"]
    # A loader rounds sizes to pages, and two readings may disagree below that.
    keys["pages"] = size // _PAGE + (size % _PAGE > 0)
    keys["offset"] = rows["offset"]
    keys["file"] = np.where(rows["build_id"] > 0, rows["build_id"], rows["filename"])
    firsts, groups = distinct(keys)
    # The appended entries are what a location without a mapping, -1, picks.
    number = np.full(len(table) + 1, -1, np.int32)
    number[used] = groups
    starts = np.append(table["start"], np.uint64(0))[profile.locations["mapping"]]
    locations = profile.locations.copy()
    locations["mapping"] = number[locations["mapping"]]
    return replace(profile, mappings=rows[firsts], locations=locations), starts


def _with_locations(
    profile: Profile, needed: Int64s, starts: UInt64s, lines: Records, line_offsets: Int64s
) -> Profile:
    """Locations and stacks unified; the lines are those of the needed locations."""
    rows = profile.locations[needed]
    bases = np.append(profile.mappings["start"], np.uint64(0))[rows["mapping"]]
    keys = np.zeros(len(rows), _PLACE)
    keys["mapping"], keys["folded"] = rows["mapping"], rows["folded"]
    keys["inside"] = rows["address"] - starts[needed]
    keys["lines"] = distinct_runs(lines, line_offsets)[1]
    firsts, groups = distinct(keys)
    rows["address"] = keys["inside"] + bases
    number = np.zeros(len(profile.locations), np.uint32)
    number[needed] = groups
    lines, line_offsets = picked(lines, line_offsets, firsts)
    frames = number[profile.stack_locations]
    stacks, stack_groups = distinct_runs(frames, profile.stack_offsets)
    frames, stack_offsets = picked(frames, profile.stack_offsets, stacks)
    return replace(
        profile,
        locations=rows[firsts],
        line_offsets=line_offsets,
        lines=lines,
        stacks=stack_groups[profile.stacks],
        stack_offsets=stack_offsets,
        stack_locations=frames,
    )


def _with_samples(profile: Profile) -> Profile:
    """Equal samples added up."""
    labels, offsets = _sorted_labels(profile)
    sets = distinct_runs(labels, offsets)[1]
    firsts, groups = distinct(profile.stacks.astype(np.uint64) << np.uint64(32) | sets)
    values = np.zeros((len(firsts), profile.values.shape[1]), np.int64)
    np.add.at(values, groups, profile.values)
    labels, label_offsets = picked(labels, offsets, firsts)
    return replace(
        profile,
        values=values,
        stacks=profile.stacks[firsts],
        label_offsets=label_offsets,
        labels=labels,
    )


def _sorted_labels(profile: Profile) -> tuple[Records, Int64s]:
    """The labels of each sample in an order that content decides (CSR)."""
    held = held_labels(profile)
    sample = owners(profile.label_offsets)[held]
    labels = profile.labels[held]
    # The sort is stable: several values of one key keep their order, which has a meaning.
    labels = labels[np.lexsort((labels["key"], labels["str"] != 0, sample))]
    lengths = np.bincount(sample, minlength=len(profile))
    return labels, np.concatenate([[0], np.cumsum(lengths)])
