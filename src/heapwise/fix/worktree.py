"""Whether a source directory has changes that a patch could be mistaken for."""

from __future__ import annotations

from pathlib import Path

from heapwise.errors import ToolchainError, UsageError
from heapwise.verify.git import git

_SHOWN = 5
_STATUS = ("status", "--porcelain", "--untracked-files=no", "--no-renames", "-z", ".")


def must_be_clean(root: Path) -> None:
    """Refuse a directory whose files differ from the commit that is checked out.

    Outside a repository there is nothing to compare with, and nothing is refused.

    Raises:
        UsageError: naming some of the files.
    """
    try:
        status = git(
            root, "status", "--porcelain", "--untracked-files=no", "--no-renames", "-z", "."
        )
    except ToolchainError:
        return
    if status.returncode != 0:
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
