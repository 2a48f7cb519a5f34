"""``heapwise dot``: the call graph for Graphviz."""

from __future__ import annotations

from heapwise.analysis.dot_graph import drawing
from heapwise.cli.views import (
    FILTERS,
    FRAMES,
    LIMITS_SHOWN,
    VALUES,
    Request,
    view_command,
    write_export,
)
from heapwise.report.dot import dot_lines

_BOXES = 80  # as pprof's


@view_command(
    "dot", ("output", "force"), VALUES, LIMITS_SHOWN, ("call-tree",), FRAMES, FILTERS
)  # fmt: skip
def command(request: Request) -> None:
    """The boxes and calls that tell most, as pprof's dot; Graphviz makes a picture of it.

    SOURCE is what it is for `heapwise top`.
    """
    tree = request.options["call_tree"]
    drawn = drawing(request.look(), request.trim(nodecount=_BOXES), call_tree=tree)
    write_export(request, "".join(f"{line}\n" for line in dot_lines(drawn)).encode())
