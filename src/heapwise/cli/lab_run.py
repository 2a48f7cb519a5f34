"""Runs a lab for the commands that do: scale, progress, report, exit code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction

from heapwise.cli.output import must_not_exist, note, write_bytes, write_file
from heapwise.cli.progress import progress_line
from heapwise.errors import GateFailed, UsageError
from heapwise.lab.ladder_text import ladder_head, ladder_line
from heapwise.lab.library import Case
from heapwise.lab.runner import LabRequest, run_lab, turns
from heapwise.lab.spec import Amount, JobLab, Scale
from heapwise.load.schedule import total
from heapwise.model.envelope import envelope
from heapwise.model.lab import LabResult, VariantResult
from heapwise.model.load import ConstantRate, Hits, Plan
from heapwise.record.session import Progress
from heapwise.report.html import render_html

REPORT = "report.html"
RESULT = "result.json"
"""Beside the recordings, for people and for programs."""


def scaled(
    case: Case, rate: Fraction | None, duration: int | None, scale: int | None
) -> Scale | Amount:
    """A lab's full scale with what the user gave in place of its own.

    Args:
        case: the lab.
        rate: requests per second, of services.
        duration: ns, of services.
        scale: units of work, of jobs.

    Raises:
        UsageError: that is the other kind's, or makes no request, or too many.
    """
    lab = case.lab
    if isinstance(lab, JobLab):
        if rate is not None or duration is not None:
            raise UsageError(
                f"{case.name} is a job and gets no load", hint="give --scale for how much it does"
            )
        return Amount(scale=scale or lab.job.input.scale)
    if scale is not None:
        raise UsageError(
            f"{case.name} is a service and has no scale", hint="give --rate and --duration"
        )
    rate = lab.load.per_second if rate is None else rate
    duration = lab.load.duration_ns if duration is None else duration
    total(ConstantRate.of(rate, duration))
    return Scale(
        rate=f"{rate.numerator}/{rate.denominator}s",
        duration=f"{duration}ns",
        warmup=lab.load.warmup,
    )


def carry_out(case: Case, request: LabRequest, *, quiet: bool) -> LabResult:
    """Run a lab with progress, and write report and result beside the recordings."""
    out_dir = request.out_dir
    if out_dir.exists() and not out_dir.is_dir():
        raise UsageError(f"{out_dir} is not a folder", hint="choose another name with -o")
    for path in (*(path for path, _ in turns(request)), out_dir / REPORT, out_dir / RESULT):
        must_not_exist(path, force=request.force)
    with ExitStack() as stack:
        result = run_lab(case, request, LabProgress(request, stack, quiet=quiet))
    write_file(html_of(result), out_dir / REPORT)
    write_bytes(envelope(result) + b"\n", out_dir / RESULT)
    return result


def html_of(result: LabResult) -> str:
    """The report: `before` and `after` side by side, or the only variant there is."""
    runs = {variant.name: variant for variant in result.variants}
    if "before" in runs and "after" in runs:
        return render_html([runs["before"].report, runs["after"].report], runs["after"].comparison)
    return render_html([result.variants[0].report])


def demand(result: LabResult) -> None:
    """End with exit code 3 where the lab does not show what it must.

    Raises:
        GateFailed: naming every expectation that does not hold.
    """
    if result.failures:
        raise GateFailed(f"{result.lab} does not show what it must", "; ".join(result.failures))


class LabProgress:
    """The line of a recording, begun anew for every variant, and a rung of the ladder after it."""

    def __init__(self, request: LabRequest, stack: ExitStack, *, quiet: bool) -> None:
        self._plan = _plan(request.scale)
        self._variants = request.variants
        self._stack = stack
        self._quiet = quiet
        self._variant = ""
        self._headed = False
        self._show: Callable[[str, Hits | None], None]

    def announce(self, text: str) -> None:
        """Say what is done before the first variant runs."""
        if not self._quiet:
            note(text)

    def see(self, variant: str, progress: Progress) -> None:
        """Show where a variant's run stands."""
        if variant != self._variant:
            self._variant = variant
            self._stack.close()
            if not self._headed:
                self.announce(f"recording {variant}")
            self._show = self._stack.enter_context(progress_line(self._plan, quiet=self._quiet))
        self._show(progress.step, progress.hits)

    def climbed(self, result: VariantResult) -> None:
        """Print a rung."""
        self._stack.close()
        if not self._headed:
            self._headed = True
            self.announce(ladder_head(self._variants, result.report.work_unit))
        self.announce(ladder_line(result, self._variants))


def _plan(scale: Scale | Amount) -> Plan | None:
    """The load, for the line that shows how far it is; None for jobs."""
    if isinstance(scale, Amount):
        return None
    return Plan(targets=(), schedule=ConstantRate.of(scale.per_second, scale.duration_ns))
