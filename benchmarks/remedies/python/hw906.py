"""HW906, stream-made-a-list: a file that is walked through once."""

from __future__ import annotations

import atexit
import csv
import shutil
import tempfile
from functools import cache
from pathlib import Path

WHAT = {
    "": "walk through 20,000 lines of a file",
    "csv": "walk through 20,000 rows of csv",
}


@cache
def path() -> Path:
    """The file, deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-remedies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "users.csv"
    file.write_text("".join(f"{each},user-{each},{each * 7}\n" for each in range(20_000)))
    return file


def before() -> int:
    """Make a list of the lines."""
    total = 0
    with path().open() as file:
        for line in file.readlines():
            total += len(line)
    return total


def after() -> int:
    """Take one line at a time."""
    total = 0
    with path().open() as file:
        for line in file:
            total += len(line)
    return total


def before_csv() -> int:
    """Make a list of the rows."""
    total = 0
    with path().open(newline="") as file:
        for row in list(csv.reader(file)):
            total += len(row)
    return total


def after_csv() -> int:
    """Take one row at a time."""
    total = 0
    with path().open(newline="") as file:
        for row in csv.reader(file):
            total += len(row)
    return total


CASES = {"": (before, after), "csv": (before_csv, after_csv)}
