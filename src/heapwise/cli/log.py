"""``heapwise log``: the notebook of experiments."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, note, write_data, write_json
from heapwise.report.notebook_text import render_notebook
from heapwise.verify.notebook import LINES, read_notebook


@make_command("log", "json", "quiet")
@click.argument("file", type=click.Path(path_type=Path), default=LINES, required=False)
def command(*, file: Path, as_json: bool, quiet: bool) -> None:
    """Show what was tried, foretold and measured, the newest last.

    FILE is a notebook that `heapwise verify --log` keeps, or its folder.
    """
    notebook = read_notebook(file)
    if as_json:
        write_json(notebook)
    else:
        write_data(render_notebook(notebook))
    if quiet:
        return
    doubtful = [entry for entry in notebook.entries if _two_at_once(entry.warnings)]
    if doubtful:
        note(f"{len(doubtful)} of {len(notebook.entries)} entries changed two things at once")
    next_step("heapwise verify --log --hypothesis '…' --base … --new …")


def _two_at_once(warnings: tuple[str, ...]) -> bool:
    return any(warning.startswith("two changes at once") for warning in warnings)
