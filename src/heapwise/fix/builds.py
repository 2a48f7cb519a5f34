"""A runnable service of the source as it is at a moment, kept while the source goes on changing."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Protocol

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import ToolchainError, UsageError
from heapwise.fix.go_tools import GoTools
from heapwise.fix.programs import run
from heapwise.record.command import split_command
from heapwise.verify.sides import in_folder

OUT = "{out}"
"""Stands for the built program in commands."""

_LEFT_BEHIND = (".git", ".hg", "__pycache__", "*.hw", "*.verify", "node_modules", ".venv", "venv")


class Builds(Protocol):
    """Makes something that can be started later of what the source is now."""

    def make(self) -> str:
        """The command that starts it.

        Raises:
            HeapwiseError: it cannot be made.
        """
        ...


class GoBuilds:
    """Builds of a Go service.

    Args:
        tree: the source.
        tools: Go's.
        command: started the service; its program, or ``{out}``, is replaced by the build.
        build: the user's own command, with ``{out}``; empty for ``go build``.
        folder: to build into.

    Raises:
        UsageError: it is not clear what to build, or where it stands in the command.
    """

    def __init__(
        self, tree: SourceTree, tools: GoTools, command: str, build: str, folder: Path
    ) -> None:
        self._tree, self._tools, self._folder = tree, tools, folder
        self._assigned, self._words = _placed(command)
        self._build = split_command(build) if build else None
        if self._build is not None and not any(OUT in word for word in self._build[1]):
            raise UsageError(
                f"--build does not say where the program goes: {build}",
                hint="write {out} there, as in --build 'go build -o {out} ./cmd/service'",
            )
        self._main = None if build else _main_package(tree)
        self._numbers = count(1)

    def make(self) -> str:
        """Build, and give the command that starts the build."""
        out = self._folder / f"service-{next(self._numbers)}"
        if self._build is None:
            assert self._main is not None  # noqa: S101 - looked for where there is no command
            said = self._tools.run(self._main, "build", "-o", str(out), ".")
        else:
            assigned, words = self._build
            command = [word.replace(OUT, str(out)) for word in words]
            said = run(command, self._tree.root, {**self._tools.env, **assigned})
        if not said.ok:
            raise ToolchainError(f"{self._tree.root} does not build", said.gist)
        words = [word.replace(OUT, str(out)) for word in self._words]
        return shlex.join([*(f"{name}={value}" for name, value in self._assigned.items()), *words])


def _placed(command: str) -> tuple[dict[str, str], list[str]]:
    """A command with ``{out}`` in it."""
    assigned, words = split_command(command)
    if any(OUT in word for word in words):
        return assigned, words
    if PurePosixPath(words[0]).name in ("go", "sh", "bash", "env", "docker"):
        raise UsageError(
            f"the build's place in {command!r} is not clear",
            hint="give the command with {out} there: --exec '{out} -addr 127.0.0.1:8080'",
        )
    return assigned, [OUT, *words[1:]]


def _main_package(tree: SourceTree) -> Path:
    """The folder of the one program there is."""
    folders = set()
    for path in tree.paths:
        file = tree.file(path)
        if isinstance(file, GoFile) and b"package main" in file.data and b"func main(" in file.data:
            folders.add(tree.root / PurePosixPath(path).parent)
    if tree.root in folders:
        return tree.root
    if len(folders) != 1:
        raise UsageError(
            f"{len(folders)} programs are below {tree.root}",
            hint="say how the service is built: --build 'go build -o {out} ./cmd/service'",
        )
    return folders.pop()


class CopiedSource:
    """Copies of the source of a service that is run from it, as Python's are.

    Args:
        root: the source directory, resolved.
        command: starts the service; what in it lies in the source is replaced by the copy's.
        folder: to copy into.

    Raises:
        UsageError: the command starts something else.
    """

    def __init__(self, root: Path, command: str, folder: Path) -> None:
        self._root, self._folder = root, folder
        self._assigned, self._words = split_command(command)
        self._here = Path.cwd()
        self._numbers = count(1)
        if not self._here.is_relative_to(root) and not any(map(self._inside, self._words)):
            raise UsageError(
                f"{command!r} starts nothing in {root}",
                hint="call heapwise in the source directory, or give --exec with a path in it",
            )

    def make(self) -> str:
        """Copy, and give the command that starts the copy."""
        copy = self._folder / f"source-{next(self._numbers)}"
        shutil.copytree(
            self._root, copy, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_BEHIND)
        )
        front = [f"{name}={value}" for name, value in self._assigned.items()]
        command = shlex.join([*front, *(self._moved(word, copy) for word in self._words)])
        inside = self._here.is_relative_to(self._root)
        return in_folder(command, copy / self._here.relative_to(self._root) if inside else None)

    def _moved(self, word: str, copy: Path) -> str:
        inside = self._inside(word)
        return word if inside is None else str(copy / inside)

    def _inside(self, word: str) -> Path | None:
        """Where in the source a word leads; None for elsewhere, and for what is no path."""
        path = Path(os.path.abspath(self._here / word))  # noqa: PTH100 - links must stay links
        if not word or not path.exists() or not path.is_relative_to(self._root):
            return None
        inside = path.relative_to(self._root)
        return None if set(inside.parts).intersection(_LEFT_BEHIND) else inside


def chosen(tree: SourceTree, tools: GoTools | None, command: Sequence[str], folder: Path) -> Builds:
    """What makes runnable services of a source directory.

    Args:
        tree: the source.
        tools: Go's; None for other runtimes.
        command: that starts the service, and that builds it or is empty.
        folder: of things that are gone afterwards.
    """
    start, build = command
    if tools is not None:
        return GoBuilds(tree, tools, start, build, folder)
    return CopiedSource(tree.root, start, folder)
