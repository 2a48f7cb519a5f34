"""``heapwise gate``: hold a change against budgets."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import click
from msgspec.structs import replace

from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.analysis.unlike import Unlike, differences
from heapwise.cli.options import FILE, Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, write_data, write_file, write_json
from heapwise.errors import GateFailed, Inconclusive, RecordingError, UsageError
from heapwise.formats.budgets import parse_budget
from heapwise.model.comparison import Comparison
from heapwise.model.gate import Budget, GateResult, Outcome
from heapwise.model.report import RunReport
from heapwise.model.verify import BASE, NEW
from heapwise.report.gate_text import render_gate, render_gate_markdown
from heapwise.report.github import render_annotations
from heapwise.report.junit import render_junit
from heapwise.report.sarif import render_sarif
from heapwise.verify import baselines
from heapwise.verify.gate import judge_all, must_be_comparable
from heapwise.verify.journal import is_verification
from heapwise.verify.measured import measured_sides, recorded_rounds
from heapwise.verify.project import FILE as PROJECT_FILE
from heapwise.verify.project import Project, read_project

EXIT_CODES = {
    Outcome.PASSED: 0,
    Outcome.FAILED: GateFailed.exit_code,
    Outcome.UNDECIDED: Inconclusive.exit_code,
}

_OWN = (
    Option(name="fail-on", type=click.STRING, multiple=True, metavar="BUDGET",
           help="Fail on this, as 'bytes/req > +5%' or 'allocs/req > 12'; repeatable. Budgets of "
           "the project are left out then."),
    Option(name="base", type=FILE, multiple=True, metavar="RECORDING",
           help="A round of the base; repeatable."),
    Option(name="baseline", type=FILE, metavar="DIR",
           help="Folder of baselines; default: heapwise-baselines, or what heapwise.toml says."),
    Option(name="baseline-name", type=click.STRING, metavar="NAME",
           help="Which baseline to compare with; default: main."),
    Option(name="config", type=FILE, metavar="FILE",
           help="Project file; default: heapwise.toml, where there is one."),
    Option(name="strict", help="Undecided fails too."),
    Option(name="junit", type=FILE, metavar="FILE", help="Also write JUnit XML here."),
    Option(name="sarif", type=FILE, metavar="FILE", help="Also write SARIF 2.1.0 here."),
    Option(name="markdown", type=FILE, metavar="FILE",
           help="Also write a Markdown table here; GitHub Actions gets it as the job's summary."),
)  # fmt: skip


class Measured(NamedTuple):
    """What is judged, and what it is compared with.

    Attributes:
        bases: rounds; none where budgets are absolute and nothing is compared.
        news: rounds.
        options: what the comparison is held to.
        names: of base and new; empty for those of the recordings.
        notes: about the base.
    """

    bases: Sequence[RunReport]
    news: Sequence[RunReport]
    options: CompareOptions
    names: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()


@make_command("gate", "json", "force", "quiet")
@with_options(*_OWN)
@click.argument("new", nargs=-1, type=FILE, required=True, metavar="RECORDING...|VERIFICATION")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    new: tuple[Path, ...],
    fail_on: tuple[str, ...],
    base: tuple[Path, ...],
    baseline: Path | None,
    baseline_name: str | None,
    config: Path | None,
    strict: bool,
    junit: Path | None,
    sarif: Path | None,
    markdown: Path | None,
    as_json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Hold a change against budgets: exit code 3 where one fails, 4 where it cannot be told.

    Give what `heapwise verify` wrote, or the rounds of the new side; those of the base come from
    --base or from a baseline that `heapwise baseline save` wrote. Without --fail-on the budgets
    are those of heapwise.toml.
    """
    for path in filter(None, (junit, sarif, markdown)):
        must_be_free(path, force=force)
    project = read_project(config)
    budgets = _budgets(fail_on or project.gate.fail_on)
    measured = _measured(
        new, base, baseline or Path(project.gate.baseline), baseline_name, project, budgets
    )
    result = _judged(budgets, measured, strict=strict or project.gate.strict)
    if as_json:
        write_json(result)
    else:
        write_data(render_gate(result))
    _write_files(result, config or PROJECT_FILE, junit=junit, sarif=sarif, markdown=markdown)
    _tell_github(result, annotate=not as_json)
    if not quiet and result.outcome is not Outcome.PASSED:
        next_step(_next_command(new))
    ctx.exit(EXIT_CODES[result.outcome])


