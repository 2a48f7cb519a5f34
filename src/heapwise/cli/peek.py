"""``heapwise peek``: who calls some functions, and whom they call."""

from __future__ import annotations

from dataclasses import replace

from heapwise.analysis.graph import call_graph
from heapwise.analysis.peek import peek
from heapwise.analysis.suggest import heaviest
from heapwise.analysis.trim import UNTRIMMED
from heapwise.analysis.user_pattern import UserPattern
from heapwise.cli.views import FILTERS, FRAMES, VALUES, Request, view_command, write_view
from heapwise.errors import ProfileError
from heapwise.report.tree import tree_lines


@view_command("peek", VALUES, ("cum", "flat"), FRAMES, FILTERS, ("json",), argument="regex")
def command(request: Request) -> None:
    """The functions whose names match REGEX, between all their callers and callees, as pprof's.

    SOURCE is what it is for `heapwise top`.
    """
    wanted = UserPattern(request.options["regex"])
    seen = request.look()
    graph = call_graph(seen, replace(UNTRIMMED, sort=request.sort()))
    found = peek(graph, wanted.matches)
    if not found.matched:
        raise ProfileError(
            f"no function of {seen.source} matches {wanted.text!r}",
            hint=heaviest(seen.profile, seen.sample_type.type),
        )
    write_view(request, found, lambda: tree_lines(graph, wanted.matches))
