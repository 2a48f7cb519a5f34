"""Flat and cumulative weight of every node and edge, exactly as ``go tool pprof`` counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.analysis import _aggregate
from heapwise.analysis.distinct import secret
from heapwise.analysis.granularity import Bools, Nodes
from heapwise.errors import ProfileError
from heapwise.model.profile import Int64s, Profile, Records

_MOST_FRAMES = 1 << 29  # as many as the largest profile has that is read, without inlining
_SAFE = float(1 << 62)
_WEIGHT = np.dtype([("weight", "<i8")])
_CALL = np.dtype(
    [("pair", "<u8"), ("weight", "<i8"), ("stamp", "<u4"), ("residual", "<u2"), ("inline", "<u2")]
)  # as in the C code

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
    """Calls between nodes, each pair once, in no order; no node calls itself here.

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
        ProfileError: the stacks have too many frames to be counted.
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

    Raises:
        ProfileError: the stacks have too many frames to be counted.
    """
    nodes, key = weighed.nodes, secret()
    kept = np.zeros(0, bool) if kept is None else kept

    def calls(stacks: Int64s) -> Records:
        raw = _counted(
            _aggregate.calls, profile, nodes, stacks, nodes.inlined, kept, weighed.counted, key
        )
        return np.frombuffer(raw, _CALL)

    weights, found = _exactly(calls, weighed.stacks)
    return Edges(
        callers=(found["pair"] >> 32).astype(np.int64),
        callees=(found["pair"] & 0xFFFFFFFF).astype(np.int64),
        weights=weights,
        residual=found["residual"] != 0,
        inline=found["inline"] != 0,
    )


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

    def cum(weights: Int64s) -> Records:
        return np.frombuffer(_counted(_aggregate.cum, profile, nodes, weights), _WEIGHT)

    return _exactly(cum, stacks)[0]


def _counted(
    count: Callable[..., bytes], profile: Profile, nodes: Nodes, weights: Int64s, *more: Any
) -> bytes:
    """What one of the functions in C makes of a profile's stacks.

    Raises:
        ProfileError: they have too many frames.
    """
    stacks = (
        profile.stack_offsets, profile.stack_locations, nodes.offsets, nodes.of_frames,
        np.ascontiguousarray(weights),
    )  # fmt: skip
    try:
        return count(stacks, len(nodes.names), _MOST_FRAMES, *more)
    except OverflowError:
        raise ProfileError(
            "cannot count the profile",
            f"with its inlined calls it has more than {_MOST_FRAMES:,} frames",
        ) from None


def _exactly(sums: Callable[[Int64s], Records], weights: Weights) -> tuple[Weights, Records]:
    """Sums of weights, and the rows they come in, even where 64 bits are not enough.

    Args:
        sums: adds int64 weights up, into rows with a ``weight``; always the same rows.
        weights: of stacks.
    """
    if weights.dtype != object:
        rows = sums(weights)
        return rows["weight"], rows
    # Halves of 32 bits and a remainder: millions of them fit.
    high, low = (sums(half.astype(np.int64)) for half in (weights >> 32, weights & 0xFFFFFFFF))
    return (high["weight"].astype(object) << 32) + low["weight"].astype(object), low


def _sum_by(index: npt.NDArray[np.integer], weights: Weights, size: int) -> Weights:
    result = np.zeros(size, weights.dtype)
    np.add.at(result, index, weights)
    return result
