"""What stands on each side: a command, a service that runs, or a revision that was built."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from heapwise.errors import UsageError
from heapwise.load.address import pin_addresses
from heapwise.model.load import Plan
from heapwise.model.verify import Side, SideKind
from heapwise.record.command import split_command
from heapwise.record.preflight import find_service, origin
from heapwise.runtimes.access import ANYONE, Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A side, ready to run.

    Attributes:
        plan: the load, aimed at it; None for a program that runs to its end.
        command: starts it; None where it runs already.
        service: its debug endpoint; None to look for it.
        access: what that wants to be sent.
        keep_secrets: of the plan, in the recordings.
    """

    side: Side
    plan: Plan | None
    command: str | None
    service: str | None
    access: Access = ANYONE
    keep_secrets: bool = False


def sides_of(
    kind: SideKind, named: Sequence[tuple[str, str]], services: Sequence[str | None]
) -> tuple[Side, ...]:
    """Sides from what was typed.

    Args:
        kind: of all of them.
        named: a side's name and its command or URL.
        services: its debug endpoint, or None.
    """
    return tuple(
        Side(
            name=name,
            kind=kind,
            command="" if kind is SideKind.URL else what,
            url=_origin(what) if kind is SideKind.URL else "",
            service=service or "",
        )
        for (name, what), service in zip(named, services, strict=True)
    )


def kind_of(base: str, new: str) -> SideKind:
    """Whether two sides are commands or URLs.

    Raises:
        UsageError: one is a URL and the other is not.
    """
    urls = [_is_url(text) for text in (base, new)]
    if urls[0] != urls[1]:
        raise UsageError(
            "one side is a URL and the other a command",
            hint="give two commands that heapwise starts in turn, or two URLs of services that run",
        )
    return SideKind.URL if urls[0] else SideKind.COMMAND


def bench(
    side: Side,
    plan: Plan | None,
    *,
    folder: Path | None,
    access: Access,
    allow_remote: bool,
    keep_secrets: bool,
) -> Bench:
    """Make a side ready.

    Args:
        side: with its command as it is run, secrets in place.
        plan: the load; None for programs that run to their end.
        folder: where the command is run; None for here.
        access: what the debug endpoint wants to be sent.
        allow_remote: accept addresses outside private networks.
        keep_secrets: of the plan, in the recordings.

    Raises:
        UsageError: the plan's targets are on several origins, so that a URL cannot stand for them.
        TargetError: the URL leads where no load may go.
        ServiceError: a service that should run already cannot be measured.
    """
    command, service = None, side.service or None
    if side.kind is SideKind.URL:
        if plan is None:
            raise UsageError(
                f"{side.url} is no program that runs to its end", hint="give two commands"
            )
        plan = aimed(plan, side.url, allow_remote=allow_remote)
        # Not looked for elsewhere: on the usual port there may be the other side's.
        service = side.service or side.url
        find_service(service, plan.targets, access)
    else:
        command = in_folder(side.command, folder)
    return Bench(
        side=side, plan=plan, command=command, service=service, access=access,
        keep_secrets=keep_secrets,
    )  # fmt: skip


def aimed(plan: Plan, url: str, *, allow_remote: bool) -> Plan:
    """The same load at another origin.

    Raises:
        UsageError: the plan has targets on several origins.
        TargetError: the URL leads where no load may go.
    """
    origins = sorted(set(map(origin, plan.targets)))
    if len(origins) > 1:
        raise UsageError(
            f"{url} cannot stand for targets on several origins",
            ", ".join(origins),
            "give the sides as commands, or targets of one origin",
        )
    targets = tuple(
        msgspec.structs.replace(target, url=url + target.url.removeprefix(origins[0]))
        for target in plan.targets
    )
    addresses = pin_addresses(targets, transport=plan.transport, allow_remote=allow_remote)
    return msgspec.structs.replace(plan, targets=targets, addresses=addresses)


def in_folder(command: str, folder: Path | None) -> str:
    """A command that is run in a folder; variables in front of it stay in front.

    A process of its own changes there: in ours, everything relative would move as well.
    """
    if folder is None:
        return command
    assigned, words = split_command(command)
    front = [f"{name}={value}" for name, value in assigned.items()]
    return shlex.join(
        [*front, "sh", "-c", 'cd -- "$1" && shift && exec "$@"', "sh", str(folder), *words]
    )


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(
            f"{url} is more than an origin",
            hint="paths come from the targets; write scheme, host and port only",
        )
    return f"{parts.scheme}://{parts.netloc}"
