"""The distinct sets of labels that a profile's samples have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from heapwise.analysis.distinct import distinct
from heapwise.analysis.edit import keep_labels
from heapwise.analysis.granularity import Bools
from heapwise.analysis.prefix_tree import PrefixTree, prefix_tree
from heapwise.analysis.tag_filters import held_labels
from heapwise.formats.measurement import label
from heapwise.model.profile import Int64s, Profile, UInt32s
from heapwise.names import visible

_RESERVED = "pprof::"

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class LabelSets:
    """Which set of labels each sample has.

    Attributes:
        of_samples: int64 per sample, index into ``texts``.
        texts: keys and values of each set; the first set is empty.
        left_out: keys with too many values to choose from.
    """

    of_samples: Int64s
    texts: tuple[Labels, ...]
    left_out: tuple[str, ...]


def label_sets(profile: Profile, units: Mapping[str, str], most_values: int) -> LabelSets:
    """Number the sets of labels.

    Args:
        profile: with labels.
        units: of the numeric ones.
        most_values: a key with more values is left out: it is an identity, not a dimension.
    """
    kept, left_out = _dimensions(profile, most_values)
    profile = keep_labels(profile, kept)
    rows, row_of = _distinct(profile)
    tree = prefix_tree(profile.label_offsets, row_of)
    used = np.union1d(tree.ends, [0])
    text = profile.strings.text
    shown = [
        (visible(text(key)), visible(text(value) if value else label(num, units[text(key)])))
        for key, value, num in rows
    ]
    return LabelSets(
        np.searchsorted(used, tree.ends),
        tuple(tuple(shown[row] for row in _path(tree, node)) for node in used.tolist()),
        left_out,
    )


def _dimensions(profile: Profile, most_values: int) -> tuple[Bools, tuple[str, ...]]:
    """Bool per label: it is shown; and the keys that are not."""
    held = held_labels(profile)
    rows, _ = _distinct(keep_labels(profile, held))
    values = np.bincount([key for key, _, _ in rows], minlength=1)
    names = {key: visible(profile.strings.text(key)) for key in np.flatnonzero(values).tolist()}
    many = [key for key in names if values[key] > most_values]
    reserved = [key for key, name in names.items() if name.startswith(_RESERVED)]
    kept = held & ~np.isin(profile.labels["key"], [*many, *reserved])
    return kept, tuple(sorted({names[key] for key in many if key not in reserved}))


def _distinct(profile: Profile) -> tuple[list[tuple[int, int, int]], UInt32s]:
    """The distinct key, text and number of labels, and which of them each label is."""
    first, row_of = distinct(profile.labels)
    return profile.labels[["key", "str", "num"]][first].tolist(), row_of


def _path(tree: PrefixTree, node: int) -> list[int]:
    """The items from a node up to the root."""
    found = []
    while node:
        found.append(int(tree.items[node]))
        node = int(tree.parents[node])
    return found
