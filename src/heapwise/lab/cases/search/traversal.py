"""Ways to find the files of a tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator


def listed(root: str) -> list[str]:
    """Every file below a directory, asking the system what each entry is."""
    paths = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - 100,000 of Path cost what os.walk does
            if os.path.isfile(path):  # noqa: PTH113 - likewise
                paths.append(path)
    return paths


def scanned(root: str) -> Iterator[str]:
    """The same, one at a time, by what the directory itself says of its entries."""
    folders = [root]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file():
                    yield entry.path


Walk = Callable[[str], Iterable[str]]

WALKS: dict[str, Walk] = {"listed": listed, "scanned": scanned}
"""By what ``--walk`` calls them."""
