"""Flat and cumulative weight of every node and edge, exactly as ``go tool pprof`` counts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.analysis.edit import ranges
from heapwise.analysis.granularity import Bools, Nodes
from heapwise.errors import ProfileError
from heapwise.model.profile import Int64s, Profile

_CHUNK = 1 << 22  # frames sorted at a time: bounds the memory to some 250 MB
_DEEPEST = 1 << 22
_SAFE = float(1 << 62)

Weights = npt.NDArray[Any]
"""int64, or Python integers where a sum may pass 2^63."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Flat and cum of every node of a profile, for one sample type.

    Attributes:
        flat: what the node allocated itself.
        cum: with everything it called; once per sample, however often the node recurs in it.
        stacks: the weight of each stack.
        counted: bool per stack: it has a sample that is not 0, even if all of them add up to 0.
    """

    nodes: Nodes
    flat: Weights
    cum: Weights
    stacks: Weights
    counted: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Calls between nodes, each pair once; no node calls itself here.

    Attributes:
        callers: int64, nodes.
        callees: int64, nodes.
        weights: summed once per sample, however often the call recurs in it.
        residual: between them stood nodes that are left out.
        inline: every such call was inlined.
    """

    callers: Int64s
    callees: Int64s
    weights: Weights
    residual: Bools
    inline: Bools


def weigh(profile: Profile, sample_type: str, nodes: Nodes | None = None) -> Weighed:
    """Add up one sample type by node; by function where no nodes are given.

    Raises:
        KeyError: the profile has no such sample type.
        ProfileError: a stack is too deep to be counted.
    """
    nodes = nodes or Nodes.of(profile)
    values = exact(profile.column(sample_type))
    size = len(profile.stack_offsets) - 1
    stacks = _sum_by(profile.stacks, values, size)
    counted = np.zeros(size, bool)
    counted[profile.stacks[values != 0]] = True
    return Weighed(
        nodes, _flat(profile, nodes, stacks), _cum(profile, nodes, stacks), stacks, counted
    )


def total(profile: Profile, sample_type: str) -> int:
    """What percentages refer to: the sum of the absolute values.

    Where samples are marked as the base of a difference, only those count.

    Raises:
        KeyError: the profile has no such sample type.
    """
    values = np.abs(exact(profile.column(sample_type)))
    everything, base = int(values.sum()), int(values[base_samples(profile)].sum())
    return base or everything


def base_samples(profile: Profile) -> Bools:
    """Bool per sample: it is labelled as belonging to the base of a difference."""
    result = np.zeros(len(profile), bool)
    if BASE_KEY in profile.strings.buffer:
        texts = list(profile.strings)
        keys = [number for number, text in enumerate(texts) if text == BASE_KEY]
        values = [number for number, text in enumerate(texts) if text == BASE_VALUE]
        marked = np.isin(profile.labels["key"], keys) & np.isin(profile.labels["str"], values)
        owners = np.repeat(np.arange(len(profile)), np.diff(profile.label_offsets))
        result[owners[marked]] = True
    return result


BASE_KEY, BASE_VALUE = b"pprof::base", b"true"
"""The label by which pprof tells samples of the base from those compared with it."""


def edges(profile: Profile, weighed: Weighed, kept: Bools | None = None) -> Edges:
    """The calls between nodes.

    Args:
        profile: that was weighed.
        weighed: its nodes and the weight of its stacks.
        kept: bool per node; calls lead across the others. None keeps all.
    """
    parts = [_edges_of(weighed, kept, *chunk) for chunk in _frames_by_stack(profile, weighed.nodes)]
    nodes = len(weighed.nodes.names)
    pairs, stacks, residual, inline = (
        np.concatenate(column) if parts else np.zeros(0, np.int64)
        for column in (zip(*parts, strict=True) if parts else ((),) * 4)
    )
    unique, index = np.unique(pairs, return_inverse=True)
    any_residual, all_inline = np.zeros(len(unique), bool), np.ones(len(unique), bool)
    any_residual[index[residual.astype(bool)]] = True
    all_inline[index[~inline.astype(bool)]] = False
    return Edges(
        callers=unique // max(nodes, 1),
        callees=unique % max(nodes, 1),
        weights=_sum_by(index, weighed.stacks[stacks], len(unique)),
        residual=any_residual,
        inline=all_inline,
    )


