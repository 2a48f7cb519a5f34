"""``heapwise callgrind``: a profile for KCachegrind."""

from __future__ import annotations

from dataclasses import replace

from heapwise.analysis.call_sites import call_sites
from heapwise.cli.views import EXPORT, FILTERS, Request, view_command, write_export
from heapwise.report.callgrind import callgrind_lines


@view_command("callgrind", EXPORT, ("unit", "divide-by", "noinlines", "call-tree"), FILTERS)
def command(request: Request) -> None:
    """The whole call graph by address, as pprof's callgrind.

    SOURCE is what it is for `heapwise top`.
    """
    seen = request.look(replace(request.query(), granularity="addresses"))
    found = call_sites(seen, call_tree=request.options["call_tree"])
    write_export(request, "".join(f"{line}\n" for line in callgrind_lines(found)).encode())
