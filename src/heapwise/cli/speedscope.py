"""``heapwise speedscope``: a profile for another viewer."""

from __future__ import annotations

from heapwise.analysis.traces import traces
from heapwise.cli.views import EXPORT, FILTERS, FRAMES, Request, view_command, write_export
from heapwise.report.speedscope import speedscope


@view_command("speedscope", EXPORT, FRAMES, FILTERS)
def command(request: Request) -> None:
    """A JSON file that speedscope opens.

    SOURCE is what it is for `heapwise top`.
    """
    write_export(request, speedscope(traces(request.look())))
