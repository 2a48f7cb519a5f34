"""``heapwise load``: targets in, hits out; a report where nobody takes the hits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

import click
import msgspec

from heapwise.cli.attack import ATTACK_OPTIONS, AttackOptions, build_attack, tell_where
from heapwise.cli.cluster_load import (
    CLUSTER_OPTIONS,
    Sender,
    driver_for,
    scheduler_of,
    workers_of,
)
from heapwise.cli.exporter import exported
from heapwise.cli.knee import search_knee, tell_knee
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, note, warn, write_data
from heapwise.cli.planning import PLAN_OPTIONS
from heapwise.cli.progress import progress_line
from heapwise.cli.target_files import STDIN, STDOUT
from heapwise.cli.target_stream import Supply
from heapwise.cli.typed_rates import typed_rates
from heapwise.errors import HeapwiseError, Inconclusive, Interrupted, UsageError
from heapwise.formats.hits import write_hits
from heapwise.load.cluster.verdict import cluster_problems
from heapwise.load.control import ControlSocket
from heapwise.load.engine import More, Phase
from heapwise.load.metrics import summarise, validity
from heapwise.load.schedule import warm_up
from heapwise.load.spool import HitSpool
from heapwise.load.steering import Source, Steering
from heapwise.model.cluster import ClusterWorker
from heapwise.model.envelope import envelope
from heapwise.model.generator import EngineUsage
from heapwise.model.load import HitFlag, Hits, LoadResult, Plan
from heapwise.model.recording import Problem
from heapwise.model.schedules import RateChange
from heapwise.record.interrupt import stop_on_signal
from heapwise.report.load_text import render_load

Show = Callable[[str, Hits | None], None]


@make_command(
    "load",
    *PLAN_OPTIONS,
    *ATTACK_OPTIONS,
    *CLUSTER_OPTIONS,
    "control",
    "find-knee",
    "knee-p99",
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
    control: Path | None,
    find_knee: bool,
    knee_p99: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **options: object,
) -> None:
    """Send requests on schedule and say how it went.

    TARGET is a URL or 'METHOD URL'; more than one come from -targets or standard input, in
    vegeta's formats. In a pipe, or into -output, go the hits, one JSON object a line; `heapwise
    report` and `vegeta report` read them. On a terminal, and with --json, a report is printed.

    While it runs, a rate typed and Enter changes it; with --control PATH so does `heapwise rate
    PATH RATE` from elsewhere. With --find-knee it raises the rate step by step by itself, and
    reports where the service begins to answer late.

    With --cluster several machines send it together, as a Dask scheduler's workers.
    """
    attack_options: AttackOptions = options  # type: ignore[assignment]  # click passes just these
    if str(output) in STDOUT:
        output = None
        if as_json:
            raise UsageError("-output - and --json both want standard output")
    elif output and not output.is_char_device():
        must_be_free(output, force=force)
    scheduler = scheduler_of(attack_options)
    if scheduler is not None and (find_knee or control is not None):
        raise UsageError(
            "--cluster follows its schedule", hint="leave --find-knee and --control out"
        )
    tell: Callable[[str], object] = note if not quiet else lambda _text: None
    plan, supply = build_attack(target, attack_options, tell)
    reports = as_json or output is not None or sys.stdout.isatty()
    tell_where(plan, tell)
    if find_knee:
        if output is not None or control is not None or plan.streamed:
            raise UsageError(
                "--find-knee keeps no hits, and chooses rates and targets itself",
                hint="leave -output, --control and -lazy out",
            )
        with progress_line(None, quiet=quiet) as show:
            knee = search_knee(plan, knee_p99, show)
        ctx.exit(tell_knee(knee, as_json=as_json))
    with (
        exported(
            attack_options["prometheus_addr"],
            supply.known,
            patience_ns=attack_options["prometheus_wait"],
        ) as count,
        _steered(
            control,
            typing=not quiet and scheduler is None and str(attack_options["targets"]) not in STDIN,
        ) as sources,
        _hits_file(output, to_stdout=not reports) as file,
        progress_line(plan, quiet=quiet) as show,
        HitSpool() as spool,
    ):
        sender = partial(driver_for, plan, scheduler, allow_remote=attack_options["allow_remote"])
        driven = drive(plan, supply, sender, spool, file, _both(show, count), sources)
        result = summarise(spool, supply.as_sent(), driven.changes, driven.usages)
    result = msgspec.structs.replace(result, workers=driven.workers)
    problems = (*cluster_problems(result.workers), *validity(result))
    if reports:
        write_data(envelope(result) if as_json else render_load(result, problems))
    if not quiet and (as_json or not reports):
        _warn(result, problems)
    if supply.error is not None:
        raise supply.error
    ctx.exit(Interrupted.exit_code if driven.interrupted else exit_code(result, problems))


class Driven(NamedTuple):
    """What became of a plan beside its hits: what the engine used, and what the user did to it."""

    usages: tuple[EngineUsage, ...]
    changes: tuple[RateChange, ...]
    interrupted: bool
    workers: tuple[ClusterWorker, ...] = ()


def drive(
    plan: Plan,
    supply: Supply,
    sender: Sender,
    spool: HitSpool,
    file: BinaryIO | None,
    show: Show,
    sources: Sequence[Source] = (),
) -> Driven:
    """Send the plan, warm-up first.

    Args:
        plan: with every address pinned.
        supply: of its targets.
        sender: makes what sends it.
        spool: takes the hits, warm-up included.
        file: takes the hits as lines of JSON while they come; None for no one.
        show: is told how far it is.
        sources: of what to change while it runs.
    """
    zero, wall_zero = time.monotonic_ns(), time.time_ns()

    def take(steering: Steering, step: str, first_seq: int, hits: Hits) -> None:
        if file is not None:
            lines = write_hits(
                hits, supply.known, wall_zero_ns=wall_zero, first_seq=first_seq, attack=plan.name
            )
            file.write(lines)
            file.flush()
        spool.add(hits)
        steering.see(hits)
        show(step, hits)
        supply.forget(hits)

    def stopped(steering: Steering, step: str) -> bool:
        if steering.stopped():
            return True
        show(step, None)  # how long it has been silent is news, too
        return False

    def new_rate(steering: Steering) -> Fraction | None:
        rate = steering.new_rate()
        if rate is not None:
            supply.change(rate)
        return rate

    usages: tuple[EngineUsage, ...] = ()
    changes: tuple[RateChange, ...] = ()
    with (
        stop_on_signal(lambda text: show(text, None)) as stop,
        sender(zero_ns=zero) as driver,
        supply,
    ):
        steering = Steering(plan.schedule, stop.is_set, sources)
        for step, phase in _phases(plan, supply):
            if not steering.stopped():
                steering.begin(step)
                show(step, None)
                changes_it = partial(new_rate, steering) if step == "load" else lambda: None
                report = driver.run(
                    phase,
                    partial(take, steering, step, len(spool)),
                    partial(stopped, steering, step),
                    changes_it,
                    supply.more,
                )
                if step == "load":
                    usages, changes = (report.usage,), report.changes
    return Driven(usages, changes, stop.is_set(), workers_of(driver))


def _phases(plan: Plan, supply: Supply) -> Iterator[tuple[str, Phase]]:
    if (warmup := warm_up(plan.schedule, plan.warmup_ns)) is not None:
        yield "warm-up", Phase(schedule=warmup, targets=supply.turns, flags=HitFlag.WARMUP)
    more = supply.more() or More()
    yield "load", Phase(schedule=plan.schedule, targets=supply.turns, more=more)


def exit_code(result: LoadResult, problems: tuple[Problem, ...]) -> int:
    """1 where nothing succeeded, 4 where the latencies are invalid, else 0."""
    if not result.total.succeeded:
        return HeapwiseError.exit_code
    return Inconclusive.exit_code if problems else 0


def _both(show: Show, count: Callable[[Hits], None]) -> Show:
    """Tell the terminal and whoever scrapes."""

    def told(step: str, hits: Hits | None) -> None:
        show(step, hits)
        if hits is not None:
            count(hits)

    return told


@contextmanager
def _steered(control: Path | None, *, typing: bool) -> Iterator[Sequence[Source]]:
    """Who may change the rate while the load runs: a socket's clients, and who sits there."""
    terminal = typed_rates(lambda text: note(f"\r{text}")) if typing else None
    typed = (terminal,) if terminal else ()
    if control is None:
        yield typed
        return
    with ControlSocket(control) as listener:
        yield (listener, *typed)


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
    warn(problems)
