"""``heapwise comments``: what a profile says in words."""

from __future__ import annotations

from heapwise.cli.output import write_data
from heapwise.cli.views import Request, view_command
from heapwise.names import visible


@view_command("comments")
def command(request: Request) -> None:
    """The comments of a profile, one a line.

    SOURCE is what it is for `heapwise top`.
    """
    write_data("\n".join(map(visible, request.look().profile.comments)))
