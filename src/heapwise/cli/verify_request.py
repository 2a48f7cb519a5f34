"""From what was typed to a verification that can begin: load, sides, settings, warnings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from heapwise import __version__
from heapwise.cli.planning import build_plan, settle
from heapwise.cli.rates import lasting
from heapwise.cli.transport import changed_transport
from heapwise.cli.verify_options import LOAD, VerifyOptions
from heapwise.cli.verify_sides import chosen_sides, with_command
from heapwise.errors import UsageError
from heapwise.formats.targets import parse_header
from heapwise.load.schedule import total
from heapwise.model.load import Pacing, Plan
from heapwise.model.recording import Problem, Scope
from heapwise.model.verify import (
    FORMAT,
    FileChange,
    Settings,
    Side,
    VerifyState,
)
from heapwise.record.machine import this_machine
from heapwise.record.redact import redact, redact_argv
from heapwise.units import format_share, format_size
from heapwise.verify.changes import between_commands, between_revisions
from heapwise.verify.git import changes, checkout, top_level
from heapwise.verify.like import Like, read_like, with_secrets
from heapwise.verify.rounds import run_ns
from heapwise.verify.stopping import MOST_ROUNDS, look_rounds, rounds_within
from heapwise.verify.verdict import foretold

UNCOMMITTED = Problem(
    scope=Scope.NONE,
    what="there are changes in the working tree that are not committed: neither side has them",
    remedy="--new-rev $(git stash create) makes a commit of them",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A verification that can begin.

    Attributes:
        plan: with its secrets; None for programs that run to their end.
        sides: with theirs.
        state: without either, as it is kept.
        kept_plan: the plan as it is kept.
        repository: that the revisions are of; None for other sides.
    """

    plan: Plan | None
    sides: tuple[Side, ...]
    state: VerifyState
    kept_plan: Plan | None
    repository: Path | None


