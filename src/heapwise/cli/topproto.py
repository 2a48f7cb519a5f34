"""``heapwise topproto``: the rows of top as a profile."""

from __future__ import annotations

from heapwise.analysis.top_profile import top_profile
from heapwise.cli.views import (
    EXPORT,
    FILTERS,
    FRAMES,
    TRIMMING,
    Request,
    view_command,
    write_export,
)
from heapwise.formats import pprof


@view_command("topproto", EXPORT, ("unit",), TRIMMING, FRAMES, FILTERS)
def command(request: Request) -> None:
    """The rows of top as a profile of one frame a sample, as pprof's topproto.

    SOURCE is what it is for `heapwise top`.
    """
    write_export(request, pprof.encode(top_profile(request.look(), request.trim(nodecount=0))))
