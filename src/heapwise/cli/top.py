"""``heapwise top``: the nodes of a profile, heaviest first."""

from __future__ import annotations

import sys

from heapwise.analysis.row_errors import with_error_bars
from heapwise.analysis.top import top
from heapwise.analysis.trim import Trim
from heapwise.analysis.view import Look
from heapwise.cli.views import FILTERS, FRAMES, TRIMMING, VALUES, Request, view_command, write_view
from heapwise.model.tables import Table
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
    bars = terminal or bool(request.options["error_bars"])
    table = _table(request, seen, trim)
    write_view(request, table, lambda: top_lines(table, error_bars=bars))


def _table(request: Request, seen: Look, trim: Trim) -> Table:
    table = top(seen, trim)
    if not request.options["per_request"]:
        return with_error_bars(table, seen, trim)
    # It takes long to load, and what it shows is seldom asked for.
    from heapwise.analysis.per_request_view import (  # noqa: PLC0415 - see above
        PerRequestLook,
        with_objects,
    )

    assert isinstance(seen, PerRequestLook)  # noqa: S101 - what such a request makes
    return with_objects(with_error_bars(table, seen, trim, seen.pinned), seen, trim)
