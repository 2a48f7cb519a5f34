"""``heapwise baseline``: save the figures that later runs are held against, and show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from heapwise.cli.gostyle import GoStyleCommand
from heapwise.cli.options import FILE, TABLE, Option
from heapwise.cli.output import next_step, note, write_data, write_json
from heapwise.errors import UsageError
from heapwise.model.baseline import Baseline, Baselines
from heapwise.model.recording import State
from heapwise.model.report import RunReport
from heapwise.report.baseline_text import render_baselines
from heapwise.units import how_many
from heapwise.verify import baselines
from heapwise.verify.journal import is_verification
from heapwise.verify.measured import measured_sides, recorded_rounds
from heapwise.verify.project import read_project

_FOLDER = Option(name="dir", type=FILE, metavar="DIR", parameter="folder",
                 help="Folder of baselines; default: heapwise-baselines.")  # fmt: skip
_NAME = Option(name="name", type=click.STRING, metavar="NAME",
               help="Of the baseline: a branch, a release; default: main.")  # fmt: skip


@click.group("baseline")
def command() -> None:
    """Save the figures that later runs are held against, and show them."""


@command.command("save", cls=GoStyleCommand)
@_FOLDER.decorate
@_NAME.decorate
@TABLE["quiet"].decorate
@click.argument(
    "recordings", nargs=-1, type=FILE, required=True, metavar="RECORDING...|VERIFICATION"
)
def save(recordings: tuple[Path, ...], folder: Path | None, name: str | None, quiet: bool) -> None:
    """Save the rounds of one state of the code as a baseline, replacing one of the same name.

    Of a verification it is the new side. Everything that comparing needs goes into one file; the
    recordings are not needed any more.
    """
    gate = read_project().gate
    reports, machine = _measured(recordings)
    _must_be_valid(reports)
    made = baselines.make_baseline(name or gate.name, machine, reports)
    path = baselines.save(made, folder or Path(gate.baseline))
    write_data(str(path))
    if not quiet:
        note(f"{how_many(len(reports), 'round')} saved")
        next_step("heapwise gate NEW.hw --fail-on 'bytes/req > +5%'")


def _measured(paths: Sequence[Path]) -> tuple[Sequence[RunReport], str]:
    """The rounds, and the fingerprint of the machine they were made on."""
    if len(paths) == 1 and is_verification(paths[0]):
        sides = measured_sides(paths[0])
        return sides.news, sides.state.machine.fingerprint
    reports, machines = recorded_rounds(paths)
    if len(set(machines)) > 1:
        raise UsageError("these recordings are of different machines", hint="save them apart")
    return reports, machines[0]


def _must_be_valid(reports: Sequence[RunReport]) -> None:
    """Refuse what could never be compared with anything."""
    for report in reports:
        if report.state != State.COMPLETE or report.per_work is None:
            raise UsageError(
                f"{report.name} is no whole run: it is {report.state}",
                hint="record it again, until the end",
            )


@command.command("show", cls=GoStyleCommand)
@_FOLDER.decorate
@TABLE["json"].decorate
@click.argument("name", required=False)
def show(name: str | None, folder: Path | None, as_json: bool) -> None:
    """Show the baselines of a folder, or those of one name: a row a metric."""
    where = folder or Path(read_project().gate.baseline)
    paths = baselines.all_of(where, name or "*")
    if not paths:
        raise UsageError(
            f"no baseline{f' {name!r}' if name else ''} in {where}",
            hint="make one: heapwise baseline save RECORDING…",
        )
    found: tuple[Baseline, ...] = tuple(map(baselines.read, paths))
    if as_json:
        write_json(Baselines(baselines=found))
    else:
        write_data(render_baselines(found))
