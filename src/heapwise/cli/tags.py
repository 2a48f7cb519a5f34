"""``heapwise tags``: the labels of a profile's samples."""

from __future__ import annotations

from heapwise.analysis.labels import tags
from heapwise.cli.output import write_data
from heapwise.cli.views import FILTERS, VALUES, Request, view_command
from heapwise.report.tags import tags_lines


@view_command("tags", VALUES, FILTERS)
def command(request: Request) -> None:
    """The labels of all samples, and what each of their values weighs, as pprof's tags.

    SOURCE is what it is for `heapwise top`.
    """
    write_data("\n".join(tags_lines(tags(request.look()))))
