"""A diagnosis in the format that was asked for, to the terminal or to a file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from heapwise.cli.options import TABLE, Option
from heapwise.cli.output import must_be_free, next_step, note, write_data, write_file
from heapwise.model.diagnosis import Diagnosis
from heapwise.model.envelope import envelope

FORMATS = {
    "text": ("heapwise.report.diagnosis_text", "render_diagnosis"),
    "markdown": ("heapwise.report.diagnosis_markdown", "render_diagnosis_markdown"),
    "sarif": ("heapwise.report.diagnosis_sarif", "render_diagnosis_sarif"),
}
"""Module and function by name; a module is imported when its format is asked for."""

OUTPUT = (
    Option(name="type", short="t", type=click.Choice([*FORMATS, "json"]), default="text",
           parameter="kind", help="Kind of report."),
    Option(name="json", parameter="as_json", help=TABLE["json"].help),
)  # fmt: skip


def write_diagnosis(
    diagnosis: Diagnosis, kind: str, output: Path | None, *, force: bool, quiet: bool
) -> None:
    """Write a diagnosis.

    Raises:
        UsageError: the file is there already, or its folder is not.
        RecordingError: it cannot be written.
    """
    if output is not None:
        must_be_free(output, force=force)
    text = rendered(diagnosis, kind)
    if output is None:
        write_data(text)
    else:
        write_file(text, output)
    if quiet:
        return
    if output is not None:
        note(f"diagnosis in {output}")
    next_step(diagnosis.next_command)


def rendered(diagnosis: Diagnosis, kind: str) -> str:
    """The document as text."""
    if kind == "json":
        return envelope(diagnosis).decode()
    module, function = FORMATS[kind]
    render: Callable[[Diagnosis], str] = getattr(import_module(module), function)
    return render(diagnosis)