def _budgets(texts: Sequence[str]) -> list[Budget]:
    if not texts:
        raise UsageError(
            "no budgets", hint="give --fail-on 'bytes/req > +5%', or fail-on in heapwise.toml"
        )
    return [parse_budget(text) for text in texts]


def _measured(
    new: Sequence[Path],
    base: Sequence[Path],
    folder: Path,
    name: str | None,
    project: Project,
    budgets: Sequence[Budget],
) -> Measured:
    """Read both sides from wherever they are."""
    if any(map(is_verification, new)):
        if len(new) > 1 or base:
            raise UsageError("a verification has both sides in it", hint="give it alone")
        sides = measured_sides(new[0])
        names = sides.label(BASE), sides.label(NEW)
        min_effect = sides.state.settings.min_effect
        options = CompareOptions(alpha=sides.alpha, min_effect=min_effect, paths=False)
        return Measured(sides.bases, sides.news, options, names)
    news, machines = recorded_rounds(new)
    options = CompareOptions(min_effect=project.gate.min_effect, paths=False)
    if base:
        return Measured(recorded_rounds(base)[0], news, options)
    if not any(budget.relative for budget in budgets):
        return Measured((), news, options)
    found = baselines.find(folder, name or project.gate.name, machines[0])
    note = f"baseline {found.name} of {found.saved}"
    note += f", revision {found.revision}" if found.revision else ""
    return Measured(found.rounds, news, options, (f"baseline {found.name}", news[0].name), (note,))


def _judged(budgets: Sequence[Budget], measured: Measured, *, strict: bool) -> GateResult:
    comparison: Comparison | None = None
    unlike: tuple[Unlike, ...] = ()
    if measured.bases:
        unlike = differences(measured.bases[0], measured.news[0])
        must_be_comparable(unlike)
        comparison = compare_rounds(measured.bases, measured.news, measured.options)
        if measured.names is not None:
            before, after = measured.names
            comparison = replace(comparison, before=before, after=after)
    notes = [each.problem.what for each in unlike if each.name == "machine"]
    return judge_all(
        budgets, measured.news, comparison, unlike, strict=strict, notes=(*measured.notes, *notes)
    )


def _write_files(
    result: GateResult,
    budgets_file: Path,
    *,
    junit: Path | None,
    sarif: Path | None,
    markdown: Path | None,
) -> None:
    if junit is not None:
        write_file(render_junit(result), junit)
    if markdown is not None:
        write_file(render_gate_markdown(result), markdown)
    if sarif is not None:
        root, file = PurePosixPath(Path.cwd()), PurePosixPath(budgets_file.resolve())
        place = str(file.relative_to(root)) if file.is_relative_to(root) else file.name
        write_file(render_sarif(result, root=root, budgets_file=place), sarif)


def _tell_github(result: GateResult, *, annotate: bool) -> None:
    """Write to the job's summary and log, where this is a job of GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    if annotate and (text := render_annotations(result)):
        write_data(text)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(render_gate_markdown(result))
        except OSError as error:
            raise RecordingError(f"cannot write {summary}", error.strerror or "") from None


def _next_command(new: Sequence[Path]) -> str:
    if len(new) == 1 and is_verification(new[0]):
        place = shlex.quote(str(new[0]))
        return f"heapwise compare {place} --html compared.html"
    return f"heapwise diff --help, to see which call paths of {new[0]} allocate more"
