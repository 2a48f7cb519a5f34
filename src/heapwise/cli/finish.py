"""What every recording command does: record, analyse, show, say what comes next."""

from __future__ import annotations

from pathlib import Path

from heapwise.cli.output import must_be_free, next_step, note, write_data, write_file
from heapwise.cli.progress import run_progress
from heapwise.errors import HeapwiseError, Inconclusive, Interrupted
from heapwise.model.envelope import envelope
from heapwise.model.recording import Scope, State
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.job import record_job
from heapwise.record.session import RunRequest, record_run
from heapwise.record.store import load
from heapwise.report.html import render_html
from heapwise.report.text import render_run


def record_and_conclude(
    request: RunRequest, *, html: Path | None, as_json: bool, quiet: bool
) -> int:
    """Carry out a run, show what it tells, and return the exit code it deserves."""
    must_be_free(request.output, force=request.force)
    if html is not None:
        must_be_free(html, force=request.force)
    with run_progress(request.plan, quiet=quiet) as notify:
        record_run(request, notify=notify)
    return conclude(request.output, html=html, as_json=as_json, quiet=quiet)


def run_job_and_conclude(
    request: RunRequest, *, html: Path | None, as_json: bool, quiet: bool
) -> int:
    """Run a job, show what it tells, and return the exit code it deserves."""
    must_be_free(request.output, force=request.force)
    if html is not None:
        must_be_free(html, force=request.force)
    with run_progress(None, quiet=quiet) as notify:
        end = record_job(request, echo=not quiet, notify=notify)
    code = conclude(request.output, html=html, as_json=as_json, quiet=quiet)
    return code or (HeapwiseError.exit_code if end.exit_code else 0)


def conclude(path: Path, *, html: Path | None, as_json: bool, quiet: bool) -> int:
    """Show a finished recording and tell the exit code it deserves."""
    recording = load(path)
    report = analyse(recording, place=str(path))
    write_data(envelope(report) if as_json else render_run(report))
    if html is not None:
        write_file(render_html([report]), html)
    if not quiet:
        note(f"recorded in {path}" + (f", report in {html}" if html else ""))
        next_step(report.next_command, page_written=html is not None)
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
