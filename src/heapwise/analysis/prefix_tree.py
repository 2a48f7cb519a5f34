"""Sequences as one tree in which equal beginnings are shared: stacks, or the labels of samples."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.model.profile import Int64s

DEEPEST = 2_000
"""Items of a sequence that count; a runaway recursion has no more to tell."""

ROOT, REST = -1, -2
"""Items of nodes that stand for none: the root, and what is too light to be kept."""

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PrefixTree:
    """Nodes in preorder: parents before their children, each subtree in one piece.

    Attributes:
        items: int64 per node, the last item of its path, or `ROOT` or `REST`.
        parents: int64 per node, smaller than the node; the root, the first node, has itself.
        depths: int64 per node, items on its path.
        ends: int64 per sequence, the node of its last item that counts.
    """

    items: Int64s
    parents: Int64s
    depths: Int64s
    ends: Int64s

    def cumulative(self, own: Float64s) -> Float64s:
        """The sum of each node's own value and of all below it."""
        result = own.copy()
        order = np.argsort(self.depths, kind="stable")
        levels = np.searchsorted(self.depths[order], np.arange(1, self.depths.max() + 2))
        for first, last in reversed(list(pairwise(levels.tolist()))):
            level = order[first:last]
            np.add.at(result, self.parents[level], result[level])
        return result


def prefix_tree(offsets: Int64s, items: npt.NDArray[np.integer[Any]]) -> PrefixTree:
    """The tree of sequences given as CSR, **last item first**, as the stacks of profiles are.

    Args:
        offsets: int64[n + 1] into ``items``.
        items: not negative, below 2^31.
    """
    width = int(items.max(initial=0)) + 1
    lengths = np.minimum(np.diff(offsets), DEEPEST)
    ends = np.zeros(len(lengths), np.int64)
    parents, found = [np.zeros(1, np.int64)], [np.full(1, ROOT, np.int64)]
    bounds = [0, 1]
    alive = np.flatnonzero(lengths)
    while len(alive):
        depth = len(bounds) - 1
        keys = ends[alive] * width + items[offsets[alive + 1] - depth]
        unique, place = np.unique(keys, return_inverse=True)
        ends[alive] = bounds[-1] + place
        parents.append(unique // width)
        found.append(unique % width)
        bounds.append(bounds[-1] + len(unique))
        alive = alive[lengths[alive] > depth]
    return _preorder(np.concatenate(found), np.concatenate(parents), ends, bounds)


def thinned(tree: PrefixTree, weights: Float64s, most: int) -> PrefixTree:
    """The heaviest nodes; all others become one child, `REST`, of the nearest node that is kept.

    Args:
        tree: whose nodes may be too many.
        weights: per node, never below that of a child.
        most: nodes to keep, the root not counted.
    """
    if len(weights) <= most + 1:
        return tree
    kept = np.zeros(len(weights), bool)
    # Of equal weights the first, so that no node is kept without those above it.
    kept[np.argsort(-weights[1:], kind="stable")[:most] + 1] = True
    kept[0] = True
    nearest = np.where(kept, np.arange(len(kept)), tree.parents)
    while not kept[nearest].all():
        nearest = nearest[nearest]
    rests = np.unique(nearest[~kept])
    # Places of two: a node that is kept, and behind it, before its children, that of its rest.
    places = np.sort(np.concatenate([2 * np.flatnonzero(kept), 2 * rests + 1]))
    old, is_rest = places // 2, places % 2 == 1
    return PrefixTree(
        items=np.where(is_rest, REST, tree.items[old]),
        parents=np.searchsorted(places, 2 * np.where(is_rest, old, tree.parents[old])),
        depths=tree.depths[old] + is_rest,
        ends=np.searchsorted(places, 2 * nearest + ~kept)[tree.ends],
    )


def _preorder(items: Int64s, parents: Int64s, ends: Int64s, bounds: list[int]) -> PrefixTree:
    """The tree from its levels, each sorted by parent; ``bounds`` are where levels begin."""
    levels = list(pairwise(bounds))
    depths = np.repeat(np.arange(len(levels)), np.diff(bounds))
    sizes = np.ones(len(parents), np.int64)
    for first, last in reversed(levels[1:]):
        np.add.at(sizes, parents[first:last], sizes[first:last])
    place = np.zeros(len(parents), np.int64)
    for first, last in levels[1:]:
        above, size = parents[first:last], sizes[first:last]
        before = np.cumsum(size) - size
        eldest = np.searchsorted(above, above)
        place[first:last] = place[above] + 1 + before - before[eldest]
    order = np.argsort(place)
    return PrefixTree(items[order], place[parents[order]], depths[order], place[ends])
