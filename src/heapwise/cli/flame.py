"""``heapwise flame``: a profile as one HTML file that needs no network."""

from __future__ import annotations

import sys
from pathlib import Path

from heapwise.cli.output import note, write_file
from heapwise.cli.pages import PAGE, page_data
from heapwise.cli.views import Request, view_command
from heapwise.errors import UsageError
from heapwise.report.flame_html import flame_page


@view_command("flame", ("output", "force"), PAGE)
def command(request: Request) -> None:
    """A flame graph, call graph, table and source lines of profiles as one offline HTML file.

    The page has every sample type, label and source line in it, so that it answers without heapwise
    what is asked of it later. With -base or -diff_base it shows what changed. A recording is shown
    per request. SOURCE is what it is for `heapwise top`.
    """
    output: Path | None = request.options["output"]
    if output is None and sys.stdout.isatty():
        raise UsageError("an HTML page is not for a terminal", hint="name a file with -o")
    title, data = page_data(request)
    page = flame_page(title, data)
    if output is None:
        sys.stdout.write(page.text)
    else:
        write_file(page.text, output)
        note(f"flame graph in {output}")
