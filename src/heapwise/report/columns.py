"""Plain text that lines up: tables and paragraphs of at most `WIDTH` columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from heapwise.names import visible

WIDTH = 100

_LEAST = 24
"""Columns that the last cell of a table gets at any rate."""


def table(rows: Sequence[Sequence[str]], align: str, indent: str = "  ") -> list[str]:
    """Rows under each other, columns two blanks apart; the last column wraps.

    Args:
        rows: cells, as many in each row as ``align`` has letters.
        align: ``<`` or ``>`` per column.
        indent: before every line.
    """
    cells = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    start = len(indent) + sum(width + 2 for width in widths)
    room = max(_LEAST, WIDTH - start)
    lines = []
    for row in cells:
        head = "".join(
            f"{cell:{side}{width}}  " for cell, side, width in zip(row, align, widths, strict=False)
        )
        last = _wrapped(row[-1], room) or [""]
        lines.append((indent + head + last[0]).rstrip())
        lines += [" " * start + line for line in last[1:]]
    return lines


def paragraph(text: str, indent: str = "", first: str | None = None) -> list[str]:
    """A text wrapped to `WIDTH`.

    Args:
        text: without a meaning to its line breaks.
        indent: before every line but the first.
        first: before the first line, of the same length as ``indent``; the same if None.
    """
    lines = _wrapped(visible(text), WIDTH - len(indent)) or [""]
    head = indent if first is None else first
    return [(head + lines[0]).rstrip(), *(indent + line for line in lines[1:])]


def labelled(pairs: Iterable[tuple[str, str]], indent: str = "  ") -> list[str]:
    """A label and a wrapped text per line; pairs without text are left out."""
    kept = [pair for pair in pairs if pair[1]]
    return table(kept, "<<", indent) if kept else []


def clipped(text: str, most: int = 200) -> str:
    """A text without its middle where it is longer than ``most``: a URL may have 8 KB."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} … {text[-half:]}"


class Notes:
    """Explanations under a table, each said once and pointed to by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, text: str) -> str:
        """The mark of an explanation: ``[1]``."""
        return f"[{self._numbers.setdefault(text, len(self._numbers) + 1)}]"

    def lines(self, indent: str = "  ") -> list[str]:
        """Every explanation with its number."""
        marks = [(f"[{number}]", text) for text, number in self._numbers.items()]
        return labelled(marks, indent)


def joined(lines: Iterable[str]) -> str:
    """The lines as one text, in which no name can break a line or drive a terminal."""
    return "".join(visible(line) + "\n" for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    # Long names break where they must; hyphens in them are no place to break.
    return textwrap.wrap(text, width, break_on_hyphens=False)
