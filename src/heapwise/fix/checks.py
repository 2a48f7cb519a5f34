"""What a patch has to stand before it stays."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from heapwise.fix.programs import run
from heapwise.record.command import split_command

Rest = Callable[[], AbstractContextManager[None]]
"""Makes a context in which the patch is out of the source."""


class Failure(NamedTuple):
    """What is wrong with the source.

    Attributes:
        what: as a clause.
        gist: what the tool says that found it.
        earlier: it was wrong without the patch as well, which proves nothing of it.
    """

    what: str
    gist: str
    earlier: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.gist}" if self.gist else self.what


class Checks(Protocol):
    """Tells whether the source is whole."""

    def prepare(self, files: Iterable[str]) -> None:
        """Refuse source that is broken before any patch.

        Args:
            files: that will be changed.

        Raises:
            HeapwiseError: it is.
        """
        ...

    def failure(self, files: Iterable[str], rest: Rest) -> Failure | None:
        """What is wrong after some files changed; None for nothing.

        Args:
            files: that a patch changed.
            rest: takes the patch out for a moment, to tell its failures from earlier ones.

        Raises:
            ToolchainError: a program cannot be run, or does not end.
        """
        ...


def user_test(command: str, root: Path, rest: Rest) -> Failure | None:
    """Run the user's own test command in the source directory, without a shell.

    Raises:
        UsageError: it is no command.
        ToolchainError: it cannot be run, or does not end.
    """
    assigned, words = split_command(command)
    # Python tells compiled files by size and second; a patch may change neither.
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **assigned}
    said = run(words, root, env)
    if said.ok:
        return None
    with rest():
        before = run(words, root, env)
    return Failure(f"{shlex.join(words)} fails", said.ending, earlier=not before.ok)
