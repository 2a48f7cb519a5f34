"""``heapwise tags``: the labels of a profile's samples."""

from __future__ import annotations

from heapwise.analysis.labels import tags
from heapwise.cli.views import FILTERS, VALUES, Request, view_command, write_view
from heapwise.report.tags import tags_lines


@view_command("tags", VALUES, FILTERS, ("json",))
def command(request: Request) -> None:
    """The labels of all samples, and what each of their values weighs, as pprof's tags.

    SOURCE is what it is for `heapwise top`.
    """
    found = tags(request.look())
    write_view(request, found, lambda: tags_lines(found))
