"""``heapwise lint``: patterns in source, without a recording and thus without evidence."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.cli.diagnosis_output import OUTPUT, write_diagnosis
from heapwise.cli.options import Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.progress import progress_line
from heapwise.record.diagnosis import diagnose_source, main_runtime

_OWN = (
    Option(name="runtime", type=click.Choice(["go", "python"]),
           help="Whose files to read; default: what most of them are."),
    Option(name="runtime-version", type=click.STRING, default="", metavar="VERSION",
           help="Offer what was measured to gain there, as go1.26 or 3.12."),
)  # fmt: skip


@make_command("lint", "output", "force", "quiet")
@with_options(*_OWN, *OUTPUT)
@click.argument("source", type=click.Path(path_type=Path), default=".")
def command(
    *,
    source: Path,
    runtime: str | None,
    runtime_version: str,
    kind: str,
    as_json: bool,
    output: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Show what in SOURCE looks like a pattern that makes garbage.

    Without a recording nothing says what it costs, or that it runs at all.
    """
    with progress_line(None, quiet=quiet) as show:
        show(f"looking at {source}", None)
        chosen = runtime or main_runtime(source)
        found = diagnose_source(source, chosen, version=runtime_version)
    write_diagnosis(found.diagnosis, "json" if as_json else kind, output, force=force, quiet=quiet)
