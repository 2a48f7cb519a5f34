"""From what was typed to a plan: shared by every command that makes load."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from heapwise.cli.rates import duration_given, lasting
from heapwise.cli.target_files import read_file, read_targets
from heapwise.cli.transport import (
    TRANSPORT_OPTIONS,
    TransportOptions,
    build_transport,
    check_source,
    check_targets,
)
from heapwise.formats.targets import add_defaults, parse_header
from heapwise.load.address import pin_addresses
from heapwise.load.choose import check_engine, engine_for
from heapwise.load.schedule import check_closed_loop, offset_ns, total
from heapwise.model.load import Pacing, Plan, Schedule, Target
from heapwise.model.schedules import ConstantRate, Poisson
from heapwise.units import NS_PER_S


class PlanOptions(TransportOptions):
    """The options of the table that make a plan, as click passes them."""

    rate: Schedule
    duration: int
    targets: Path | None
    target_format: str
    body: Path | None
    header: tuple[str, ...]
    timeout: int
    connections: int
    keepalive: bool
    warmup: int
    save_bodies: int
    allow_remote: bool
    pacing: str
    engine: str


PLAN_OPTIONS = (
    "rate", "duration", "targets", "format", "body", "header", "timeout", "max-connections",
    "keepalive", "warmup", "save-bodies", "allow-remote", *TRANSPORT_OPTIONS, "pacing",
    "engine",
)  # fmt: skip
"""Their names in the option table."""


def build_plan(
    target: tuple[str, ...],
    options: PlanOptions,
    *,
    pin: bool = True,
    first: Target | None = None,
) -> Plan:
    """Read targets, bodies and the transport's files, check them strictly, and settle the plan.

    Args:
        target: words of the command line: ``URL``, or ``METHOD URL`` in one word or two.
        options: as click passes them.
        pin: settle it; `heapwise doctor` resolves the addresses itself, one by one.
        first: of targets that are read while they are sent; None to read them all now.

    Raises:
        TargetError: a target is malformed, or leads where no load may go.
        UsageError: rate and duration make no request, or too many; or the transport is wrong.
    """
    schedule = lasting(options["rate"], options["duration"], given=duration_given())
    total(schedule)  # is it one that can be sent
    if first is None:
        found = read_targets(target, options["targets"], options["target_format"])
    else:
        found = (first,)
    plan = Plan(
        targets=tuple(map(completed(options), found)),
        schedule=schedule,
        streamed=first is not None,
        warmup_ns=options["warmup"],
        connections=options["connections"],
        timeout_ns=options["timeout"],
        keepalive=options["keepalive"],
        save_bodies=options["save_bodies"],
        pacing=Pacing(options["pacing"]),
        transport=build_transport(options),
    )
    return settle(plan, options) if pin else plan


def completed(options: PlanOptions) -> Callable[[Target], Target]:
    """What gives a target the headers and the body that the options have for all of them."""
    body = options["body"]
    return partial(
        add_defaults,
        headers=tuple(parse_header(text) for text in options["header"]),
        body=read_file(body) if body else b"",
        body_file=str(body) if body else "",
    )


def ending_with(schedule: Schedule, count: int) -> Schedule:
    """As much of a schedule as makes ``count`` hits; not of a closed loop, where none are due."""
    if count >= total(schedule):
        return schedule
    steady = isinstance(schedule, ConstantRate | Poisson)
    length = -(-count * NS_PER_S // schedule.rate) if steady else offset_ns(schedule, count)
    return msgspec.structs.replace(schedule, duration_ns=max(1, length))


def reachable(plan: Plan, options: PlanOptions) -> dict[str, str]:
    """Resolve and judge the address of every target once, for `Plan.addresses`.

    Raises:
        TargetError: a target leads where no load may go.
        UsageError: the transport cannot reach one.
    """
    check_targets(plan.transport, plan.targets)
    addresses = pin_addresses(
        plan.targets, transport=plan.transport, allow_remote=options["allow_remote"]
    )
    check_source(plan.transport, addresses)
    return addresses


def settle(plan: Plan, options: PlanOptions) -> Plan:
    """Resolve and judge every address once, and choose the engine.

    Raises:
        TargetError: a target leads where no load may go.
        UsageError: the engine that was asked for cannot send the plan, or nothing can; a closed
            loop has no number of connections; or the targets cannot be reached from -laddr.
    """
    check_closed_loop(plan.schedule, plan.connections)
    addresses = reachable(plan, options)
    asked = options["engine"]
    plan = msgspec.structs.replace(
        plan, addresses=addresses, engine=engine_for(plan) if asked == "auto" else asked
    )
    check_engine(plan)
    return plan
