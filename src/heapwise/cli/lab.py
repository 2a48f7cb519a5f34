"""``heapwise lab``: reproduced case studies."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click

from heapwise.cli.kinds import RATE
from heapwise.cli.lab_run import REPORT, carry_out, demand, scaled
from heapwise.cli.options import TABLE, Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note, write_data
from heapwise.lab.clean import clean, everything
from heapwise.lab.library import Case, case_names, find_case
from heapwise.lab.runner import LabRequest
from heapwise.lab.text import render_case, render_lab
from heapwise.model.envelope import envelope
from heapwise.units import format_size

SCALE = Option(
    name="scale",
    type=click.IntRange(1),
    metavar="N",
    help="Units of work for labs that are jobs: rows, files, messages. Default: the lab's.",
)
ROUNDS = Option(
    name="rounds",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help="Run every variant so often, in turns, and judge all rounds; from 6 on times can be told.",
)
REQUIRE = Option(
    name="require",
    type=click.Choice(["real"]),
    help="Take no stand-in for a component that cannot be started.",
)


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
    """Say what a lab builds, is given and expects."""
    write_data(render_case(find_case(name)))


@make_command("run", "only", "output", "force", "json", "quiet")
@click.argument("name", shell_complete=labs)
@scale_option("duration").decorate
@scale_option("rate").decorate
@SCALE.decorate
@ROUNDS.decorate
@REQUIRE.decorate
def run(
    *,
    name: str,
    only: tuple[str, ...],
    rate: Fraction | None,
    duration: int | None,
    scale: int | None,
    rounds: int,
    require: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a lab at full scale and keep its recordings.

    They go to heapwise-lab/NAME unless -o says otherwise. The ladder is shown as it is climbed,
    a line a variant. The exit code is 3 where the lab does not show what it must.
    """
    case = find_case(name)
    request = LabRequest(
        variants=chosen(case, only),
        scale=scaled(case, rate, duration, scale),
        out_dir=output or Path("heapwise-lab") / name,
        force=force,
        require_real=require is not None,
        rounds=rounds,
    )
    result = carry_out(case, request, quiet=quiet)
    write_data(envelope(result) if as_json else render_lab(result))
    if not quiet:
        note(f"recorded in {request.out_dir}; open {request.out_dir / REPORT} in a browser")
    demand(result)


@make_command("check", "only", "output", "force", "json", "quiet")
@click.argument("name", shell_complete=labs)
@REQUIRE.decorate
def check(
    *,
    name: str,
    only: tuple[str, ...],
    require: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run every variant of a lab at reduced scale, as CI does.

    Recordings are kept only with -o. The exit code is 3 where an expectation does not hold, 1
    where the lab could not run.
    """
    case = find_case(name)
    place = nullcontext(str(output)) if output else tempfile.TemporaryDirectory(prefix="heapwise-")
    with place as directory:
        request = LabRequest(
            variants=chosen(case, only),
            scale=case.lab.check,
            out_dir=Path(directory),
            force=force,
            require_real=require is not None,
        )
        result = carry_out(case, request, quiet=quiet)
    write_data(envelope(result) if as_json else render_lab(result))
    demand(result)


@make_command("clean")
@click.argument("names", metavar="[NAME]…", nargs=-1, shell_complete=labs)
def clean_up(names: tuple[str, ...]) -> None:
    """Remove what labs keep: builds, inputs, and the data of runs that were killed.

    Those of all labs unless some are named, and then what components keep, too. Recordings are
    left alone.
    """
    for name in [find_case(name).name for name in names] or everything(case_names()):
        cleaned = clean(name)
        if cleaned.places or names:
            write_data(f"{name}: {format_size(cleaned.size)} removed")


command.add_command(list_labs)
command.add_command(show)
command.add_command(run)
command.add_command(check)
command.add_command(clean_up)


def chosen(case: Case, names: tuple[str, ...]) -> tuple[str, ...]:
    """The variants asked for, in the ladder's order; all where none was named.

    Raises:
        click.BadParameter: the lab has no such variant.
    """
    for name in names:
        if name not in case.lab.variants:
            raise click.BadParameter(f"{case.name} has {', '.join(case.lab.ladder)}, not {name!r}")
    return tuple(name for name in case.lab.ladder if not names or name in names)
