"""Calls between nodes that can be taken out, as drawing a call graph needs it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Link:
    """What one node calls of another; ``inline`` and ``residual`` as in `aggregate.Edges`."""

    caller: int
    callee: int
    weight: int
    inline: bool
    residual: bool = False


Order = Callable[[Link], tuple[int, bytes, bytes]]
"""What links are sorted by, heaviest first."""


class CallNet:
    """Nodes and the links between them.

    Attributes:
        nodes: those that are shown. Links also lead to others, whose weights cancel out.
        callers: the links to each node, by caller.
        callees: the links from each node, by callee.
    """

    def __init__(self, nodes: list[int], links: Iterable[Link]) -> None:
        self.nodes = nodes
        self.callers: dict[int, dict[int, Link]] = defaultdict(dict)
        self.callees: dict[int, dict[int, Link]] = defaultdict(dict)
        for link in links:
            self._add(link)

    def links(self) -> list[Link]:
        """The links from and to nodes that are shown."""
        shown = set(self.nodes)
        return [
            link for node in self.nodes for link in self.callees[node].values()
            if link.callee in shown
        ]  # fmt: skip

    def drop_light(self, least: int) -> int:
        """Take out the links that weigh less, and count them.

        pprof overlooks links to nodes that weigh nothing.
        """
        light = [
            link for node in self.nodes for link in self.callers[node].values()
            if abs(link.weight) < least
        ]  # fmt: skip
        for link in light:
            self._remove(link)
        return len(light)

    def drop_redundant(self, order: Order) -> None:
        """Take out residual links where the callee can be reached another way.

        The lightest first, and none that is heavier than a real call to the same callee.
        """
        for node in reversed(self.nodes):
            for link in sorted(self.callers[node].values(), key=order, reverse=True):
                if not link.residual:
                    break
                if self._is_redundant(link):
                    self._remove(link)

    def bypass(self, kept: Iterable[int]) -> None:
        """Show only some nodes; of a tree, what the others called is now called by their callers.

        Nodes without a caller leave roots behind.
        """
        wanted = set(kept)
        for node in self.nodes:
            if node not in wanted:
                self._bypass(node)
        self.nodes = [node for node in self.nodes if node in wanted]

    def _bypass(self, node: int) -> None:
        above = list(self.callers[node].values())
        below = list(self.callees[node].values())
        for link in (*above, *below):
            self._remove(link)
        for into in above:
            for link in below:
                inline = into.inline and link.inline
                self._add(Link(into.caller, link.callee, link.weight, inline, residual=True))

    def _is_redundant(self, link: Link) -> bool:
        seen, queue = {link.callee}, deque([link.callee])
        while queue:
            for other in self.callers[queue.popleft()].values():
                if other is link or other.caller in seen:
                    continue
                if other.caller == link.caller:
                    return True
                seen.add(other.caller)
                queue.append(other.caller)
        return False

    def _add(self, link: Link) -> None:
        self.callers[link.callee][link.caller] = link
        self.callees[link.caller][link.callee] = link

    def _remove(self, link: Link) -> None:
        del self.callers[link.callee][link.caller]
        del self.callees[link.caller][link.callee]
