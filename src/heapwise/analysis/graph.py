"""The call graph of a profile, trimmed to its heaviest nodes and calls."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.analysis.aggregate import Edges, edges
from heapwise.analysis.trim import Chosen, Trim, choose, shown_unit
from heapwise.analysis.view import Look
from heapwise.model.graph import Call, Graph
from heapwise.model.tables import Inline, Row


def call_graph(look: Look, trim: Trim) -> Graph:
    """The heaviest nodes and the calls between them.

    Where nodes are left out, calls lead across them; the weight they had of their own is lost.

    Raises:
        ProfileError: a stack is too deep to be counted.
    """
    weighed = look.weighed
    chosen = choose(weighed, trim)
    found = edges(look.profile, weighed, chosen.kept)
    names = weighed.nodes.names
    index = {node: number for number, node in enumerate(chosen.nodes)}
    heavy = [
        edge
        for edge, (weight, callee) in enumerate(
            zip(found.weights.tolist(), found.callees.tolist(), strict=True)
        )
        # pprof overlooks calls of nodes that weigh nothing when it leaves light ones out.
        if abs(weight) >= chosen.lightest_call or callee not in index
    ]
    for edge in heavy:
        for node in (int(found.callers[edge]), int(found.callees[edge])):
            index.setdefault(node, len(index))
    heavy.sort(key=lambda edge: _order(found, names, edge))
    return Graph(
        **look.head() | {"shown_unit": shown_unit(look, chosen.nodes)},
        rows=_rows(look, chosen, found, heavy),
        weightless=tuple(_text(names[node]) for node in list(index)[len(chosen.nodes) :]),
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
        sorted_by=trim.sort,
        dropped=chosen.dropped,
        light=chosen.light,
        cutoff=abs(int(look.total * trim.nodefraction)),
    )


def _rows(look: Look, chosen: Chosen, found: Edges, shown: Sequence[int]) -> tuple[Row, ...]:
    """A row for each chosen node; ``shown`` are the edges that count for being inlined."""
    weighed = look.weighed
    ways: dict[int, set[bool]] = {}
    for edge in shown:
        ways.setdefault(int(found.callees[edge]), set()).add(bool(found.inline[edge]))
    return tuple(
        Row(
            _text(weighed.nodes.names[node]),
            int(weighed.flat[node]),
            int(weighed.cum[node]),
            _inline(ways.get(node, set())),
        )
        for node in chosen.nodes
    )


def _inline(ways: set[bool]) -> Inline:
    if True not in ways:
        return ""
    return "partial-inline" if False in ways else "inline"


def _order(found: Edges, names: Sequence[bytes], edge: int) -> tuple[int, bytes, bytes]:
    return (
        -abs(int(found.weights[edge])),
        names[int(found.callers[edge])],
        names[int(found.callees[edge])],
    )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
