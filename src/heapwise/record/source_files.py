"""Source files below a folder that the user named, and no others.

A profile names files as the machine that built the program knew them, and it may name anything:
``/etc/shadow`` as well. So nothing is read but regular files that really lie below the root.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path, PurePosixPath

import msgspec

from heapwise.errors import UsageError
from heapwise.model.listing import Listing, Routine, SourceLine

MAX_SOURCE = 8 << 20
"""Bytes of a source file; a longer one is none."""

LONGEST_PATH = 4096
"""Characters of a file name; Linux opens none that is longer."""

MOST_LINES = 20_000
"""Lines of one routine that are shown."""


class SourceRoot:
    """Finds and reads source files below a folder.

    Raises:
        UsageError: there is no such folder.
    """

    def __init__(self, root: Path) -> None:
        try:
            self._root = root.resolve(strict=True)
        except OSError as error:
            raise UsageError(f"cannot read source below {root}", error.strerror or "") from None
        if not self._root.is_dir():
            raise UsageError(f"cannot read source below {root}", "it is no folder")
        self._files: dict[str, list[str] | None] = {}

    def lines(self, filename: str) -> list[str] | None:
        """The lines of a file as a profile names it; None where it is not below the root.

        The longest end of its path that exists below the root is taken, so that sources may lie
        elsewhere than they lay when the program was built.
        """
        if filename not in self._files:
            self._files[filename] = self._read(filename)
        return self._files[filename]

    def _read(self, filename: str) -> list[str] | None:
        if len(filename) > LONGEST_PATH:
            return None
        path = PurePosixPath(filename)
        parts = path.parts[1:] if path.is_absolute() else path.parts
        if "\0" in filename or ".." in parts or not parts:
            return None
        for skipped in range(len(parts)):
            if (text := self._below(Path(*parts[skipped:]))) is not None:
                return text.split("\n")
        return None

    def _below(self, relative: Path) -> str | None:
        try:
            found = (self._root / relative).resolve(strict=True)
            if not found.is_relative_to(self._root) or not found.is_file():
                return None
            # The file may be exchanged for a link meanwhile; then it is not opened.
            descriptor = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read(MAX_SOURCE + 1)
        except OSError:
            return None
        return data.decode("utf-8", "replace") if len(data) <= MAX_SOURCE else None

    @cached_property
    def name(self) -> str:
        """For messages."""
        return str(self._root)


def with_source(listing: Listing, root: SourceRoot) -> Listing:
    """The listing with the text of its lines, where it lies below the root."""
    return msgspec.structs.replace(
        listing, routines=tuple(_with_text(routine, root) for routine in listing.routines)
    )


def _with_text(routine: Routine, root: SourceRoot) -> Routine:
    if not routine.filename:
        return routine
    source = root.lines(routine.filename)
    if source is None:
        missing = f"there is no such file below {root.name}"
        return msgspec.structs.replace(routine, missing=missing)
    weights = {line.number: line for line in routine.lines}
    last = min(routine.last, len(source) - (source[-1] == ""), routine.first + MOST_LINES)
    shown = []
    for number in range(routine.first, last + 1):
        line = weights.get(number, SourceLine(number, 0, 0))
        shown.append(msgspec.structs.replace(line, text=source[number - 1]))
    return msgspec.structs.replace(routine, lines=tuple(shown))
