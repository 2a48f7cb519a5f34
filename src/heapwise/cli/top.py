"""``heapwise top``: the nodes of a profile, heaviest first."""

from __future__ import annotations

import sys

from heapwise.analysis.top import top
from heapwise.cli.output import write_data
from heapwise.cli.views import FILTERS, FRAMES, TRIMMING, VALUES, Request, view_command
from heapwise.model.envelope import envelope
from heapwise.report.top import top_lines

_ROWS_ON_TERMINAL = 30


@view_command("top", VALUES, TRIMMING, FRAMES, FILTERS, ("json",))
def command(request: Request) -> None:
    """The functions of profiles by weight, as pprof's top counts them.

    A SOURCE is a file, a URL, host:port (its /debug/pprof/heap), a recording, or - for standard
    input; several are added up. A recording shows what was allocated under its load.
    """
    rows = _ROWS_ON_TERMINAL if sys.stdout.isatty() else 0
    table = top(request.look(), request.trim(nodecount=rows))
    write_data(envelope(table) if request.options["as_json"] else "\n".join(top_lines(table)))
