"""A dependency moved to the release that fixes it: what ``go get`` makes of go.mod and go.sum."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from heapwise.diagnose.advisories import known_defect
from heapwise.diagnose.source.match import Edit
from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import ToolchainError
from heapwise.fix.diff import edits_between
from heapwise.fix.go_tools import GoTools
from heapwise.fix.place import UnpatchableError, read

_FILES = ("go.mod", "go.sum")
_MAX_COPIED = 20_000
"""Files of one module; more than that is no service."""


def command_of(module: str) -> str:
    """What moves a sick ``module@version`` to the release with the fix; empty for a healthy one."""
    defect = known_defect(module)
    if defect is None:
        return ""
    advisory, fixed = defect
    return f"go get {advisory.module}@{fixed}"


def bumped(tools: GoTools, tree: SourceTree, module: str) -> tuple[Edit, ...]:
    """The edits of go.mod and go.sum that a fixing release needs.

    They are made in a copy of the module, so that nothing of the user's changes.

    Args:
        tools: Go's.
        tree: the source.
        module: ``module@version`` of the release to leave.

    Raises:
        UnpatchableError: no module of the directory requires it, or go get failed.
    """
    path, command = module.rpartition("@")[0], command_of(module).split()
    folder = next((each.folder for each in tree.modules if path in each.requires), None)
    if folder is None:
        raise UnpatchableError(f"no go.mod below {tree.root} requires {path}")
    with tempfile.TemporaryDirectory(prefix="heapwise-fix-") as temporary:
        copy = Path(temporary) / "module"
        _copy(tree, folder, copy)
        try:
            said = tools.run(copy, *command[1:], env={"GOFLAGS": "-mod=mod", "GOWORK": "off"})
        except ToolchainError as error:
            raise UnpatchableError(str(error)) from None
        if not said.ok:
            raise UnpatchableError(f"{' '.join(command)} failed: {said.gist}")
        edits = tuple(_changes(tree.root, folder, copy))
    if not edits:
        raise UnpatchableError(f"{' '.join(command)} changes nothing")
    return edits


def _changes(root: Path, folder: str, copy: Path) -> Iterator[Edit]:
    for name in _FILES:
        path = str(PurePosixPath(folder) / name)
        after = copy / name
        if after.is_file():
            yield from edits_between(path, read(root, path), after.read_bytes())


def _copy(tree: SourceTree, folder: str, copy: Path) -> None:
    """Copy what go get looks at: the module's Go files, go.mod and go.sum, and no links."""
    copy.mkdir()
    names = [path for path in tree.paths if not folder or path.startswith(f"{folder}/")]
    for path in names[:_MAX_COPIED]:
        source = tree.root / path
        target = copy / PurePosixPath(path).relative_to(folder)
        if source.is_symlink():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for name in _FILES:
        if (tree.root / folder / name).is_file():
            (copy / name).write_bytes(read(tree.root, str(PurePosixPath(folder) / name)))
