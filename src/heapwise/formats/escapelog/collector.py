"""Gathers the entries of many files, within limits."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from msgspec.structs import replace

from heapwise.model.escape import EscapeEntry, EscapeKind, EscapeLog

MAX_ENTRIES = 1_000_000
"""The standard library has some ten thousand."""

MAX_STEPS = 64
"""Of one entry; the longest real ones have about thirty."""

MAX_LINE = 1 << 20
"""Bytes; the longest real ones are some hundred thousand."""

MAX_NUMBER = 1 << 24
"""Of lines and columns."""


class Collector:
    """What was read so far.

    Attributes:
        version: of the compiler, where a file said so.
        unread: lines and files that could not be used.
    """

    def __init__(self) -> None:
        self.version = ""
        self.unread = 0
        self._count = 0
        self._entries: dict[str, dict[int, list[EscapeEntry]]] = defaultdict(dict)
        self._packages: dict[str, set[str]] = defaultdict(set)

    def saw(self, file: str, package: str) -> None:
        """A package logged something of a file, or could have."""
        self._packages[sys.intern(file)].add(sys.intern(package))

    def add(self, entry: EscapeEntry) -> None:
        """Take in an entry; beyond `MAX_ENTRIES` it is only counted."""
        if self._count >= MAX_ENTRIES:
            self.unread += 1
            return
        self._count += 1
        self._entries[entry.at.file].setdefault(entry.at.line, []).append(entry)

    def log(self) -> EscapeLog:
        """All of it; what was said twice of one expression stands there once."""
        return EscapeLog(
            entries={
                file: {line: _once(entries) for line, entries in lines.items()}
                for file, lines in self._entries.items()
            },
            packages={file: frozenset(names) for file, names in self._packages.items()},
            version=self.version,
            unread=self.unread,
        )


def lines_of(file: BinaryIO, log: Collector) -> Iterator[bytes]:
    """The lines of a file; longer ones than `MAX_LINE` are counted and left out."""
    while line := file.readline(MAX_LINE):
        if len(line) < MAX_LINE or line.endswith(b"\n"):
            yield line
            continue
        log.unread += 1
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE)


def _once(entries: Iterable[EscapeEntry]) -> tuple[EscapeEntry, ...]:
    """Entries by column, each with its flow; a mere summary of one of them is left out.

    ``-m=2`` prints ``append(a, b) escapes to heap in f:``, the flow, and later
    ``append escapes to heap``; and ``moved to heap: u`` tells more of ``u escapes to heap``.
    """
    kept: dict[tuple[object, ...], EscapeEntry] = {}
    for entry in sorted(entries, key=lambda each: (each.at.column, not each.steps)):
        what = "append" if entry.what.startswith("append(") else entry.what
        key = (entry.at.column, what, entry.callers, entry.kind is EscapeKind.STAYS)
        known = kept.setdefault(key, entry)
        if entry.kind is EscapeKind.MOVED and known.kind is EscapeKind.ESCAPES:
            kept[key] = replace(known, kind=EscapeKind.MOVED)
    return tuple(kept.values())
