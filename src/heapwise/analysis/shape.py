"""What a call graph is drawn of: a box a node of the graph, or a box a call path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from heapwise.analysis.aggregate import Weights, edges
from heapwise.analysis.call_net import CallNet, Link
from heapwise.analysis.call_tree import CallTree
from heapwise.analysis.node_labels import Places
from heapwise.analysis.stack_frames import StackFrames
from heapwise.analysis.view import Look
from heapwise.model.profile import Int64s


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shape(ABC):
    """Boxes to choose from.

    Attributes:
        look: at the profile.
        rows: int64 per box, the node of `Look.nodes` that it stands for.
        flat: per box.
        cum: per box.
    """

    look: Look
    rows: Int64s
    flat: Weights
    cum: Weights

    @property
    def there(self) -> list[int]:
        """The boxes that have any weight."""
        found: list[int] = np.flatnonzero((self.flat != 0) | (self.cum != 0)).tolist()
        return found

    def mask(self, boxes: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Bool per box: it is one of these."""
        result = np.zeros(len(self.rows), bool)
        result[boxes] = True
        return result

    @abstractmethod
    def caller(self, box: int) -> int:
        """What tells a box from others of the same function: of a path, the path it goes on."""

    @abstractmethod
    def net(self) -> CallNet:
        """All calls between the boxes."""

    @abstractmethod
    def narrowed(self, net: CallNet, kept: list[int]) -> CallNet:
        """The calls between some boxes of a net, which lead across the others."""

    @abstractmethod
    def places(self) -> Places:
        """Where stacks leave their weight."""


class GraphShape(Shape):
    """A box a node."""

    @classmethod
    def of(cls, look: Look) -> Self:
        """The nodes of a look."""
        rows = np.arange(len(look.nodes.names))
        return cls(look=look, rows=rows, flat=look.weighed.flat, cum=look.weighed.cum)

    def caller(self, box: int) -> int:  # noqa: ARG002 - it has many callers
        """A node is the only one of its function."""
        return 0

    def net(self) -> CallNet:
        """All calls."""
        return CallNet(self.there, self._links())

    def narrowed(self, net: CallNet, kept: list[int]) -> CallNet:
        """Calls are counted anew, so that no sample counts twice where two ways become one."""
        return net if len(kept) == len(net.nodes) else CallNet(kept, self._links(kept))

    def places(self) -> Places:
        """Every node of each stack once, and the node of its leaf."""
        frames = StackFrames.of(self.look.profile, self.look.nodes)
        filled = np.diff(frames.offsets) > 0
        leaves = np.full(len(filled), -1)
        leaves[filled] = frames.nodes[frames.offsets[:-1][filled]]
        return Places(frames.members(), leaves)

    def _links(self, kept: Sequence[int] | None = None) -> Iterable[Link]:
        mask = None if kept is None else self.mask(kept)
        found = edges(self.look.profile, self.look.weighed, mask)
        columns = (found.callers, found.callees, found.weights, found.inline, found.residual)
        return (Link(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TreeShape(Shape):
    """A box a call path."""

    tree: CallTree

    @classmethod
    def of(cls, look: Look) -> Self:
        """The call paths of a look.

        Raises:
            ProfileError: there are too many.
        """
        tree = CallTree.of(look)
        return cls(look=look, rows=tree.rows, flat=tree.flat, cum=tree.cum, tree=tree)

    def caller(self, box: int) -> int:
        """The path before the last call."""
        return int(self.tree.parents[box])

    def net(self) -> CallNet:
        """The call that each path ends with."""
        return self.tree.net(self.there)

    def narrowed(self, net: CallNet, kept: list[int]) -> CallNet:
        """Calls of boxes that are left out pass to their callers."""
        if len(kept) < len(net.nodes):
            net.bypass(kept)
        return net

    def places(self) -> Places:
        """Every path that a stack goes through, and the whole path."""
        leaves = self.tree.leaves
        return Places(self.tree.members, np.where(leaves > 0, leaves, -1))
