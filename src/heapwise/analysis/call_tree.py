"""A profile's call paths as a tree, with exact weights: a function has a node in every path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from heapwise.analysis.aggregate import Weights
from heapwise.analysis.call_net import CallNet, Link
from heapwise.analysis.granularity import Bools
from heapwise.analysis.prefix_tree import PrefixTree, prefix_tree
from heapwise.analysis.stack_frames import Members, StackFrames
from heapwise.analysis.view import Look
from heapwise.errors import ProfileError
from heapwise.model.profile import Int64s

_MOST_PATHS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class CallTree:
    """Call paths; the first one is the root, which stands for no frame.

    Attributes:
        rows: int64 per path, the node of `Look.nodes` that it ends in; -1 for the root.
        parents: int64 per path; the root has itself.
        flat: what the last frame of a path weighs there.
        cum: the same with everything it called.
        inlined: bool per path: its last frame was always inlined.
        members: the paths that each stack goes through.
        leaves: int64 per stack, the path it ends in; 0 for none.
    """

    rows: Int64s
    parents: Int64s
    flat: Weights
    cum: Weights
    inlined: Bools
    members: Members
    leaves: Int64s

    @classmethod
    def of(cls, look: Look) -> Self:
        """Build the tree of the stacks that have a sample which is not 0.

        Raises:
            ProfileError: there are too many frames or paths.
        """
        weighed = look.weighed
        frames = StackFrames.of(look.profile, look.nodes)
        tree = prefix_tree(frames.offsets, frames.nodes)
        members = _members(tree, np.flatnonzero(weighed.counted))
        if len(np.unique(members.nodes)) > _MOST_PATHS:
            raise ProfileError(
                "the tree cannot be drawn",
                f"it has more than {_MOST_PATHS:,} call paths",
                "choose a part of them with -focus or -tagfocus",
            )
        flat, cum = np.zeros((2, len(tree.items)), weighed.stacks.dtype)
        np.add.at(flat, tree.ends, weighed.stacks)
        np.add.at(cum, members.nodes, weighed.stacks[members.stacks])
        flat[0] = 0
        inlined = np.ones(len(tree.items), bool)
        of_members = frames.inlined[frames.offsets[members.stacks + 1] - tree.depths[members.nodes]]
        inlined[members.nodes[~of_members]] = False
        return cls(tree.items, tree.parents, flat, cum, inlined, members, tree.ends)

    def net(self, nodes: list[int]) -> CallNet:
        """All calls of the paths that have samples; ``nodes`` are those that are shown."""
        paths = np.unique(self.members.nodes)
        paths = paths[self.parents[paths] != 0]
        columns = (column[paths].tolist() for column in (self.parents, self.cum, self.inlined))
        return CallNet(
            nodes,
            (
                Link(caller, callee, weight, inline)
                for callee, caller, weight, inline in zip(paths.tolist(), *columns, strict=True)
            ),
        )


def _members(tree: PrefixTree, stacks: Int64s) -> Members:
    """The paths from the end of each stack up to the root, which is left out."""
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    at = tree.ends[stacks]
    while len(stacks := stacks[at > 0]):
        at = at[at > 0]
        found.append((stacks, at))
        at = tree.parents[at]
    stacks, paths = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(stacks, kind="stable")
    return Members(stacks[order], paths[order])
