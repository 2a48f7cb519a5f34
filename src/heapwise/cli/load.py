"""``heapwise load``: targets in, hits out; a report where nobody takes the hits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click
import numpy as np

from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, note, write_data
from heapwise.cli.planning import PLAN_OPTIONS, PlanOptions, build_plan
from heapwise.cli.progress import progress_line
from heapwise.errors import HeapwiseError, Inconclusive, Interrupted, UsageError
from heapwise.formats.hits import write_hits
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase
from heapwise.load.metrics import summarise, validity
from heapwise.model.envelope import envelope
from heapwise.model.load import ConstantRate, HitFlag, Hits, LoadResult, Plan
from heapwise.model.profile import Int64s
from heapwise.model.recording import Problem
from heapwise.record.interrupt import stop_on_signal
from heapwise.report.load_text import render_load
from heapwise.units import NS_PER_S

Show = Callable[[str, Hits | None], None]


@make_command(
    "load",
    *PLAN_OPTIONS,
    "output",
    "force",
    "json",
    "quiet",
    context_settings={"default_map": {"warmup": "0s"}},
)
@click.argument("target", nargs=-1, metavar="[TARGET]")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: tuple[str, ...],
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **options: object,
) -> None:
    """Send requests at a constant rate and say how it went.

    TARGET is a URL or 'METHOD URL'; more than one come from -targets or standard input, in
    vegeta's formats. In a pipe, or into -output, go the hits, one JSON object a line; `heapwise
    report` and `vegeta report` read them. On a terminal, and with --json, a report is printed.
    """
    plan_options: PlanOptions = options  # type: ignore[assignment]  # click passes just these
    if str(output) == "-":
        output = None
        if as_json:
            raise UsageError("-output - and --json both want standard output")
    elif output and not output.is_char_device():
        must_be_free(output, force=force)
    plan = build_plan(target, plan_options)
    reports = as_json or output is not None or sys.stdout.isatty()
    if not quiet:
        for endpoint, address in plan.addresses.items():
            note(f"{endpoint} is {address}")
    with (
        _hits_file(output, to_stdout=not reports) as file,
        progress_line(plan, quiet=quiet) as show,
    ):
        hits, interrupted = drive(plan, file, show)
    result = summarise(hits, plan)
    problems = validity(result)
    if reports:
        write_data(envelope(result) if as_json else render_load(result, problems))
    if not quiet and (as_json or not reports):
        _warn(result, problems)
    ctx.exit(Interrupted.exit_code if interrupted else exit_code(result, problems))


def drive(plan: Plan, file: BinaryIO | None, show: Show) -> tuple[Hits, bool]:
    """Send the plan, warm-up first.

    Args:
        plan: with every address pinned.
        file: takes the hits as lines of JSON while they come; None for no one.
        show: is told how far it is.

    Returns:
        the hits, warm-up included, and whether the user stopped it early.
    """
    zero, wall_zero = time.monotonic_ns(), time.time_ns()
    batches: list[Int64s] = []
    written = 0

    def take(step: str, hits: Hits) -> None:
        nonlocal written
        batches.append(hits.rows())
        if file is not None:
            file.write(write_hits(hits, plan.targets, wall_zero_ns=wall_zero, first_seq=written))
            file.flush()
        written += len(hits)
        show(step, hits)

    targets = tuple(range(len(plan.targets)))
    phases = [("load", Phase(schedule=plan.schedule, targets=targets))]
    if plan.schedule.rate * plan.warmup_ns >= NS_PER_S:  # else not even one hit would be due
        warmup = ConstantRate.of(plan.schedule.rate, plan.warmup_ns)
        phases.insert(0, ("warm-up", Phase(schedule=warmup, targets=targets, flags=HitFlag.WARMUP)))
    with (
        stop_on_signal(lambda text: show(text, None)) as stop,
        LoadDriver(plan, zero_ns=zero) as driver,
    ):
        for step, phase in phases:
            if not stop.is_set():
                driver.run(phase, partial(take, step), stop.is_set)
    rows = np.concatenate(batches) if batches else Hits.empty().rows()
    return Hits.from_rows(rows), stop.is_set()


def exit_code(result: LoadResult, problems: tuple[Problem, ...]) -> int:
    """1 where nothing succeeded, 4 where the latencies are invalid, else 0."""
    if not result.total.succeeded:
        return HeapwiseError.exit_code
    return Inconclusive.exit_code if problems else 0


@contextmanager
def _hits_file(output: Path | None, *, to_stdout: bool) -> Iterator[BinaryIO | None]:
    if output is None:
        yield sys.stdout.buffer if to_stdout else None
        return
    try:
        file = output.open("wb")
    except OSError as error:
        raise UsageError(f"cannot write {output}", error.strerror or str(error)) from None
    with file:
        yield file


def _warn(result: LoadResult, problems: tuple[Problem, ...]) -> None:
    if not result.total.succeeded:
        seen = {**result.total.statuses, **result.total.errors}
        what = ", ".join(f"{count:,} × {name}" for name, count in seen.items())
        note(f"none of {result.total.scheduled:,} requests succeeded: {what or 'none was sent'}")
    for problem in problems:
        note(f"INVALID {problem.scope}: {problem.what}; {problem.remedy}")
