"""``heapwise doctor``: everything a run checks, and nothing fired."""

from __future__ import annotations

import shlex
from typing import Any, cast

import click

from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.gostyle import TYPED
from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, write_data
from heapwise.cli.planning import PLAN_OPTIONS, PlanOptions, build_plan
from heapwise.model.check import Checkup, Level
from heapwise.model.envelope import envelope
from heapwise.model.load import Plan
from heapwise.names import visible
from heapwise.record.checkup import checkup

MARKS = {Level.OK: "ok  ", Level.NOTE: "note", Level.WARN: "warn", Level.FAIL: "FAIL"}


@make_command("doctor", *PLAN_OPTIONS, "service", *ACCESS_OPTIONS, "json")
@click.argument("target", nargs=-1, metavar="[TARGET]")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: tuple[str, ...],
    service: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Check that a service can be driven and measured; nothing is fired.

    TARGET is a URL or 'METHOD URL', as for run. With --service alone only the debug endpoint is
    looked at.
    """
    plan_options = cast("PlanOptions", options)  # click passes all of these
    wants_load = bool(target) or plan_options["targets"] is not None or service is None
    plan = build_plan(target, plan_options, pin=False) if wants_load else None
    result = checkup(
        plan, service, build_access(options), allow_remote=plan_options["allow_remote"]
    )
    write_data(envelope(result) if as_json else render(result))
    if result.failed:
        ctx.exit(1)
    if not as_json:
        command_name = "run" if wants_load else "record"
        next_step(
            f"heapwise {command_name} -o before.hw {shlex.join(arguments(ctx, plan, service))}"
        )


def arguments(ctx: click.Context, plan: Plan | None, service: str | None) -> tuple[str, ...]:
    """What the run or the recording needs: what was typed, or just the service."""
    typed: tuple[str, ...] = ctx.meta[TYPED]
    return typed if plan is not None else (service or "",)


def render(result: Checkup) -> str:
    """One line a check, its hint below it."""
    lines = []
    for check in result.checks:
        lines.append(f"{MARKS[check.level]}  {visible(check.name)}: {visible(check.found)}")
        if check.hint:
            lines.append(f"      {visible(check.hint)}")
    return "\n".join(lines)
