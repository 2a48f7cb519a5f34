"""Whether a source directory has changes that a patch could be mistaken for."""

from __future__ import annotations

from pathlib import Path

from heapwise.errors import ToolchainError, UsageError
from heapwise.verify.git import git

_SHOWN = 5


def must_be_clean(root: Path) -> None:
    """Refuse a directory whose files differ from the commit that is checked out.

    Outside a repository, or without git, there is nothing to compare with, and nothing is refused.

    Raises:
        UsageError: naming some of the files, or what keeps git from answering.
    """
    try:
        status = git(
            root, "status", "--porcelain", "--untracked-files=no", "--no-renames", "-z", "."
        )
    except ToolchainError:
        return
    if status.returncode != 0:
        _must_be_no_repository(root, status.stderr)
        return
    files = [entry[3:] for entry in status.stdout.split("\0") if len(entry) > 3]
    if not files:
        return
    shown = ", ".join(files[:_SHOWN])
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    raise UsageError(
        f"{root} has changes that are not committed",
        f"{shown}{more}",
        "commit or stash them, so that a patch can be told from them; --force patches beside them",
    )


def _must_be_no_repository(root: Path, said: str) -> None:
    """Refuse a repository of which git tells nothing: a broken one, or one of somebody else."""
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        raise UsageError(
            f"git cannot tell whether {root} has changes that are not committed",
            said.strip().partition("\n")[0],
            "--force patches all the same",
        )
