"""The options that say what work is counted, and where."""

from __future__ import annotations

from collections.abc import Sequence

import click

from heapwise.cli.options import Option
from heapwise.cli.planning import PlanOptions
from heapwise.errors import UsageError
from heapwise.record.work_meter import WorkCounter, WorkMeter
from heapwise.runtimes.access import Access

UNIT = Option(
    name="unit",
    type=click.STRING,
    metavar="NAME",
    help="What is counted as work, as row, file or msg; default: what the program counts.",
)
"""The table's is pprof's: the unit in which views print."""

WORK_OPTIONS = (UNIT, "work-counter")


def fed_from_elsewhere(targets: Sequence[str], options: PlanOptions, counter: str | None) -> bool:
    """True for a run that makes no load, because the service gets its work from elsewhere.

    Raises:
        UsageError: there are targets as well: requests that we make are counted by us.
    """
    if counter is None:
        return False
    if targets or options["targets"] is not None:
        raise UsageError(
            "a work counter and a target", "of a load that heapwise makes it counts the requests",
            "leave one of them out",
        )  # fmt: skip
    return True


def build_meter(unit: str | None, counter: str | None, access: Access) -> WorkMeter:
    """What counts the work of a run.

    Args:
        unit: to count; None for what the program or the counter calls it.
        counter: ``URL#KEY``, None for what the program announces.
        access: what the page of the counter wants to be sent.

    Raises:
        UsageError: the counter is none.
    """
    return WorkMeter(unit or "", WorkCounter.parse(counter, access) if counter else None)
