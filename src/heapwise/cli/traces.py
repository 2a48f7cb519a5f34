"""``heapwise traces``: the samples of a profile."""

from __future__ import annotations

from heapwise.analysis.traces import traces
from heapwise.cli.views import FILTERS, FRAMES, VALUES, Request, view_command, write_view
from heapwise.report.traces import traces_lines


@view_command("traces", VALUES, FRAMES, FILTERS, ("json",))
def command(request: Request) -> None:
    """Every sample with its labels and its stack, as pprof's traces.

    SOURCE is what it is for `heapwise top`.
    """
    found = traces(request.look())
    write_view(request, found, lambda: traces_lines(found))
