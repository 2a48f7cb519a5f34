"""``heapwise traces``: the samples of a profile."""

from __future__ import annotations

from heapwise.analysis.traces import traces
from heapwise.cli.output import write_data
from heapwise.cli.views import FILTERS, FRAMES, VALUES, Request, view_command
from heapwise.report.traces import traces_lines


@view_command("traces", VALUES, FRAMES, FILTERS)
def command(request: Request) -> None:
    """Every sample with its labels and its stack, as pprof's traces.

    SOURCE is what it is for `heapwise top`.
    """
    write_data("\n".join(traces_lines(traces(request.look()))))
