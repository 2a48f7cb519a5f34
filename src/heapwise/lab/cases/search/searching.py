"""Ways to search one file. All find the same lines: an expression is looked for line by line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

EXPRESSION = r"(ERROR|FATAL)\s+timeout after [0-9]+ms"
LITERAL = b"timeout after"
"""Stands in every line that the expression matches."""

_TEXT = re.compile(EXPRESSION)
_BYTES = re.compile(EXPRESSION.encode())
_MIB = 1 << 20


class Found(NamedTuple):
    """What a file holds: its size in bytes, and the numbers of the lines that match, from 1."""

    size: int
    lines: list[int]


Search = Callable[[str], Found]


def text(path: str) -> Found:
    """Read the file at once, and look at its lines as text."""
    found = []
    lines = contents(path).decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines, start=1):
        if re.search(EXPRESSION, line):
            found.append(number)
    return Found(os.stat(path).st_size, found)  # noqa: PTH116 - a name, no Path


def compiled(path: str) -> Found:
    """The same, with the expression in hand instead of looked up in the cache of `re`."""
    found = []
    lines = contents(path).decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines, start=1):
        if _TEXT.search(line):
            found.append(number)
    return Found(os.stat(path).st_size, found)  # noqa: PTH116 - likewise


def by_line(path: str) -> Found:
    """As `compiled`, a line at a time, as files give them by themselves."""
    found = []
    with open(path, encoding="utf-8", errors="replace", newline="\n") as file:  # noqa: PTH123 - likewise
        for number, line in enumerate(file, start=1):
            if _TEXT.search(line):
                found.append(number)
    return Found(os.stat(path).st_size, found)  # noqa: PTH116 - likewise


def as_bytes(path: str) -> Found:
    """Look at the lines as they are."""
    data = contents(path)
    return Found(len(data), list(matching(data)))


def prefiltered(path: str) -> Found:
    """Look for the literal first: most files do not have it, and no line of theirs can match."""
    data = contents(path)
    return Found(len(data), list(matching(data)) if LITERAL in data else [])


def contents(path: str) -> bytes:
    """All of a file: nearly always one read."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = os.read(descriptor, 1 << 20)
        return data if len(data) < _MIB else data + b"".join(rest(descriptor))
    finally:
        os.close(descriptor)


def rest(descriptor: int) -> Iterator[bytes]:
    """What is left of a file that did not fit."""
    while piece := os.read(descriptor, 1 << 20):
        yield piece


class OneBuffer:
    """Every file is read into the same memory, which grows to the largest of them."""

    def __init__(self) -> None:
        self._buffer = bytearray(_MIB)

    def search(self, path: str) -> Found:
        """As `prefiltered`; only what may match is copied out."""
        size = self._read(path)
        if self._buffer.find(LITERAL, 0, size) < 0:
            return Found(size, [])
        with memoryview(self._buffer) as view:
            return Found(size, list(matching(bytes(view[:size]))))

    def _read(self, path: str) -> int:
        """Fill the buffer with a file, and return its size; what lies behind is an older file's."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            size = os.readv(descriptor, [self._buffer])
            while size == len(self._buffer):
                self._buffer += bytes(size)
                with memoryview(self._buffer) as view, view[size:] as free:
                    size += os.readv(descriptor, [free])
            return size
        finally:
            os.close(descriptor)


def matching(data: bytes) -> Iterator[int]:
    """The numbers of the lines that match."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        if _BYTES.search(line):
            yield number


CHOICES: dict[str, Callable[[], Search]] = {
    "text": lambda: text,
    "compiled": lambda: compiled,
    "lines": lambda: by_line,
    "bytes": lambda: as_bytes,
    "prefilter": lambda: prefiltered,
    "one-buffer": lambda: OneBuffer().search,
}
"""By what ``--read`` calls them; each call gives a way that one thread may use."""
