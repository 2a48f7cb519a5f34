"""``heapwise top``: the nodes of a profile, heaviest first."""

from __future__ import annotations

import sys

from heapwise.analysis.per_request_view import PerRequestLook, with_objects
from heapwise.analysis.row_errors import with_error_bars
from heapwise.analysis.top import top
from heapwise.cli.output import write_data
from heapwise.cli.views import FILTERS, FRAMES, TRIMMING, VALUES, Request, view_command
from heapwise.model.envelope import envelope
from heapwise.report.top import top_lines

_ROWS_ON_TERMINAL = 30


@view_command("top", VALUES, TRIMMING, FRAMES, FILTERS, ("error-bars", "json"))
def command(request: Request) -> None:
    """The functions of profiles by weight, as pprof's top counts them.

    A SOURCE is a file, a URL, host:port (its /debug/pprof/heap), a recording, or - for standard
    input; several are added up. A recording shows what was allocated under its load.

    On a terminal, a heap profile's flat values have their 95 % interval and the sampled events
    they rest on; what goes into a pipe has pprof's columns alone, unless -error_bars is given.
    """
    terminal = sys.stdout.isatty()
    seen, trim = request.look(), request.trim(nodecount=_ROWS_ON_TERMINAL if terminal else 0)
    table = top(seen, trim)
    if isinstance(seen, PerRequestLook):
        table = with_objects(with_error_bars(table, seen, trim, seen.pinned), seen, trim)
    else:
        table = with_error_bars(table, seen, trim)
    bars = terminal or bool(request.options["error_bars"])
    lines = top_lines(table, error_bars=bars)
    write_data(envelope(table) if request.options["as_json"] else "\n".join(lines))
