"""``heapwise merge``: one profile of several, as a file."""

from __future__ import annotations

import sys

from heapwise.analysis.alike import divided
from heapwise.cli.views import FILTERS, Request, view_command, write_export
from heapwise.errors import UsageError
from heapwise.formats import pprof


@view_command("merge", ("output", "force", "divide-by"), FILTERS)
def command(request: Request) -> None:
    """Add profiles up, compare them with a base or filter them, and write a profile.

    What is written is what pprof's -proto writes: gzipped, for every tool that reads pprof's
    format. Without -o it goes to standard output. SOURCE is what it is for `heapwise top`.
    """
    if request.options["output"] is None and sys.stdout.isatty():
        raise UsageError("a profile is no text for a terminal", hint="name a file with -o")
    seen = request.look()
    write_export(request, pprof.encode(divided(seen.profile, seen.query.divide_by)))
