"""``heapwise raw``: a profile as text."""

from __future__ import annotations

from heapwise.cli.output import write_data
from heapwise.cli.views import FILTERS, Request, view_command
from heapwise.report.raw import raw_lines


@view_command("raw", FILTERS)
def command(request: Request) -> None:
    """Samples, locations and mappings as they are in the profile, as pprof's raw.

    SOURCE is what it is for `heapwise top`.
    """
    write_data("\n".join(raw_lines(request.look().profile)))
