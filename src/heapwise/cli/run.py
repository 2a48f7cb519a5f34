"""``heapwise run``: load, record, explain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.capturing import CAPTURE_OPTIONS, LOAD_CAPTURE_OPTIONS, build_captures
from heapwise.cli.finish import record_and_conclude
from heapwise.cli.options import command as make_command
from heapwise.cli.planning import PLAN_OPTIONS, PlanOptions, build_plan
from heapwise.cli.work import WORK_OPTIONS, build_meter, fed_from_elsewhere
from heapwise.record.session import RunRequest


@make_command(
    "run",
    *PLAN_OPTIONS,
    "service",
    *ACCESS_OPTIONS,
    "exec",
    "interval",
    *WORK_OPTIONS,
    "apart",
    *CAPTURE_OPTIONS,
    *LOAD_CAPTURE_OPTIONS,
    "output",
    "force",
    "keep-secrets",
    "html",
    "json",
    "quiet",
)
@click.argument("target", nargs=-1, metavar="[TARGET]")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: tuple[str, ...],
    service: str | None,
    exec_command: str | None,
    interval: int,
    unit: str | None,
    work_counter: str | None,
    apart: bool,
    output: Path | None,
    force: bool,
    keep_secrets: bool,
    html: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Drive a service with load, record it, and explain what it allocates.

    TARGET is a URL or 'METHOD URL'; more than one come from -targets or standard input. The
    service needs net/http/pprof, on its own address or where --service says. With --work-counter
    and no target, a service that is fed from elsewhere is recorded, and costs are given per unit
    of the work that it counts.
    """
    plan_options = cast("PlanOptions", options)  # click passes all of these
    access = build_access(options)
    if fed_from_elsewhere(target, plan_options, work_counter):
        plan = None
    else:
        plan = msgspec.structs.replace(build_plan(target, plan_options), apart=apart)
    request = RunRequest(
        plan=plan,
        output=output or Path("run.hw"),
        service=service,
        access=access,
        exec_command=exec_command,
        duration_ns=0 if plan is not None else plan_options["duration"],
        interval_ns=interval,
        force=force,
        keep_secrets=keep_secrets,
        argv=tuple(sys.argv[1:]),
        captures=build_captures(options),
        meter=build_meter(unit, work_counter, access),
    )
    ctx.exit(record_and_conclude(request, html=html, as_json=as_json, quiet=quiet))
