"""Whether one thing was changed, or two at once: of two, nobody can tell which had the effect."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from heapwise.analysis.unlike import differences
from heapwise.model.finding import Finding
from heapwise.model.recording import Problem, Scope
from heapwise.model.report import RunReport
from heapwise.model.verify import BASE, NEW, FileChange, Side, SideKind
from heapwise.record.command import split_command

_DEPENDENCIES = frozenset({
    "go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt", "requirements.txt",
    "constraints.txt", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile", "Pipfile.lock",
    "pylock.toml", "pyproject.toml", "setup.cfg", "setup.py",
})  # fmt: skip
"""Files that say which releases of others' code are used."""

_CODE = frozenset({".go", ".py", ".pyx", ".c", ".h", ".cc", ".cpp", ".s", ".rs"})
_TEST = re.compile(r"(^|/)(tests?|testdata)/|_test\.go$|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_PLACE = re.compile(r"(\S+\.\w+):\d+")
_MOST_NAMED = 5


def between_revisions(
    changed: Sequence[FileChange], findings: Sequence[Finding]
) -> Iterator[Problem]:
    """What two revisions have differently besides one change.

    Args:
        changed: by git.
        findings: of the recording that the change answers; none where there is no such.
    """
    paths = [change.path for change in changed if not _TEST.search(change.path)]
    dependencies = [path for path in paths if _is_dependency(path)]
    code = [
        path for path in paths if PurePosixPath(path).suffix in _CODE and path not in dependencies
    ]
    if dependencies and code:
        yield _two(
            f"dependencies ({_some(dependencies)}) and code ({_some(code)}) differ",
            "verify the upgrade and the rewrite one after the other",
        )
    yield from _beside_the_finding(code, findings)


def between_commands(sides: Iterable[Side]) -> Iterator[Problem]:
    """What two commands have differently besides one thing: program, arguments, a variable each."""
    commands = {side.name: side.command for side in sides if side.kind is SideKind.COMMAND}
    if BASE not in commands or NEW not in commands:
        return
    (base_env, base), (new_env, new) = (split_command(commands[name]) for name in (BASE, NEW))
    different = [
        name
        for name in sorted({*base_env, *new_env})
        if base_env.get(name, os.environ.get(name)) != new_env.get(name, os.environ.get(name))
    ]
    if base[0] != new[0]:
        different.append("the program")
    if base[1:] != new[1:]:
        different.append("its arguments")
    if len(different) > 1:
        yield _two(
            f"the two commands differ in {', '.join(different)}", "change one of them at a time"
        )


def between_runs(base: tuple[Side, RunReport], new: tuple[Side, RunReport]) -> Iterator[Problem]:
    """Toolchains and settings that differ as well: either moves allocations on its own.

    Args:
        base: a side with any run of it.
        new: likewise.
    """
    sides = base[0], new[0]
    # The variables in front of commands were compared with the commands.
    commands = sides[0].kind is SideKind.COMMAND
    names = {"runtime"} if commands else {"runtime", "settings"}
    texts = [each.problem.what for each in differences(base[1], new[1]) if each.name in names]
    if texts and _program(sides[0]) != _program(sides[1]):
        texts.append("different code")
    if len(texts) > 1:
        remedy = "make both sides with one toolchain and one set of variables"
        yield _two("; ".join(texts), remedy)


def _program(side: Side) -> tuple[str, list[str]]:
    return side.commit, split_command(side.command)[1] if side.command else []


def _beside_the_finding(code: Sequence[str], findings: Sequence[Finding]) -> Iterator[Problem]:
    places = {finding.cause: place for finding in findings if (place := _file_of(finding))}
    # A finding inside a dependency is mended anywhere: by an upgrade, or by not calling it.
    if not places or any(finding.module for finding in findings) or not code:
        return
    touched = {cause for cause, place in places.items() if any(_same(place, path) for path in code)}
    beside = [path for path in code if not any(_same(place, path) for place in places.values())]
    if not touched:
        where = _some(sorted({PurePosixPath(place).name for place in places.values()}))
        yield Problem(
            scope=Scope.NONE,
            what=f"the change is in {_some(code)}; what was found is in {where}",
            remedy="is this the change that the finding asks for?",
        )
    elif len({places[cause] for cause in touched}) > 1:
        yield _two(f"the change touches {_some(sorted(touched))}", "mend one finding at a time")
    elif beside:
        (place,) = {places[cause] for cause in touched}
        yield _two(
            f"besides {PurePosixPath(place).name}, where the finding is, {_some(beside)} differ",
            "leave out what the finding does not need",
        )


def _file_of(finding: Finding) -> str:
    """The file of the owner; empty where the profile has none."""
    found = _PLACE.search(finding.where)
    return found[1].strip("()") if found else ""


def _same(place: str, path: str) -> bool:
    """Whether a file of a profile, ``/build/svc/server.go``, is a file of the repository."""
    mine, theirs = PurePosixPath(place).parts, PurePosixPath(path).parts
    shared = min(len(mine), len(theirs))
    return shared > 0 and mine[-shared:] == theirs[-shared:]


def _is_dependency(path: str) -> bool:
    name = PurePosixPath(path).name
    return (
        name in _DEPENDENCIES
        or path.startswith("vendor/")
        or (name.startswith("requirements") and name.endswith(".txt"))
    )


def _two(what: str, remedy: str) -> Problem:
    return Problem(scope=Scope.NONE, what=f"two changes at once: {what}", remedy=remedy)


def _some(paths: Sequence[str]) -> str:
    more = len(paths) - _MOST_NAMED
    return ", ".join(paths[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
