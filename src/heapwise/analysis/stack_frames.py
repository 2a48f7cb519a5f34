"""The stacks of a profile as nodes, inlined calls included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from heapwise.analysis.edit import owners, ranges
from heapwise.analysis.granularity import Bools, Nodes
from heapwise.errors import ProfileError
from heapwise.model.profile import Int64s, Profile

_MOST_FRAMES = 1 << 25


def frames_of_stacks(profile: Profile, nodes: Nodes, most: int) -> tuple[Int64s, Int64s]:
    """The frames of all stacks, leaf first, as indices into ``nodes.of_frames``.

    Returns:
        int64[s + 1], where each stack begins; and int64, the frames.

    Raises:
        ProfileError: there are more than ``most``.
    """
    counts = np.diff(nodes.offsets)[profile.stack_locations]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    if offsets[-1] > most:
        raise ProfileError(
            "the profile cannot be drawn",
            f"its stacks have {int(offsets[-1]):,} frames, more than {most:,}",
            "choose a part of it with -focus or -tagfocus",
        )
    frames = ranges(nodes.offsets[profile.stack_locations], counts)
    return offsets[profile.stack_offsets], frames


@dataclass(frozen=True, slots=True, eq=False)
class StackFrames:
    """The frames of every stack, leaf first.

    Attributes:
        offsets: int64[s + 1] into the others.
        nodes: int64 per frame.
        inlined: bool per frame: it was compiled into the next one.
    """

    offsets: Int64s
    nodes: Int64s
    inlined: Bools

    @classmethod
    def of(cls, profile: Profile, nodes: Nodes) -> Self:
        """Look up the frames of each location.

        Raises:
            ProfileError: there are too many.
        """
        offsets, frames = frames_of_stacks(profile, nodes, _MOST_FRAMES)
        return cls(offsets, nodes.of_frames[frames].astype(np.int64), nodes.inlined[frames])

    def members(self) -> Members:
        """Each node of each stack once."""
        count = int(self.nodes.max(initial=0)) + 1
        pairs = np.unique(owners(self.offsets) * count + self.nodes)
        return Members(pairs // count, pairs % count)


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Which nodes are part of which stacks: one row a pair, by stack.

    Attributes:
        stacks: int64, ascending.
        nodes: int64.
    """

    stacks: Int64s
    nodes: Int64s

    def among(self, wanted: Bools) -> Members:
        """Those of some nodes; bool per node."""
        kept = wanted[self.nodes]
        return Members(self.stacks[kept], self.nodes[kept])
