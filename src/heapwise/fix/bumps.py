"""A dependency moved to the release that fixes it: what ``go get`` makes of go.mod and go.sum."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from heapwise.diagnose.advisories import known_defect
from heapwise.diagnose.source.match import Edit
from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import ToolchainError
from heapwise.fix.diff import edits_between
from heapwise.fix.go_tools import GoTools
from heapwise.fix.place import UnpatchableError, read

_FILES = ("go.mod", "go.sum")


def command_of(module: str) -> str:
    """What moves a sick ``module@version`` to the release with the fix; empty for a healthy one."""
    defect = known_defect(module)
    if defect is None:
        return ""
    advisory, fixed = defect
    return f"go get {advisory.module}@{fixed}"


def bumped(tools: GoTools, tree: SourceTree, module: str) -> tuple[Edit, ...]:
    """The edits of go.mod and go.sum that a fixing release needs.

    They are worked out on copies of both files, so that nothing of the user's changes.

    Args:
        tools: Go's.
        tree: the source.
        module: ``module@version`` of the release to leave.

    Raises:
        UnpatchableError: no module of the directory requires it, its dependencies are vendored, or
            go get failed.
    """
    path, command = module.rpartition("@")[0], command_of(module)
    folder = next((each.folder for each in tree.modules if path in each.requires), None)
    if folder is None:
        raise UnpatchableError(f"no go.mod below {tree.root} requires {path}")
    if (tree.root / folder / "vendor" / "modules.txt").is_file():
        where = folder or "the module's folder"
        raise UnpatchableError(f"dependencies are vendored: type this and go mod vendor in {where}")
    with tempfile.TemporaryDirectory(prefix="heapwise-fix-") as temporary:
        copies = Path(temporary)
        for name in _existing(tree.root, folder):
            (copies / name).write_bytes(read(tree.root, f"{_prefix(folder)}{name}"))
        _get(tools, tree.root / folder, copies / "go.mod", command)
        edits = tuple(_changes(tree.root, folder, copies))
    if not edits:
        raise UnpatchableError(f"{command} changes nothing")
    return edits


def _get(tools: GoTools, folder: Path, go_mod: Path, command: str) -> None:
    """Run ``go get`` in a module's folder, where a replacement's relative path leads somewhere."""
    verb, *rest = command.split()[1:]
    env = {"GOFLAGS": _without_mod(tools.env["GOFLAGS"]), "GOWORK": "off"}
    try:
        said = tools.run(folder, verb, f"-modfile={go_mod}", *rest, env=env)
    except ToolchainError as error:
        raise UnpatchableError(str(error)) from None
    if not said.ok:
        raise UnpatchableError(f"{command} failed: {said.gist}")


def _without_mod(flags: str) -> str:
    """The user's flags, but for those that forbid to change go.mod."""
    kept = [each for each in flags.split() if not each.startswith(("-mod=", "-modfile="))]
    return " ".join([*kept, "-mod=mod"])


def _changes(root: Path, folder: str, copies: Path) -> Iterator[Edit]:
    for name in _existing(root, folder):
        path = f"{_prefix(folder)}{name}"
        yield from edits_between(path, read(root, path), (copies / name).read_bytes())


def _existing(root: Path, folder: str) -> list[str]:
    return [name for name in _FILES if (root / folder / name).is_file()]


def _prefix(folder: str) -> str:
    return f"{folder}/" if folder else ""
