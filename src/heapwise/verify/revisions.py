"""Two revisions of a repository, checked out side by side and built."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath

from heapwise.errors import ToolchainError
from heapwise.model.verify import NEW, WORK_TREES, Side, SideKind
from heapwise.record.command import split_command
from heapwise.verify.git import commit_of, git, subject_of

BUILD_S = 900
"""A cold build with its modules, on a slow machine and a slow line."""

_LINES, _LONGEST = 8, 300
_TAIL = 64 << 10
_ROOT = PurePath()


def side_of_revision(
    repository: Path, name: str, revision: str, *, command: str, service: str | None
) -> Side:
    """A side that is a revision.

    Raises:
        UsageError: the repository has no such revision.
    """
    commit = commit_of(repository, revision)
    return Side(
        name=name,
        kind=SideKind.REVISION,
        command=command,
        service=service or "",
        revision=revision,
        commit=commit,
        subject=subject_of(repository, commit),
    )


@contextmanager
def checked_out(
    repository: Path,
    sides: Sequence[Side],
    build: str,
    announce: Callable[[str], None],
    inside: PurePath = _ROOT,
) -> Iterator[dict[str, Path]]:
    """Check out and build every revision in a folder of its own; all are gone afterwards.

    A side without a commit, which is a command, runs where the new one was built.

    Args:
        repository: its root; nothing in it is touched but git's list of work trees.
        sides: those to prepare.
        build: started in each folder without a shell; empty for nothing to build.
        announce: told what takes long.
        inside: folder of each revision to work in, relative to its root.

    Yields:
        The folder of each side, by name.

    Raises:
        ToolchainError: a revision lacks the folder, or does not build; ``why`` holds the
            compiler's first lines.
    """
    with ExitStack() as stack:
        root = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix=WORK_TREES, ignore_cleanup_errors=True)
            )
        )
        folders: dict[str, Path] = {}
        for side in sides:
            if not side.commit:
                continue
            announce(f"checking out {side.name}: {side.title}")
            tree = stack.enter_context(_work_tree(repository, root / side.name, side.commit))
            folders[side.name] = tree / inside
            if not folders[side.name].is_dir():
                raise ToolchainError(f"{side.revision} has no folder {inside}")
            if build:
                announce(f"building {side.name}: {build}")
                _build(build, folders[side.name], side)
        for side in sides:
            folders.setdefault(side.name, folders[NEW])
        yield folders


@contextmanager
def _work_tree(repository: Path, folder: Path, commit: str) -> Iterator[Path]:
    done = git(repository, "worktree", "add", "--detach", "--force", str(folder), commit)
    if done.returncode != 0:
        raise ToolchainError(f"cannot check out {commit[:10]}", _gist(done.stderr))
    try:
        yield folder
    finally:
        git(repository, "worktree", "remove", "--force", "--force", str(folder))
        git(repository, "worktree", "prune")


def _build(command: str, folder: Path, side: Side) -> None:
    assigned, words = split_command(command)
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                words, cwd=folder, env={**os.environ, **assigned}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, timeout=BUILD_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ToolchainError(
                f"building {side.revision} took more than {BUILD_S // 60} minutes"
            ) from None
        except OSError as error:
            raise ToolchainError(
                f"{words[0]!r} cannot be run",
                error.strerror or str(error),
                "it is started without a shell; for one, write sh -c '…'",
            ) from None
        if done.returncode == 0:
            return
        output.seek(0)
        text = output.read(_TAIL).decode("utf-8", "replace")
    raise ToolchainError(
        f"{side.revision} does not build: {command} ended with exit code {done.returncode}",
        _gist(text),
    )


def _gist(text: str) -> str:
    """The first lines of what a program said; compilers begin with the cause."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(line[:_LONGEST] for line in lines[:_LINES])
