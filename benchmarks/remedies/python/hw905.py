"""HW905, big-read-for-small-file: a limit of 1 MiB for files of 3.6 KB."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

WHAT = {"": "read 50 files of 3.6 KB with a limit of 1 MiB"}

_LIMIT = 1 << 20


@cache
def files() -> tuple[Path, ...]:
    """The files, in a folder that is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-remedies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found = tuple(folder / str(each) for each in range(50))
    for each in found:
        each.write_bytes(b"some text of a file\n" * 180)
    return found


def before() -> int:
    """Ask for as much as there may be."""
    total = 0
    for path in files():
        with path.open("rb") as file:
            total += len(file.read(_LIMIT))
    return total


def after() -> int:
    """Ask how much there is first."""
    total = 0
    for path in files():
        with path.open("rb") as file:
            total += len(file.read(min(os.fstat(file.fileno()).st_size, _LIMIT)))
    return total


CASES = {"": (before, after)}
