"""``heapwise diff``: what two profiles or two recordings have different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from heapwise.analysis.diff_view import diff_view
from heapwise.cli.options import command as make_command
from heapwise.cli.output import write_data
from heapwise.cli.views import FILTERS, SOURCES, TIMEOUT, Request
from heapwise.errors import UsageError
from heapwise.model.envelope import envelope
from heapwise.model.tables import Change
from heapwise.record.files import is_recording
from heapwise.report.diff import Line, diff_lines

_ROWS = 15
_NOT_HERE = ("base", "diff_base", "normalize", "add_comment")
_READING = tuple(name for name in SOURCES if name.replace("-", "_") not in _NOT_HERE)
_COLOURS: dict[Change | str, str] = {
    "more": "red", "new": "red", "less": "blue", "gone": "blue",
}  # fmt: skip
_CAUSED = {None, "alloc_space", "alloc_objects"}
"""Sample types that requests cause; None is the default, in a recording alloc_space."""


@make_command(
    "diff", "sample-index", "alloc-space", "alloc-objects", "inuse-space", "inuse-objects",
    "per-request", "absolute", "nodecount", "noinlines", *FILTERS, *_READING, "json",
)  # fmt: skip
@TIMEOUT.decorate
@click.argument("base", type=click.Path())
@click.argument("new", type=click.Path())
def command(base: str, new: str, **options: Any) -> None:
    """What NEW allocates more or less than BASE: by function, by line and by call path.

    Each is a SOURCE as for `heapwise top`. Two recordings are compared per request. Every change
    has the 95 % interval that sampling leaves; ~ marks those that chance alone may have made.
    Functions that only got another name, by a new Go or by an edit nearby, are matched.
    """
    given = options | dict.fromkeys(_NOT_HERE) | {"per_request": _per_request([base, new], options)}
    before, after = (Request(given | {"source": (spec,)}).look() for spec in (base, new))
    limit = _ROWS if options["nodecount"] < 0 else options["nodecount"]
    diff = diff_view(before, after, limit=limit)
    if options["as_json"]:
        write_data(envelope(diff))
    else:
        write_data("\n".join(map(_painted, diff_lines(diff))))


def _per_request(specs: list[str], options: dict[str, Any]) -> bool:
    """Two recordings are compared per request unless that makes no sense or is not wanted."""
    if options["per_request"] and options["absolute"]:
        raise UsageError("-per-request and -absolute exclude each other")
    if options["per_request"] or options["absolute"]:
        return bool(options["per_request"])
    recorded = all(is_recording(Path(spec)) for spec in specs)
    return recorded and Request(options).query().sample_type in _CAUSED


def _painted(line: Line) -> str:
    """Red for more and blue for less; click leaves colours out where there is no terminal."""
    colour = _COLOURS.get(line.change)
    return click.style(line.text, fg=colour) if colour else line.text
