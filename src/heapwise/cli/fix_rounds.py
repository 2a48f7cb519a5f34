"""From what was typed to the rounds that prove patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from heapwise.cli.access import build_access
from heapwise.cli.fix_options import FixOptions
from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import UsageError
from heapwise.fix.builds import Builds, chosen
from heapwise.fix.go_tools import GoTools
from heapwise.fix.prove import Rounds
from heapwise.formats.targets import parse_header
from heapwise.load.address import pin_addresses
from heapwise.load.schedule import total
from heapwise.model.load import Plan
from heapwise.model.verify import Settings
from heapwise.verify.like import Like, with_secrets
from heapwise.verify.rounds import Standing

_REPEATS = 1
"""Most spoiled runs are spoiled for latency alone, and the question is what is allocated."""


def builds_of(
    like: Like, tree: SourceTree, tools: GoTools | None, options: FixOptions, folder: Path
) -> Builds:
    """What makes services of the source.

    Raises:
        UsageError: it is not known what starts the service, or what builds it.
    """
    start = options["exec_command"] or like.command
    if not start:
        raise UsageError(
            "the recording does not know what starts the service",
            hint="add --exec COMMAND, in which {out} stands for the built program",
        )
    return chosen(tree, tools, (start, options["build"] or ""), folder)


def rounds_of(
    recording: Path, like: Like, options: FixOptions, see: Callable[[Plan | None, Standing], None]
) -> Rounds:
    """How rounds are made.

    Args:
        recording: whose load it is.
        like: what it tells.
        options: as typed.
        see: shown where a verification stands that drives a plan.

    Raises:
        UsageError: secrets of the load are missing.
        TargetError: it leads where no load may go.
    """
    plan = _plan(recording, like, options)
    return Rounds(
        plan=plan,
        service=options["service"] or like.service,
        access=build_access(cast("Mapping[str, Any]", options)),
        settings=Settings(
            rounds=options["rounds"],
            cooldown_ns=options["cooldown"],
            max_repeats=_REPEATS,
        ),
        costs=like.report.per_work,
        stem=f"{recording.resolve().stem}.fix",
        allow_remote=options["allow_remote"],
        notify=lambda standing: see(plan, standing),
    )


def _plan(recording: Path, like: Like, options: FixOptions) -> Plan | None:
    if like.plan is None:
        return None
    headers = tuple(parse_header(text) for text in options["header"])
    plan = with_secrets(like.plan, like.redacted, headers, source=str(recording))
    length, warmup = options["duration"], options["warmup"]
    schedule = plan.schedule
    if length is not None:
        schedule = msgspec.structs.replace(schedule, duration_ns=length)
    plan = msgspec.structs.replace(
        plan,
        schedule=schedule,
        warmup_ns=plan.warmup_ns if warmup is None else warmup,
        addresses=pin_addresses(
            plan.targets, transport=plan.transport, allow_remote=options["allow_remote"]
        ),
    )
    total(plan.schedule)
    return plan
