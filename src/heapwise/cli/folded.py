"""``heapwise folded``: stacks for flame graph tools."""

from __future__ import annotations

from heapwise.analysis.traces import traces
from heapwise.cli.views import EXPORT, FILTERS, FRAMES, Request, view_command, write_export
from heapwise.report.folded import folded_lines


@view_command("folded", EXPORT, FRAMES, FILTERS)
def command(request: Request) -> None:
    """One line a stack, root first, with its weight, for flamegraph.pl and its kin.

    SOURCE is what it is for `heapwise top`.
    """
    lines = folded_lines(traces(request.look()))
    write_export(request, "".join(f"{line}\n" for line in lines).encode())
