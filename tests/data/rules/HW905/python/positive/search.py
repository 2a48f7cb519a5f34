"""A megabyte for every file, however small."""

import os
from pathlib import Path

LIMIT = 1 << 20


def count(paths, word):
    found = 0
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        found += os.read(descriptor, 1 << 20).count(word)  # want HW905
        os.close(descriptor)
    return found


def head(path):
    with open(path, "rb") as file:
        return file.read(1024 * 1024)  # want HW905


def first(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(524288)  # want HW905
    return data
