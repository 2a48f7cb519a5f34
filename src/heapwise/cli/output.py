"""What goes where: data to stdout; progress, hints and notes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from heapwise.errors import RecordingError, UsageError

if TYPE_CHECKING:
    from heapwise.model.recording import Problem


def write_data(data: bytes | str) -> None:
    """Print a result on stdout, with one newline at its end."""
    text = data.decode() if isinstance(data, bytes) else data
    click.echo(text.rstrip("\n"))


def write_json(data: msgspec.Struct) -> None:
    """Print a result as data."""
    from heapwise.model.envelope import envelope  # noqa: PLC0415 - it knows every type of result

    write_data(envelope(data))


def note(text: str) -> None:
    """Tell the user something on stderr."""
    click.echo(text, err=True)


def warn(problems: Iterable[Problem]) -> None:
    """Say on stderr what a report without words could not."""
    for problem in problems:
        note(f"INVALID {problem.scope}: {problem.what}; {problem.remedy}")


def next_step(text: str, *, page_written: bool = False) -> None:
    """Suggest the next command on stderr, unless it is to write the page just written."""
    if page_written and text.startswith("heapwise report "):
        return
    click.echo(f"next: {text}", err=True)


def on_terminal() -> bool:
    """True where progress may be drawn: stderr is a terminal."""
    return sys.stderr.isatty()


def must_not_exist(path: Path, *, force: bool) -> None:
    """Refuse to overwrite.

    Raises:
        UsageError: the path exists and ``force`` is false.
    """
    if path.exists() and not force:
        raise UsageError(
            f"{path} exists already", hint="choose another name with -o, or add --force"
        )


def must_be_free(path: Path, *, force: bool) -> None:
    """Refuse to overwrite, and to find out after a long run that there is no such folder.

    Raises:
        UsageError: the path exists and ``force`` is false, or its folder does not, or it is -.
    """
    if str(path) == "-":
        raise UsageError("cannot write this to standard output", hint="name a file or folder")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}", f"there is no folder {path.parent}")
    must_not_exist(path, force=force)


def write_file(text: str, path: Path) -> None:
    """Write a report to a file.

    Raises:
        RecordingError: it cannot be written.
    """
    write_bytes(text.encode(), path)


def write_bytes(data: bytes, path: Path) -> None:
    """Write a file.

    Raises:
        RecordingError: it cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise RecordingError(f"cannot write {path}", error.strerror or str(error)) from None
