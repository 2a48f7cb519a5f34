"""What the samples with each set of labels, and with each object size, weigh at each node."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heapwise.analysis.aggregate import BASE_KEY, Weights, exact
from heapwise.analysis.distinct import distinct_runs
from heapwise.analysis.edit import keep_labels, owners, ranges
from heapwise.analysis.granularity import Bools
from heapwise.analysis.stack_frames import Members
from heapwise.analysis.tag_filters import numeric_labels
from heapwise.analysis.view import Look
from heapwise.formats.measurement import label
from heapwise.model.profile import Int64s, Profile

_SIZE = b"bytes"  # the one numeric label that graphs show: the size of objects in heap profiles
_CHUNK = 1 << 20  # pairs of a sample and a node at once

Texts = tuple[bytes, ...]
"""The labels of a sample, as ``key:value``, sorted."""


class Part(NamedTuple):
    """A part of a node's weight; ``value`` is the size of the first sample in it."""

    flat: int
    cum: int
    value: int = 0


@dataclass(slots=True)
class NodeLabels:
    """The parts of one node's weight.

    Attributes:
        texts: by labels; samples that have none are in no part.
        sizes: by labels, and within them by the size as it is printed.
    """

    texts: dict[Texts, Part] = field(default_factory=dict)
    sizes: dict[Texts, dict[str, Part]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where stacks leave their weight.

    Attributes:
        members: the nodes that each stack goes through.
        leaves: int64 per stack, the node whose own weight its samples are; -1 for none.
    """

    members: Members
    leaves: Int64s


def node_labels(look: Look, places: Places, wanted: Bools, least: int) -> dict[int, NodeLabels]:
    """The parts of the weight of some nodes.

    Args:
        look: at the profile.
        places: where its stacks leave their weight.
        wanted: bool per node.
        least: parts are left out whose weight is below this, both their own and the cumulative.
    """
    profile = look.profile
    sets, set_of = _label_sets(profile)
    rows = np.flatnonzero(_of_key(profile, _SIZE) & numeric_labels(profile))
    numbers = profile.labels["num"][rows]
    sizes, size_of = _shown(numbers, look)
    values = exact(profile.column(look.sample_type.type))
    leaves = np.where(np.append(wanted, False)[places.leaves], places.leaves, -1)
    here = Places(places.members.among(wanted), leaves)
    result: dict[int, NodeLabels] = {}

    def parts(samples: Int64s, keys: Int64s, width: int) -> dict[tuple[int, int], _Sums]:
        there = np.flatnonzero(values[samples] != 0)
        samples = samples[there]
        entries = _Entries(profile.stacks[samples].astype(np.int64), keys[there], values[samples])
        found = _parts(entries, here, width)
        return {
            pair: sums._replace(first=int(there[sums.first]))
            for pair, sums in found.items()
            if abs(sums.flat) >= least or abs(sums.cum) >= least
        }

    texts = np.flatnonzero(set_of)
    for (node, key), sums in parts(texts, set_of[texts], len(sets)).items():
        result.setdefault(node, NodeLabels()).texts[sets[key]] = Part(sums.flat, sums.cum)
    samples = owners(profile.label_offsets)[rows]
    keys = set_of[samples] * max(len(sizes), 1) + size_of
    for (node, key), sums in parts(samples, keys, len(sets) * len(sizes)).items():
        of_set, size = divmod(key, len(sizes))
        by_size = result.setdefault(node, NodeLabels()).sizes.setdefault(sets[of_set], {})
        by_size[sizes[size]] = Part(sums.flat, sums.cum, int(numbers[sums.first]))
    return result


def _label_sets(profile: Profile) -> tuple[list[Texts], Int64s]:
    """The distinct labels that samples have, the first being none, and those of each sample."""
    shown = keep_labels(profile, (profile.labels["str"] != 0) & ~_of_key(profile, BASE_KEY))
    pairs = np.zeros(len(shown.labels), [("key", "<u4"), ("str", "<u4")])
    pairs["key"], pairs["str"] = shown.labels["key"], shown.labels["str"]
    firsts, run_of = distinct_runs(pairs, shown.label_offsets)
    numbers: dict[Texts, int] = {(): 0}
    offsets, strings = shown.label_offsets.tolist(), profile.strings
    set_of_run = [
        numbers.setdefault(
            tuple(sorted(
                strings[key] + b":" + strings[value]
                for key, value in pairs[offsets[first] : offsets[first + 1]].tolist()
            )),
            len(numbers),
        )
        for first in firsts.tolist()
    ]  # fmt: skip
    return list(numbers), np.array(set_of_run, np.int64)[run_of]


def _of_key(profile: Profile, key: bytes) -> Bools:
    """Bool per label: it has this key."""
    used = np.unique(profile.labels["key"]).tolist()
    found: Bools = np.isin(
        profile.labels["key"], [number for number in used if profile.strings[number] == key]
    )
    return found


def _shown(numbers: Int64s, look: Look) -> tuple[list[str], Int64s]:
    """The distinct sizes as they are printed, and which of them each number is."""
    unit = look.units.get(_SIZE.decode(), "")
    distinct, which = np.unique(numbers, return_inverse=True)
    texts: dict[str, int] = {}
    of_distinct = [
        texts.setdefault(label(number, unit, look.query.unit), len(texts))
        for number in distinct.tolist()
    ]
    return list(texts), np.array(of_distinct, np.int64)[which]


class _Entries(NamedTuple):
    """Samples, or labels of samples, that have a key of their own."""

    stacks: Int64s
    keys: Int64s
    weights: Weights


class _Sums(NamedTuple):
    flat: int
    cum: int
    first: int


def _parts(entries: _Entries, places: Places, width: int) -> dict[tuple[int, int], _Sums]:
    """Own and cumulative weight, and the first entry, by node and key; keys are below ``width``."""
    pairs, weights, firsts = _grouped(
        entries.stacks * width + entries.keys, entries.weights, np.arange(len(entries.keys))
    )
    stacks, keys = pairs // max(width, 1), pairs % max(width, 1)
    members = places.members
    begins = np.searchsorted(members.stacks, stacks)
    lengths = np.searchsorted(members.stacks, stacks, side="right") - begins
    chunks = []
    for rows in _chunks(lengths):
        nodes = members.nodes[ranges(begins[rows], lengths[rows])]
        columns = (np.repeat(column[rows], lengths[rows]) for column in (keys, weights, firsts))
        of_nodes, *rest = columns
        chunks.append(_grouped(nodes * width + of_nodes, *rest))
    cum = _grouped(*map(np.concatenate, zip(*chunks, strict=True))) if chunks else (pairs[:0],) * 3
    leaves = places.leaves[stacks]
    own = leaves >= 0
    flat = _grouped(leaves[own] * width + keys[own], weights[own], firsts[own])
    own_weights = dict(zip(flat[0].tolist(), flat[1].tolist(), strict=True))
    return {
        divmod(pair, width): _Sums(own_weights.get(pair, 0), weight, first)
        for pair, weight, first in zip(*(column.tolist() for column in cum), strict=True)
    }


def _grouped(
    keys: Int64s, weights: Weights, firsts: npt.NDArray[np.int64]
) -> tuple[Int64s, Weights, Int64s]:
    """The distinct keys with the sum of their weights and their first entry."""
    unique, which = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(unique), weights.dtype)
    np.add.at(sums, which, weights)
    first = np.full(len(unique), np.iinfo(np.int64).max)
    np.minimum.at(first, which, firsts)
    return unique, sums, first


def _chunks(lengths: Int64s) -> list[slice]:
    """Consecutive rows that expand to about `_CHUNK` together, one at least."""
    ends = np.cumsum(lengths)
    bounds = np.flatnonzero(np.diff(ends // _CHUNK, prepend=0)).tolist()
    edges = [0, *(bound for bound in bounds if bound), len(lengths)]
    return [slice(first, last) for first, last in pairwise(edges) if first < last]
