"""``heapwise merge``: one profile of several, as a file."""

from __future__ import annotations

import sys
from pathlib import Path

from heapwise.analysis.alike import divided
from heapwise.cli.output import must_be_free
from heapwise.cli.views import FILTERS, Request, view_command
from heapwise.errors import RecordingError, UsageError
from heapwise.formats import pprof


@view_command("merge", ("output", "force", "divide-by"), FILTERS)
def command(request: Request) -> None:
    """Add profiles up, compare them with a base or filter them, and write a profile.

    What is written is what pprof's -proto writes: gzipped, for every tool that reads pprof's
    format. Without -o it goes to standard output. SOURCE is what it is for `heapwise top`.
    """
    output: Path | None = request.options["output"]
    if output is not None:
        must_be_free(output, force=request.options["force"])
    elif sys.stdout.isatty():
        raise UsageError("a profile is no text for a terminal", hint="name a file with -o")
    seen = request.look()
    data = pprof.encode(divided(seen.profile, seen.query.divide_by))
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise RecordingError(f"cannot write {output}", error.strerror or str(error)) from None
