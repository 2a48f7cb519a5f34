"""Asking git: what a revision is, what differs, and whether the tree is clean."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from heapwise.errors import ToolchainError, UsageError
from heapwise.model.verify import Checkout, FileChange

_TIMEOUT_S = 120


def top_level(folder: Path) -> Path:
    """The root of the repository that a folder lies in.

    Raises:
        UsageError: in none.
        ToolchainError: git is missing.
    """
    done = git(folder, "rev-parse", "--show-toplevel")
    if done.returncode != 0:
        raise UsageError(
            f"{folder} lies in no work tree of git",
            done.stderr.strip().partition("\n")[0],
            hint="call heapwise within one, or give the sides as commands: --base CMD --new CMD",
        )
    return Path(done.stdout.rstrip("\n"))


def commit_of(repository: Path, revision: str) -> str:
    """The commit that a revision names.

    Raises:
        UsageError: it names none.
    """
    # A revision may look like an option; behind this one it cannot be taken for it.
    done = git(
        repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if done.returncode != 0:
        raise UsageError(
            f"no revision {revision!r} in {repository}",
            hint="see `git log --oneline`; a shallow clone may have to fetch it",
        )
    return done.stdout.strip()


def subject_of(repository: Path, commit: str) -> str:
    """The first line of a commit's message."""
    return git(repository, "show", "--no-patch", "--format=%s", commit).stdout.strip()


def checkout(folder: Path) -> Checkout | None:
    """What is checked out at a folder; None outside a repository, or without git."""
    try:
        head = git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
        if head.returncode != 0:
            return None
        status = git(folder, "status", "--porcelain", "--untracked-files=no")
    except ToolchainError:
        return None
    return Checkout(commit=head.stdout.strip(), dirty=bool(status.stdout.strip()))


def changes(repository: Path, base: str, new: str) -> tuple[FileChange, ...]:
    """The files that two commits have differently; a renamed one by its new name."""
    done = git(repository, "diff", "--numstat", "--no-renames", "-z", base, new)
    return tuple(_change(line) for line in done.stdout.split("\0") if line.count("\t") >= 2)


def _change(line: str) -> FileChange:
    added, removed, path = line.split("\t", 2)
    return FileChange(path, *(int(text) if text.isdigit() else 0 for text in (added, removed)))


def git(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, without a terminal to ask at and without the user's diff tools.

    Raises:
        ToolchainError: git is missing, or hangs.
    """
    return _run(["git", "-C", str(folder), *args])


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # A hook that calls heapwise has these set to its own repository.
    env = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        return subprocess.run(
            command,
            env={**env, "GIT_TERMINAL_PROMPT": "0", "GIT_EXTERNAL_DIFF": "", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise ToolchainError(
            "git is not installed", hint="give the sides as commands: --base CMD --new CMD"
        ) from None
    except subprocess.TimeoutExpired:
        raise ToolchainError(f"{' '.join(command)} took more than {_TIMEOUT_S} s") from None


_MISLEADING = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"})
