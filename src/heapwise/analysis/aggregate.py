"""Flat and cumulative weight of every function, exactly as ``go tool pprof`` counts them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.analysis.shown_name import shown_names
from heapwise.model.profile import Int64s, Profile, UInt32s

_CHUNK = 1 << 22  # frames sorted at a time: bounds the memory to some 150 MB
_SAFE = float(1 << 62)

Weights = npt.NDArray[Any]
"""int64, or Python integers where a sum may pass 2^63."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """What pprof draws as nodes at its granularity ``functions``.

    A named function is one node wherever it stands. A function without a name is told apart by
    its mapping and its first line; locations without symbols are one node per mapping.

    Attributes:
        names: as pprof prints them, one per node; nodes of nameless functions may share one.
        of_frames: uint32, node of each frame. A location has one frame per line, innermost first,
            and one where it has no line.
        offsets: int64[l + 1] into `of_frames`, by location.
    """

    names: tuple[bytes, ...]
    of_frames: UInt32s
    offsets: Int64s

    @classmethod
    def of(cls, profile: Profile) -> Nodes:
        """Map every line of a profile to its node."""
        offsets, functions = _frames(profile)
        known: dict[Any, int] = {}  # name, or (mapping file, first line) -> node
        of_function = [
            known.setdefault(name, len(known)) if name else -1 for name in shown_names(profile)
        ]
        names = list(known)
        # The appended -1 is what a frame without a function, -1 too, picks.
        of_frames = np.array([*of_function, -1], np.int64)[functions]
        nameless = np.flatnonzero(of_frames < 0)
        locations = np.searchsorted(offsets, nameless, "right") - 1
        for frame, location in zip(nameless.tolist(), locations.tolist(), strict=True):
            binary, start = _nameless(profile, location, int(functions[frame]))
            node = of_frames[frame] = known.setdefault((binary, start), len(known))
            if node == len(names):
                names.append(_anonymous(binary))
        return cls(tuple(names), of_frames.astype(np.uint32), offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Flat and cum of every node of a profile, for one sample type.

    Attributes:
        flat: what the node allocated itself.
        cum: with everything it called; once per sample, however often the node recurs in it.
        total: sum of the absolute values, which percentages refer to.
    """

    nodes: Nodes
    flat: Weights
    cum: Weights
    total: int


def weigh(profile: Profile, sample_type: str) -> Weighed:
    """Add up one sample type.

    Raises:
        KeyError: the profile has no such sample type.
    """
    values = profile.column(sample_type)
    magnitude = float(np.abs(values.astype(np.float64)).sum())
    if magnitude >= _SAFE:  # hostile or damaged, but a sum that wraps around would be a lie
        values = values.astype(object)
    nodes = Nodes.of(profile)
    stacks = _sum_by(profile.stacks, values, len(profile.stack_offsets) - 1)
    return Weighed(
        nodes,
        _flat(profile, nodes, stacks),
        _cum(profile, nodes, stacks),
        int(np.abs(values).sum()) if len(values) else 0,
    )


def _frames(profile: Profile) -> tuple[Int64s, Int64s]:
    """Offsets of each location's frames, and the function of each frame, -1 for none."""
    lines = np.diff(profile.line_offsets)
    offsets = np.concatenate([[0], np.cumsum(np.maximum(lines, 1))]).astype(np.int64)
    has_line = np.ones(offsets[-1], bool)
    has_line[offsets[:-1][lines == 0]] = False
    functions = np.full(offsets[-1], -1, np.int64)
    functions[has_line] = profile.lines["function"]
    return offsets, functions


def _nameless(profile: Profile, location: int, function: int) -> tuple[bytes, int]:
    """What tells a frame without a name apart: its mapping's file and its function's first line."""
    mapping = int(profile.locations["mapping"][location])
    binary = profile.strings[int(profile.mappings["filename"][mapping])] if mapping >= 0 else b""
    start = int(profile.functions["start_line"][function]) if function >= 0 else 0
    return binary, start


def _anonymous(binary: bytes) -> bytes:
    base = posixpath.basename(binary.rstrip(b"/")) or binary[:1]
    return b"[" + base + b"]" if base else b"<unknown>"


def _flat(profile: Profile, nodes: Nodes, stacks: Weights) -> Weights:
    """The weight of each stack goes to the innermost line of its leaf."""
    filled = np.flatnonzero(np.diff(profile.stack_offsets))
    leaves = profile.stack_locations[profile.stack_offsets[filled]]
    return _sum_by(nodes.of_frames[nodes.offsets[leaves]], stacks[filled], len(nodes.names))


def _cum(profile: Profile, nodes: Nodes, stacks: Weights) -> Weights:
    """The weight of each stack goes once to every node in it."""
    width = len(nodes.names)
    cum = np.zeros(width, stacks.dtype)
    frames_of = np.diff(nodes.offsets)
    for first, last in _chunks(profile.stack_offsets):
        start, end = profile.stack_offsets[first], profile.stack_offsets[last]
        locations = profile.stack_locations[start:end]
        frames = _ranges(nodes.offsets[locations], frames_of[locations])
        lengths = np.diff(profile.stack_offsets[first : last + 1])
        owners = np.repeat(np.repeat(np.arange(first, last), lengths), frames_of[locations])
        pairs = owners * width + nodes.of_frames[frames]
        pairs.sort()
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        np.add.at(cum, pairs % width, stacks[pairs // width])
    return cum


def _chunks(offsets: Int64s) -> Iterator[tuple[int, int]]:
    """Ranges of stacks with about `_CHUNK` locations each."""
    first, end = 0, len(offsets) - 1
    while first < end:
        fitting = int(np.searchsorted(offsets, offsets[first] + _CHUNK, "right")) - 1
        last = max(fitting, first + 1)
        yield first, last
        first = last


def _ranges(starts: Int64s, lengths: Int64s) -> Int64s:
    """The integers from each start on, as many as its length says, one range after the other."""
    ends = np.cumsum(lengths)
    shifts = np.repeat(starts - (ends - lengths), lengths)
    return shifts + np.arange(len(shifts))


def _sum_by(index: UInt32s, weights: Weights, size: int) -> Weights:
    result = np.zeros(size, weights.dtype)
    np.add.at(result, index, weights)
    return result
