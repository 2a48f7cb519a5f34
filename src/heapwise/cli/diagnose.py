"""``heapwise diagnose``: why a recorded service allocates, and what to change."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.cli.diagnosis_output import OUTPUT, write_diagnosis
from heapwise.cli.options import Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.record.diagnosis import diagnose_recording

_OWN = (
    Option(name="all", parameter="cold",
           help="What lines look like that the load did not reach, too."),
)  # fmt: skip


@make_command("diagnose", "output", "force", "quiet")
@with_options(*_OWN, *OUTPUT)
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("source", type=click.Path(path_type=Path), required=False)
def command(
    *,
    recording: Path,
    source: Path | None,
    cold: bool,
    kind: str,
    as_json: bool,
    output: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Say why the service of RECORDING allocates, and what to change.

    With SOURCE, the directory it is built in, findings have lines, and there are more of them.
    Nothing in it is changed; heapwise fix makes patches.
    """
    found = diagnose_recording(recording, source, cold=cold)
    write_diagnosis(found.diagnosis, "json" if as_json else kind, output, force=force, quiet=quiet)
