"""``heapwise list``: the source lines of some functions, with their weights."""

from __future__ import annotations

from dataclasses import replace

from heapwise.analysis.listing import listing
from heapwise.analysis.suggest import heaviest
from heapwise.analysis.user_pattern import UserPattern
from heapwise.cli.output import note
from heapwise.cli.views import FILTERS, VALUES, Request, view_command, write_view
from heapwise.errors import ProfileError
from heapwise.record.source_files import SourceRoot, with_source
from heapwise.report.listing import listing_lines


@view_command("list", VALUES, ("noinlines", "source-root"), FILTERS, ("json",), argument="regex")
def command(request: Request) -> None:
    """The lines of the functions that match REGEX, as pprof's list.

    Source text is shown only from files below --source-root: a profile may name any file.
    SOURCE is what it is for `heapwise top`.
    """
    folder = request.options["source_root"]
    root = SourceRoot(folder) if folder else None
    wanted = UserPattern(request.options["regex"])
    seen = request.look(replace(request.query(), granularity="lines"))
    found = listing(seen, wanted)
    if not found.routines:
        raise ProfileError(
            f"no function of {seen.source} matches {wanted.text!r}",
            hint=heaviest(seen.profile, seen.sample_type.type),
        )
    if root is not None:
        found = with_source(found, root)
    write_view(request, found, lambda: listing_lines(found))
    if root is None and not request.options["as_json"]:
        note("for the text of the lines, name the folder of the source with --source-root")
