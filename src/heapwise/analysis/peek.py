"""Some nodes of a call graph with their neighbours."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from heapwise.model.graph import Graph, Peek


def peek(graph: Graph, wanted: Callable[[str], bool]) -> Peek:
    """The nodes whose name is wanted, all that call them and all that they call.

    Args:
        graph: with all of its nodes and calls.
        wanted: whether a node of that name was asked for.
    """
    matched = {number for number, row in enumerate(graph.rows) if wanted(row.name)}
    calls = [call for call in graph.calls if call.caller in matched or call.callee in matched]
    near = matched.union(*({call.caller, call.callee} for call in calls))
    kept = sorted(near)
    index = {old: new for new, old in enumerate(kept)}
    rows = tuple(graph.rows[number] for number in kept if number < len(graph.rows))
    return Peek(
        **{name: getattr(graph, name) for name in graph.__struct_fields__} | {
            "rows": rows,
            "weightless": tuple(graph.name(number) for number in kept[len(rows) :]),
            "calls": tuple(
                msgspec.structs.replace(
                    call, caller=index[call.caller], callee=index[call.callee]
                )
                for call in calls
            ),
            "dropped": graph.dropped + len(graph.rows) - len(rows),
        },
        matched=tuple(index[number] for number in sorted(matched)),
    )  # fmt: skip
