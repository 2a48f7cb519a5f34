"""``heapwise report``: recordings or hits, shown as text, JSON or HTML."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path

import click

from heapwise.analysis.compare import compare
from heapwise.cli.hits_report import HitsReport, check_kind, clear_terminal, report_hits
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, note, warn, write_data, write_file
from heapwise.cli.report_kinds import ReportKind
from heapwise.cli.target_files import STDOUT
from heapwise.errors import UsageError
from heapwise.model.comparison import Comparison
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from heapwise.report.registry import FORMATS, renderer

STDIN = "-"


@make_command(
    "report", "type", "buckets", "every", "output", "force", "json", "max-profile-size", "quiet"
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[RECORDING|HITS]...")
def command(
    files: tuple[str, ...],
    report_type: ReportKind,
    buckets: tuple[int, ...],
    every: int,
    output: Path | None,
    force: bool,
    as_json: bool,
    max_profile_size: int,
    quiet: bool,
) -> None:
    """Show a recording, two recordings before and after a change, or the hits of a load.

    Hits are lines of JSON from `heapwise load`, or vegeta's JSON or CSV; without a name, or as -,
    they come from standard input, and those of several files are reported together. Of hits there
    are vegeta's reports too: -type 'hist[0,1ms,10ms]', -type hdrplot, and -type vegeta for its
    JSON.
    """
    if not files and sys.stdin.isatty():
        raise UsageError("nothing to report", hint="give a recording, or a file of hits")
    files = files or (STDIN,)
    kind = ReportKind("json") if as_json else report_type
    kind = kind._replace(buckets=buckets or kind.buckets)
    output = _checked(output, kind, force=force)
    if any(Path(file).is_dir() for file in files):
        if kind.name not in FORMATS or kind.buckets or every:
            raise UsageError(
                f"-type {kind.name}, -buckets and -every are for hits",
                hint=f"recordings are reported as {', '.join(FORMATS)}",
            )
        text, hint = _recordings(files, kind.name, max_profile_size)
        _write(text, output)
    else:
        check_kind(kind)
        write = partial(_write_hits, output=output, again=bool(every), quiet=quiet)
        report_hits(files, kind, every, write)
        hint = ""
    if not quiet:
        if output is not None:
            note(f"report in {output}")
        if hint:
            next_step(hint, page_written=kind.name == "html")


def _checked(output: Path | None, kind: ReportKind, *, force: bool) -> Path | None:
    """Where to write; None for standard output."""
    if output is not None and str(output) not in STDOUT:
        must_be_free(output, force=force)
        return output
    if kind.name == "html" and sys.stdout.isatty():
        raise UsageError("an HTML page is not for a terminal", hint="name a file with -o")
    return None


def _write(text: str, output: Path | None) -> None:
    if output is None:
        write_data(text)
    else:
        write_file(text.rstrip("\n") + "\n", output)


def _write_hits(report: HitsReport, *, output: Path | None, again: bool, quiet: bool) -> None:
    """One report of possibly many: each takes the place of the one before it where it can."""
    if again and output is None:
        clear_terminal()
    _write(report.text, output)
    if not quiet:
        warn(report.problems)


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
