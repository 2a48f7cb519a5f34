"""``heapwise lab``: reproduced case studies."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click

from heapwise.cli.kinds import RATE
from heapwise.cli.options import TABLE, Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_not_exist, note, write_data, write_file
from heapwise.cli.progress import progress_line
from heapwise.errors import GateFailed, UsageError
from heapwise.lab.library import Case, case_names, find_case
from heapwise.lab.runner import run_lab
from heapwise.lab.spec import Scale
from heapwise.lab.text import render_case, render_lab
from heapwise.load.schedule import total
from heapwise.model.envelope import envelope
from heapwise.model.lab import LabResult
from heapwise.model.load import ConstantRate, Hits, Plan
from heapwise.record.session import Progress
from heapwise.report.html import render_html

REPORT = "report.html"


def scale_option(name: str) -> Option:
    """The table's option for rate or duration, where the lab's own value is the default."""
    option = replace(TABLE[name], default=None, help="How long to send. Default: the lab's.")
    if name == "rate":  # a lab's is constant
        text = "Requests per second, or per the time given. Default: the lab's."
        option = replace(option, type=RATE, metavar="N[/TIME]", help=text)
    return option


def labs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The labs whose names begin like this, for the shell."""
    return [name for name in case_names() if name.startswith(incomplete)]


@click.group("lab")
def command() -> None:
    """Reproduced case studies: a known defect, its fix, and the proof."""


@make_command("list")
def list_labs() -> None:
    """List the labs."""
    names = case_names()
    width = max(map(len, names), default=0)
    for name in names:
        write_data(f"{name:<{width}}  {find_case(name).lab.title}")


@make_command("show")
@click.argument("name", shell_complete=labs)
def show(name: str) -> None:
    """Say what a lab builds, sends and expects."""
    write_data(render_case(find_case(name)))


@make_command("run", "variant", "output", "force", "json", "quiet")
@click.argument("name", shell_complete=labs)
@scale_option("duration").decorate
@scale_option("rate").decorate
def run(
    *,
    name: str,
    variant: tuple[str, ...],
    rate: Fraction | None,
    duration: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a lab at full scale and keep its recordings.

    They go to heapwise-lab/NAME unless -o says otherwise. The exit code is 3 where the lab does
    not show what it must.
    """
    case = find_case(name)
    out_dir = output or Path("heapwise-lab") / name
    scale = scaled(case.lab.load, rate, duration)
    result = carry_out(
        case, chosen(case, variant), scale, out_dir=out_dir, force=force, quiet=quiet
    )
    write_data(envelope(result) if as_json else render_lab(result))
    if not quiet:
        note(f"recorded in {out_dir}; open {out_dir / REPORT} in a browser")
    demand(result)


@make_command("check", "output", "force", "json", "quiet")
@click.argument("name", shell_complete=labs)
def check(name: str, output: Path | None, force: bool, as_json: bool, quiet: bool) -> None:
    """Run every variant of a lab at reduced scale, as CI does.

    Recordings are kept only with -o. The exit code is 3 where an expectation does not hold, 1
    where the lab could not run.
    """
    case = find_case(name)
    place = nullcontext(str(output)) if output else tempfile.TemporaryDirectory(prefix="heapwise-")
    with place as directory:
        result = carry_out(
            case, case.lab.ladder, case.lab.check, out_dir=Path(directory), force=force, quiet=quiet
        )
    write_data(envelope(result) if as_json else render_lab(result))
    demand(result)


command.add_command(list_labs)
command.add_command(show)
command.add_command(run)
command.add_command(check)


def chosen(case: Case, names: tuple[str, ...]) -> tuple[str, ...]:
    """The variants asked for, in the ladder's order; all where none was named.

    Raises:
        click.BadParameter: the lab has no such variant.
    """
    for name in names:
        if name not in case.lab.variants:
            raise click.BadParameter(f"{case.name} has {', '.join(case.lab.ladder)}, not {name!r}")
    return tuple(name for name in case.lab.ladder if not names or name in names)


def scaled(base: Scale, rate: Fraction | None, duration: int | None) -> Scale:
    """A lab's scale with the user's rate (per second) and duration (ns) in place of its own.

    Raises:
        UsageError: that makes no request, or too many.
    """
    rate = base.per_second if rate is None else rate
    duration = base.duration_ns if duration is None else duration
    total(ConstantRate.of(rate, duration))
    return Scale(
        rate=f"{rate.numerator}/{rate.denominator}s",
        duration=f"{duration}ns",
        warmup=base.warmup,
    )


def carry_out(
    case: Case,
    variants: tuple[str, ...],
    scale: Scale,
    *,
    out_dir: Path,
    force: bool,
    quiet: bool,
) -> LabResult:
    """Run a lab with progress, and write its report beside the recordings."""
    report = out_dir / REPORT
    if out_dir.exists() and not out_dir.is_dir():
        raise UsageError(f"{out_dir} is not a folder", hint="choose another name with -o")
    for path in (*(out_dir / f"{name}.hw" for name in variants), report):
        must_not_exist(path, force=force)
    with ExitStack() as stack:
        progress = LabProgress(scale, stack, quiet=quiet)
        result = run_lab(
            case,
            variants,
            scale=scale,
            out_dir=out_dir,
            force=force,
            announce=progress.announce,
            notify=progress.see,
        )
    write_file(html_of(result), report)
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
    """The line of a recording, begun anew for every variant."""

    def __init__(self, scale: Scale, stack: ExitStack, *, quiet: bool) -> None:
        schedule = ConstantRate.of(scale.per_second, scale.duration_ns)
        self._plan = Plan(targets=(), schedule=schedule)
        self._stack = stack
        self._quiet = quiet
        self._variant = ""
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
            self.announce(f"recording {variant}")
            self._show = self._stack.enter_context(progress_line(self._plan, quiet=self._quiet))
        self._show(progress.step, progress.hits)
