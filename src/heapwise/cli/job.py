"""``heapwise job``: record a program that runs to its end."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.finish import run_job_and_conclude
from heapwise.cli.options import command as make_command
from heapwise.cli.work import WORK_OPTIONS, build_meter
from heapwise.record.session import RunRequest


@make_command(
    "job",
    "service",
    *ACCESS_OPTIONS,
    *WORK_OPTIONS,
    "interval",
    "output",
    "force",
    "keep-secrets",
    "html",
    "json",
    "quiet",
)
@click.argument("program", nargs=-1, type=click.UNPROCESSED, required=True, metavar="-- CMD [ARG]…")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    program: tuple[str, ...],
    service: str | None,
    unit: str | None,
    work_counter: str | None,
    interval: int,
    output: Path | None,
    force: bool,
    keep_secrets: bool,
    html: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Record a program that runs to its end: an import, a search, a batch.

    Costs are given per row, file or message where the program counts them, with
    `heapwise_agent.work("row", n)` in Python or the expvar map heapwise_work in Go. Python programs
    run with the agent in them; Go programs serve net/http/pprof. What the program prints goes to
    standard error.
    """
    access = build_access(options)
    request = RunRequest(
        plan=None,
        job=True,
        exec_command=shlex.join(program),
        output=output or Path("job.hw"),
        service=service,
        access=access,
        interval_ns=interval,
        meter=build_meter(unit, work_counter, access),
        force=force,
        keep_secrets=keep_secrets,
        argv=tuple(sys.argv[1:]),
    )
    ctx.exit(run_job_and_conclude(request, html=html, as_json=as_json, quiet=quiet))
