"""The two sides, and perhaps a third, from what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from heapwise.cli.verify_options import VerifyOptions
from heapwise.errors import UsageError
from heapwise.model.verify import ABLATED, BASE, NEW, Side, SideKind, VerifyState
from heapwise.verify.like import Like
from heapwise.verify.revisions import side_of_revision
from heapwise.verify.sides import kind_of, sides_of


def chosen_sides(
    options: VerifyOptions, given: set[str], like: Like | None, repository: Path | None
) -> tuple[Side, ...]:
    """The sides: commands, URLs or revisions.

    Args:
        options: as typed.
        given: names of those that are no defaults.
        like: the recording whose command is the old side where none was typed.
        repository: that revisions are of; None for other sides.

    Raises:
        UsageError: a side is missing, or they are of different kinds.
    """
    common = options["service"] or (like.service if like else "") or None
    own = [options["base_service"], options["new_service"], options["ablate_service"]]
    services = [each or common for each in own]
    if repository is not None:
        return _revisions(options, like, repository, services)
    if "new_rev" in given:
        raise UsageError("--new-rev needs --base-rev", hint="give both sides as revisions")
    base, new = options["base"] or (like.command if like else ""), options["new"]
    if not base or not new:
        missing = " and ".join(
            f"--{name}" for name, has in (("base", base), ("new", new)) if not has
        )
        raise UsageError(
            f"nothing to compare: {missing} missing",
            hint="give --base CMD --new CMD, two URLs of services that run, or --base-rev REVISION "
            "with --build and --exec",
        )
    kind = kind_of(base, new)
    if kind is SideKind.URL:
        if options["service"]:
            raise UsageError(
                "one -service cannot be the debug endpoint of two services that run",
                hint="name them apart: --base-service URL --new-service URL",
            )
        # What the recording's service answered at is one of the two, if it is either.
        services = own
    named = [(BASE, base), (NEW, new)]
    if options["ablate"]:
        kind_of(base, options["ablate"])
        named.append((ABLATED, options["ablate"]))
    return sides_of(kind, named, services[: len(named)])


def _revisions(
    options: VerifyOptions, like: Like | None, repository: Path, services: Sequence[str | None]
) -> tuple[Side, ...]:
    command = options["exec_command"] or (like.command if like else "")
    if options["base"] or options["new"]:
        raise UsageError(
            "a side is a revision or a command, not both",
            hint="--exec starts the service of either revision",
        )
    if not command:
        raise UsageError(
            "what starts the service of a revision?", hint="add --exec COMMAND, as --exec ./service"
        )
    revisions = [(BASE, str(options["base_rev"])), (NEW, options["new_rev"])]
    sides = [
        side_of_revision(repository, name, revision, command=command, service=service)
        for (name, revision), service in zip(revisions, services, strict=False)
    ]
    if sides[0].commit == sides[1].commit:
        raise UsageError(
            f"{sides[0].revision} and {sides[1].revision} are the same commit",
            hint="name two that differ; changes that are not committed are in none, "
            "`git stash create` makes a commit of them",
        )
    if options["ablate"]:
        sides += sides_of(SideKind.COMMAND, [(ABLATED, options["ablate"])], [services[2]])
    return tuple(sides)


def with_command(side: Side, state: VerifyState, options: VerifyOptions) -> Side:
    """A side of a verification that goes on, with its command as it is run.

    Raises:
        UsageError: it was kept without its secrets, and is not given again.
    """
    if f"command of {side.name}" not in state.redacted:
        return side
    names = {BASE: "base", NEW: "new", ABLATED: "ablate"}
    name = "exec_command" if side.kind is SideKind.REVISION else names[side.name]
    values: dict[str, Any] = dict(options)
    if not values[name]:
        raise UsageError(
            f"the command of {side.name} was kept without its secrets",
            hint=f"give it again with --{name.removesuffix('_command')}",
        )
    return msgspec.structs.replace(side, command=values[name])
