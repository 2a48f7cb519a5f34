"""What every recording command does at its end: analyse, show, say what comes next."""

from __future__ import annotations

from pathlib import Path

from heapwise.cli.output import next_step, note, write_data
from heapwise.errors import HeapwiseError, Inconclusive, Interrupted
from heapwise.model.envelope import envelope
from heapwise.model.recording import Scope, State
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from heapwise.report.html import render_html
from heapwise.report.text import render_run


def conclude(path: Path, *, html: Path | None, as_json: bool, quiet: bool) -> int:
    """Show a finished recording and tell the exit code it deserves."""
    recording = load(path)
    report = analyse(recording)
    write_data(envelope(report) if as_json else render_run(report))
    if html is not None:
        html.write_text(render_html([report]))
    if not quiet:
        note(f"recorded in {path}" + (f", report in {html}" if html else ""))
        next_step(report.next_command)
    if recording.state is State.INTERRUPTED:
        return Interrupted.exit_code
    return exit_code(report)


def exit_code(report: RunReport) -> int:
    """1 where nothing succeeded, 4 where figures are invalid, else 0."""
    if report.load_result is not None and report.load_result.total.succeeded == 0:
        return HeapwiseError.exit_code
    if any(problem.scope is not Scope.NONE for problem in report.problems):
        return Inconclusive.exit_code
    return 0