def build_request(ctx: click.Context, target: tuple[str, ...], options: VerifyOptions) -> Request:
    """Check everything that can be checked before anything is built, started or written.

    Raises:
        UsageError: the sides, the load or the budget are not given, or contradict each other.
        TargetError: a target is malformed, or leads where no load may go.
        RecordingError: there is no recording to be like.
    """
    given = {
        name for name in ctx.params if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    like = read_like(options["like"]) if options["like"] is not None else None
    plan = _plan(target, options, given, like)
    repository = top_level(Path.cwd()) if options["base_rev"] is not None else None
    sides = chosen_sides(options, given, like, repository)
    settings = _settings(options, given, plan, sides)
    kept_plan, kept_sides, redacted = _without_secrets(
        plan, sides, keep_secrets=options["keep_secrets"]
    )
    changed: tuple[FileChange, ...] = ()
    if repository is not None:
        changed = changes(repository, sides[0].commit, sides[1].commit)
    here = checkout(Path.cwd())
    warnings = [
        *between_commands(sides),
        *between_revisions(changed, like.findings if like else ()),
    ]
    if repository is not None and here is not None and here.dirty:
        warnings.append(UNCOMMITTED)
    state = VerifyState(
        format=FORMAT,
        tool=__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        argv=redact_argv(sys.argv[1:], keep_secrets=options["keep_secrets"]),
        machine=this_machine(),
        sides=kept_sides,
        settings=settings,
        redacted=redacted,
        warnings=tuple(warnings),
        changed=changed,
        checkout=here,
        hypothesis=options["hypothesis"] or "",
        prediction=options["predict"] or (_promised(like) if like else ""),
    )
    return Request(plan=plan, sides=sides, state=state, kept_plan=kept_plan, repository=repository)


_WHEN_RESUMED = frozenset({
    "resume", "header", "base", "new", "ablate", "exec_command", "allow_remote", "service_header",
    "tls_ca", "tls_cert", "tls_key", "html", "as_json", "quiet", "format", "log", "force",
})  # fmt: skip


def must_not_change(ctx: click.Context) -> None:
    """Refuse options that would change a verification that has begun.

    Raises:
        UsageError: naming them. More rounds after a look at the result would be a peek that
            nobody paid for.
    """
    given = {
        parameter.opts[-1]
        for parameter in ctx.command.params
        if parameter.name not in _WHEN_RESUMED
        and ctx.params.get(parameter.name)
        and ctx.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT
    }  # fmt: skip
    if given:
        raise UsageError(
            f"{', '.join(sorted(given))} cannot change with --resume",
            "what decides the result was fixed before the first round",
            "begin anew with another -o",
        )


def resumed_request(state: VerifyState, kept_plan: Plan | None, options: VerifyOptions) -> Request:
    """The same of a verification that goes on; its settings were fixed when it began.

    Raises:
        UsageError: it began on another machine, or secrets of it are missing.
    """
    if state.machine.fingerprint != this_machine().fingerprint:
        raise UsageError(
            "it was begun on another machine",
            "timings of different machines cannot be compared",
            "begin anew with another -o",
        )
    headers = tuple(parse_header(text) for text in options["header"])
    sides = tuple(with_command(side, state, options) for side in state.sides)
    hidden = [name for name in state.redacted if not name.startswith("command of ")]
    plan = kept_plan
    if plan is not None:
        plan = with_secrets(plan, hidden, headers, source="the verification")
    repository = top_level(Path.cwd()) if any(side.commit for side in sides) else None
    return Request(plan=plan, sides=sides, state=state, kept_plan=kept_plan, repository=repository)


def _plan(
    target: tuple[str, ...], options: VerifyOptions, given: set[str], like: Like | None
) -> Plan | None:
    """The load: of the options, or of a recording with what the options change in it.

    None for programs that run to their end.
    """
    if options["job"] or (like is not None and like.plan is None):
        _must_have_no_load(target, given)
        return None
    if like is None or like.plan is None:
        return build_plan(target, options)
    if target or options["targets"] is not None:
        targets = build_plan(target, options, pin=False).targets
    else:
        headers = tuple(parse_header(text) for text in options["header"])
        source = str(options["like"])
        targets = with_secrets(like.plan, like.redacted, headers, source=source).targets
    timed = "duration" in given
    length = options["duration"] if timed else like.plan.schedule.duration_ns
    shape = options["rate"] if "rate" in given else like.plan.schedule
    fields: dict[str, Any] = {
        "targets": targets,
        "transport": changed_transport(like.plan.transport, options, given),
        "schedule": lasting(shape, length, given=timed),
    }
    names = (
        ("warmup_ns", "warmup"), ("timeout_ns", "timeout"), ("connections", "connections"),
        ("keepalive", "keepalive"), ("save_bodies", "save_bodies"),
    )  # fmt: skip
    values: dict[str, Any] = dict(options)
    fields |= {field: values[name] for field, name in names if name in given}
    if "pacing" in given:
        fields["pacing"] = Pacing(options["pacing"])
    plan = settle(msgspec.structs.replace(like.plan, **fields), options)
    total(plan.schedule)
    return plan


def _must_have_no_load(target: tuple[str, ...], given: set[str]) -> None:
    """Refuse a load for programs that get none.

    Raises:
        UsageError: naming what was given of one.
    """
    of_load = sorted(given & {name.replace("-", "_") for name in LOAD})
    if target or of_load:
        named = ", ".join([*target, *(f"-{name.replace('_', '-')}" for name in of_load)])
        raise UsageError(
            f"{named} makes a load, and a job gets none", "it does its own work to the end",
            "leave it out, or leave --job out",
        )  # fmt: skip


def _settings(
    options: VerifyOptions, given: set[str], plan: Plan | None, sides: Sequence[Side]
) -> Settings:
    until = options["until"] is not None
    if "budget" in given and not until:
        raise UsageError("-budget needs --until decided", hint="or give the number of -rounds")
    if not 0 < options["alpha"] < 1:
        raise UsageError(
            f"-alpha {options['alpha']:g} is no chance of a false alarm", hint="0.05 is"
        )
    settings = Settings(
        rounds=options["rounds"],
        cooldown_ns=options["cooldown"],
        until_decided=until,
        alpha=options["alpha"],
        min_effect=options["min_effect"],
        keep_recordings=options["keep"] == "all",
        interval_ns=options["interval"],
        build=options["build"] or "",
        predicted=foretold(options["predict"] or ""),
    )
    if until:
        most = options["rounds"] if "rounds" in given else MOST_ROUNDS
        rounds = rounds_within(options["budget"], run_ns(plan, settings) * len(sides), most=most)
        settings = msgspec.structs.replace(
            settings,
            rounds=rounds,
            budget_ns=options["budget"],
            looks=look_rounds(rounds, settings.alpha),
        )
    most_repeats = options["max_repeats"]
    return msgspec.structs.replace(
        settings, max_repeats=settings.rounds if most_repeats is None else most_repeats
    )


def _without_secrets(
    plan: Plan | None, sides: Sequence[Side], *, keep_secrets: bool
) -> tuple[Plan | None, tuple[Side, ...], tuple[str, ...]]:
    kept_plan, redacted = redact(plan, keep_secrets=keep_secrets) if plan else (None, ())
    kept = []
    for side in sides:
        (command,) = redact_argv([side.command], keep_secrets=keep_secrets)
        if command != side.command:
            redacted = (*redacted, f"command of {side.name}")
        kept.append(msgspec.structs.replace(side, command=command))
    return kept_plan, tuple(kept), redacted


def _promised(like: Like) -> str:
    """What the first finding of a recording expects of its remedy."""
    if not like.findings:
        return ""
    finding, cost = like.findings[0], like.report.per_work
    gain = finding.gain_bytes_per_work
    if gain is None or cost is None or not cost.bytes:
        return f"{finding.code} {finding.title}"
    unit = like.report.work_unit
    share = format_share(gain / cost.bytes)
    return f"{finding.code}: {format_size(gain)}/{unit} less, {share} of all"
