"""``heapwise report``: recordings or hits, shown as text, JSON or HTML."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from heapwise.analysis.compare import compare
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, note, write_data, write_file
from heapwise.errors import UsageError
from heapwise.formats.hits import MAX_LINE, plan_of, read_hits
from heapwise.load.metrics import summarise, validity
from heapwise.model.comparison import Comparison
from heapwise.model.envelope import envelope
from heapwise.model.load import Hits, Target
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from heapwise.report.load_text import render_load
from heapwise.report.registry import renderer

STDIN = "-"


@make_command("report", "type", "output", "force", "json", "max-profile-size", "quiet")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[RECORDING|HITS]...")
def command(
    files: tuple[str, ...],
    report_type: str,
    output: Path | None,
    force: bool,
    as_json: bool,
    max_profile_size: int,
    quiet: bool,
) -> None:
    """Show a recording, two recordings before and after a change, or the hits of a load.

    Hits are lines of JSON from `heapwise load` or `vegeta encode`; without a name, or as -, they
    come from standard input.
    """
    if not files and sys.stdin.isatty():
        raise UsageError("nothing to report", hint="give a recording, or a file of hits")
    files = files or (STDIN,)
    if str(output) == STDIN:
        output = None
    kind = "json" if as_json else report_type
    if output is not None:
        must_be_free(output, force=force)
    elif kind == "html" and sys.stdout.isatty():
        raise UsageError("an HTML page is not for a terminal", hint="name a file with -o")
    if any(Path(file).is_dir() for file in files):
        text, hint = _recordings(files, kind, max_profile_size)
    else:
        text, hint = _hits(files, kind), ""
    if output is None:
        write_data(text)
    else:
        write_file(text, output)
    if not quiet:
        if output is not None:
            note(f"report in {output}")
        if hint:
            next_step(hint, page_written=kind == "html")


def _recordings(files: tuple[str, ...], kind: str, max_profile_bytes: int) -> tuple[str, str]:
    """The report of one recording or two, and the command to type next."""
    if len(files) > 2:
        raise UsageError(
            f"{len(files)} recordings do not fit one report",
            hint="give one, or two to see before and after",
        )
    if not all(Path(file).is_dir() for file in files):
        raise UsageError("recordings and hits do not fit one report", hint="report them apart")
    reports = [
        analyse(load(Path(file), max_profile_bytes=max_profile_bytes), place=file) for file in files
    ]
    if len(reports) == 1:
        return renderer(kind)(reports, None), reports[0].next_command
    comparison = compare(*reports)
    return renderer(kind)(reports, comparison), after_comparing(comparison, *files)


def after_comparing(comparison: Comparison, before: str, after: str) -> str:
    """The command to type after two recordings were compared."""
    if comparison.new:
        return f"heapwise explain {comparison.new[0].split(maxsplit=1)[0]}"
    name = f"{Path(after).resolve().stem}-compared.html"
    files = [f"./{file}" if file.startswith("-") else file for file in (before, after)]
    return f"heapwise report {shlex.join(files)} -type html -o {shlex.quote(name.lstrip('-'))}"


def _hits(files: tuple[str, ...], kind: str) -> str:
    """The report of a load's hits."""
    if len(files) > 1:
        raise UsageError(
            "hits of several loads do not fit one report", hint="cat them, and report -"
        )
    if kind == "html":
        raise UsageError("an HTML report needs a recording", hint="record one with heapwise run")
    hits, targets = _read(files[0])
    result = summarise(hits, plan_of(hits, targets))
    return envelope(result).decode() if kind == "json" else render_load(result, validity(result))


def _read(file: str) -> tuple[Hits, tuple[Target, ...]]:
    if file == STDIN:
        return read_hits(_lines(sys.stdin.buffer), source="standard input")
    try:
        with Path(file).open("rb") as lines:
            return read_hits(_lines(lines), source=file)
    except OSError as error:
        raise UsageError(
            f"cannot read {file}",
            error.strerror or str(error),
            "give a recording, a file of hits, or - for standard input",
        ) from None


def _lines(file: BinaryIO) -> Iterable[bytes]:
    """Lines of a file that may have none: never more of one than the reader would take."""
    return iter(lambda: file.readline(MAX_LINE + 1), b"")
