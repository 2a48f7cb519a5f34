"""``heapwise tree``: the nodes of a profile with their callers and callees."""

from __future__ import annotations

from heapwise.analysis.graph import call_graph
from heapwise.cli.views import FILTERS, FRAMES, TRIMMING, VALUES, Request, view_command, write_view
from heapwise.report.tree import tree_lines

_ROWS = 80  # as pprof's


@view_command("tree", VALUES, TRIMMING, FRAMES, FILTERS, ("json",))
def command(request: Request) -> None:
    """The heaviest functions, each between its callers and its callees, as pprof's tree.

    SOURCE is what it is for `heapwise top`.
    """
    graph = call_graph(request.look(), request.trim(nodecount=_ROWS))
    write_view(request, graph, lambda: tree_lines(graph))
