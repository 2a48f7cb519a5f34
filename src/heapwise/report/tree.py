"""Every node with its callers above and its callees below, as pprof's tree and peek print it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heapwise.formats.measurement import percentage
from heapwise.model.graph import Call, Graph
from heapwise.model.tables import Row
from heapwise.names import visible
from heapwise.report.head import amounts, ranking_lines

_RULE = "-" * 58 + "+" + "-" * 13
_LEGEND = "      flat  flat%   sum%        cum   cum%   calls calls% + context"


def tree_lines(graph: Graph, wanted: Callable[[str], bool] = lambda _: True) -> list[str]:
    """One string a line; what could drive a terminal is spelled out.

    Args:
        graph: to print.
        wanted: whether a node of that name is shown.
    """
    text = amounts(graph).text
    callers, callees = _by_node(graph)
    lines = [*ranking_lines(graph, [row.flat for row in graph.rows]), _RULE, _LEGEND]
    so_far = 0
    for number, row in enumerate(graph.rows):
        if not wanted(row.name):
            continue
        so_far += row.flat
        lines.append(_RULE)
        lines += _calls(graph, row, [(call, call.caller) for call in callers.get(number, ())])
        lines.append(
            f"{text(row.flat):>10} {percentage(row.flat, graph.total)} "
            f"{percentage(so_far, graph.total)} {text(row.cum):>10} "
            f"{percentage(row.cum, graph.total)}                | {row.name}"
        )
        lines += _calls(graph, row, [(call, call.callee) for call in callees.get(number, ())])
    if graph.rows:
        lines.append(_RULE)
    return [visible(line) for line in lines]


def _by_node(graph: Graph) -> tuple[dict[int, list[Call]], dict[int, list[Call]]]:
    """The calls to and from each node, heaviest first."""
    callers: dict[int, list[Call]] = {}
    callees: dict[int, list[Call]] = {}
    for call in graph.calls:
        callers.setdefault(call.callee, []).append(call)
        callees.setdefault(call.caller, []).append(call)
    return callers, callees


def _calls(graph: Graph, row: Row, calls: Sequence[tuple[Call, int]]) -> list[str]:
    text = amounts(graph).text
    return [
        f"{text(call.weight):>50} {percentage(call.weight, row.cum)} |   "
        f"{graph.name(other)}{' (inline)' if call.inline else ''}"
        for call, other in calls
    ]
