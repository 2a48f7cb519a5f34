"""The call graph of a profile, trimmed to its heaviest nodes and calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heapwise.analysis.aggregate import Edges, edges
from heapwise.analysis.trim import Chosen, Trim, choose, shown_unit
from heapwise.analysis.view import Look
from heapwise.model.graph import Call, Graph
from heapwise.model.profile import Int64s
from heapwise.model.tables import Inline, Row


@dataclass(frozen=True, slots=True, eq=False)
class Trimmed:
    """What of a call graph is shown.

    Attributes:
        chosen: its nodes.
        calls: between all nodes.
        heavy: int64, the calls that are shown.
    """

    chosen: Chosen
    calls: Edges
    heavy: Int64s

    @classmethod
    def of(cls, look: Look, trim: Trim) -> Trimmed:
        """Choose the heaviest nodes and the calls between them.

        Raises:
            ProfileError: the stacks have too many frames to be counted.
        """
        chosen = choose(look.weighed, trim)
        calls = edges(look.profile, look.weighed, chosen.kept)
        shown = np.zeros(len(look.nodes.names), bool)
        shown[chosen.nodes] = True
        # pprof overlooks calls of nodes that weigh nothing when it leaves light ones out.
        heavy = (np.abs(calls.weights) >= chosen.lightest_call) | ~shown[calls.callees]
        return cls(chosen, calls, np.flatnonzero(heavy))


def call_graph(look: Look, trim: Trim) -> Graph:
    """The heaviest nodes and the calls between them.

    Where nodes are left out, calls lead across them; the weight they had of their own is lost.

    Raises:
        ProfileError: the stacks have too many frames to be counted.
    """
    trimmed = Trimmed.of(look, trim)
    found, names = trimmed.calls, look.nodes.names
    index = {node: number for number, node in enumerate(trimmed.chosen.nodes)}
    heavy = trimmed.heavy.tolist()
    for edge in heavy:
        for node in (int(found.callers[edge]), int(found.callees[edge])):
            index.setdefault(node, len(index))
    heavy.sort(key=lambda edge: _order(found, names, edge))
    return Graph(
        **ranking(look, trim, trimmed),
        weightless=tuple(_text(names[node]) for node in list(index)[len(trimmed.chosen.nodes) :]),
        calls=tuple(
            Call(
                caller=index[int(found.callers[edge])],
                callee=index[int(found.callees[edge])],
                weight=int(found.weights[edge]),
                inline=bool(found.inline[edge]),
                residual=bool(found.residual[edge]),
            )
            for edge in heavy
        ),
    )


def ranking(look: Look, trim: Trim, trimmed: Trimmed) -> dict[str, Any]:
    """The fields of a `heapwise.model.tables.Table`, the nodes heaviest first."""
    chosen = trimmed.chosen
    return look.head() | {
        "shown_unit": shown_unit(look, chosen.nodes),
        "rows": _rows(look, trimmed),
        "sorted_by": trim.sort,
        "dropped": chosen.dropped,
        "light": chosen.light,
        "cutoff": abs(int(look.total * trim.nodefraction)),
    }


def _rows(look: Look, trimmed: Trimmed) -> tuple[Row, ...]:
    """A row for each chosen node; whether it is inlined is said by the calls that are shown."""
    weighed, nodes = look.weighed, trimmed.chosen.nodes
    inlined, called = np.zeros((2, len(look.nodes.names)), bool)
    callees, inline = (
        column[trimmed.heavy] for column in (trimmed.calls.callees, trimmed.calls.inline)
    )
    inlined[callees[inline]] = True
    called[callees[~inline]] = True
    columns = (weighed.flat, weighed.cum, inlined, called)
    return tuple(
        Row(_text(look.nodes.names[node]), flat, cum, _inline(inlined=inlined, called=called))
        for node, flat, cum, inlined, called in zip(
            nodes, *(column[nodes].tolist() for column in columns), strict=True
        )
    )


def _inline(*, inlined: bool, called: bool) -> Inline:
    if not inlined:
        return ""
    return "partial-inline" if called else "inline"


def _order(found: Edges, names: Sequence[bytes], edge: int) -> tuple[int, bytes, bytes, int, int]:
    caller, callee = int(found.callers[edge]), int(found.callees[edge])
    return -abs(int(found.weights[edge])), names[caller], names[callee], caller, callee


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