def _edges_of(
    weighed: Weighed, kept: Bools | None, stacks: Int64s, frames: Int64s
) -> tuple[Int64s, Int64s, Bools, Bools]:
    """Pair, stack, residual and inline of each call in a chunk of stacks, once per stack."""
    nodes = weighed.nodes
    node = nodes.of_frames[frames].astype(np.int64)
    usable = weighed.counted[stacks]
    if kept is not None:
        usable &= kept[node]
    place = np.flatnonzero(usable)
    stacks, frames, node = stacks[place], frames[place], node[place]
    call = np.flatnonzero((stacks[1:] == stacks[:-1]) & (node[1:] != node[:-1]))
    pairs = node[call + 1] * len(nodes.names) + node[call]
    # Where a stack has a call several times, the one nearest to the root decides what it is like.
    unique, rank = np.unique(pairs, return_inverse=True)
    key = stacks[call] * len(unique) + rank
    order = np.argsort(key, kind="stable")
    chosen = order[np.diff(key[order], append=-1) != 0]
    call, pairs = call[chosen], pairs[chosen]
    residual = place[call + 1] - place[call] > 1
    return pairs, stacks[call], residual, nodes.inlined[frames[call]]


def exact(values: Int64s) -> Weights:
    """The values, as Python integers where their sum could wrap around."""
    # Only a hostile or damaged profile gets there, but pprof's wrapped sums would be a lie.
    magnitude = float(np.abs(values.astype(np.float64)).sum())
    return values.astype(object) if magnitude >= _SAFE else values


def _flat(profile: Profile, nodes: Nodes, stacks: Weights) -> Weights:
    """The weight of each stack goes to the innermost line of its leaf."""
    filled = np.flatnonzero(np.diff(profile.stack_offsets))
    leaves = profile.stack_locations[profile.stack_offsets[filled]]
    return _sum_by(nodes.of_frames[nodes.offsets[leaves]], stacks[filled], len(nodes.names))


def _cum(profile: Profile, nodes: Nodes, stacks: Weights) -> Weights:
    """The weight of each stack goes once to every node in it."""
    width = len(nodes.names)
    cum = np.zeros(width, stacks.dtype)
    for owners, frames in _frames_by_stack(profile, nodes):
        pairs = owners * width + nodes.of_frames[frames]
        pairs.sort()
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        np.add.at(cum, pairs % width, stacks[pairs // width])
    return cum


def _frames_by_stack(profile: Profile, nodes: Nodes) -> Iterator[tuple[Int64s, Int64s]]:
    """The stack and the index of every frame, leaf first, in chunks of whole stacks."""
    frames_of = np.diff(nodes.offsets)
    sizes = np.concatenate([[0], np.cumsum(frames_of[profile.stack_locations])])
    ends = sizes[profile.stack_offsets]
    deepest = int(np.diff(ends).max(initial=0))
    if deepest > _DEEPEST:
        raise ProfileError(
            "cannot count the profile",
            f"one stack has {deepest:,} frames with its inlined calls, more than {_DEEPEST:,}",
        )
    for first, last in _chunks(ends):
        start, end = profile.stack_offsets[first], profile.stack_offsets[last]
        locations = profile.stack_locations[start:end]
        frames = ranges(nodes.offsets[locations], frames_of[locations])
        yield np.repeat(np.arange(first, last), np.diff(ends[first : last + 1])), frames


def _chunks(ends: Int64s) -> Iterator[tuple[int, int]]:
    """Ranges of stacks with about `_CHUNK` frames each."""
    first, end = 0, len(ends) - 1
    while first < end:
        fitting = int(np.searchsorted(ends, ends[first] + _CHUNK, "right")) - 1
        last = max(fitting, first + 1)
        yield first, last
        first = last


def _sum_by(index: npt.NDArray[np.integer], weights: Weights, size: int) -> Weights:
    result = np.zeros(size, weights.dtype)
    np.add.at(result, index, weights)
    return result
