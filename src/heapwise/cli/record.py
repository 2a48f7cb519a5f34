"""``heapwise record``: measure while somebody else makes the load."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.capturing import CAPTURE_OPTIONS, build_captures
from heapwise.cli.finish import record_and_conclude
from heapwise.cli.options import TABLE
from heapwise.cli.options import command as make_command
from heapwise.cli.work import WORK_OPTIONS, build_meter
from heapwise.errors import UsageError
from heapwise.record.session import RunRequest
from heapwise.units import format_duration

DURATION_RECORDED = replace(
    TABLE["duration"], help="How long to record; 0 is until Ctrl-C.", peer=""
)


@make_command(
    "record",
    *ACCESS_OPTIONS,
    "exec",
    "interval",
    *WORK_OPTIONS,
    *CAPTURE_OPTIONS,
    "output",
    "force",
    "keep-secrets",
    "html",
    "json",
    "quiet",
)
@DURATION_RECORDED.decorate
@click.argument("service", required=False)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    service: str | None,
    duration: int,
    exec_command: str | None,
    interval: int,
    unit: str | None,
    work_counter: str | None,
    output: Path | None,
    force: bool,
    keep_secrets: bool,
    html: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure a service while somebody else makes the load.

    SERVICE is the debug endpoint, as host:port or a URL; by default 127.0.0.1:6060.
    """
    captures = build_captures(options)
    access = build_access(options)
    if 0 < duration < captures.trace_ns:
        raise UsageError(
            f"a trace of {format_duration(captures.trace_ns)} in a recording of "
            f"{format_duration(duration)}",
            hint="record at least as long as the trace takes",
        )
    request = RunRequest(
        plan=None,
        output=output or Path("run.hw"),
        service=service,
        access=access,
        exec_command=exec_command,
        duration_ns=duration,
        interval_ns=interval,
        force=force,
        keep_secrets=keep_secrets,
        argv=tuple(sys.argv[1:]),
        captures=captures,
        meter=build_meter(unit, work_counter, access),
    )
    ctx.exit(record_and_conclude(request, html=html, as_json=as_json, quiet=quiet))
