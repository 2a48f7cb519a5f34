"""Lays out text in columns where a cell may span several, as benchstat's tables do."""

from __future__ import annotations

from typing import Literal, NamedTuple

Align = Literal["<", ">", "^"]


class _Box(NamedTuple):
    row: int
    column: int
    span: int
    text: str
    margin: str
    align: Align


class Grid:
    """A table under construction.

    A column is as wide as its widest cell and margin. A cell that spans columns and is wider than
    they are stretches those that are not `fixed`, the widest of them first.
    """

    def __init__(self) -> None:
        self._boxes: list[_Box] = []
        self.fixed: set[int] = set()

    def put(
        self,
        row: int,
        column: int,
        text: str,
        *,
        span: int = 1,
        align: Align = "<",
        margin: str | None = None,
    ) -> None:
        """Set a cell.

        Args:
            row: from 0.
            column: its first, from 0.
            text: without line breaks.
            span: columns that it takes.
            align: within them.
            margin: before it; by default a blank, but none in the first column or before nothing.
        """
        if margin is None:
            margin = " " if column and text else ""
        self._boxes.append(_Box(row, column, span, text, margin, align))

    def lines(self) -> list[str]:
        """The rows, without blanks at their ends."""
        margins, starts = self._measure()
        by_row: dict[int, list[_Box]] = {}
        for box in sorted(self._boxes, key=lambda box: (box.row, box.column)):
            if box.text.strip() or box.margin.strip():
                by_row.setdefault(box.row, []).append(box)
        rows = range(max(by_row, default=-1) + 1)
        return [_line(by_row.get(row, []), margins, starts) for row in rows]

    def _measure(self) -> tuple[list[int], list[int]]:
        """The margin of every column, and where it starts; and where the last one ends."""
        columns = max((box.column + box.span for box in self._boxes), default=0)
        margins, widths = [0] * columns, [0] * columns
        for box in self._boxes:
            margins[box.column] = max(margins[box.column], len(box.margin))
        for box in sorted(self._boxes, key=lambda box: box.span):
            wanted = len(box.text) + margins[box.column]
            if box.span == 1:
                widths[box.column] = max(widths[box.column], wanted)
            else:
                self._stretch(box, wanted, widths)
        starts = [0]
        for width in widths:
            starts.append(starts[-1] + width)
        return margins, starts

    def _stretch(self, box: _Box, wanted: int, widths: list[int]) -> None:
        """Widen the columns below a cell evenly until it fits, if any of them may be widened."""
        below = range(box.column, box.column + box.span)
        if sum(widths[column] for column in below) >= wanted:
            return
        wanted -= sum(widths[column] for column in below if column in self.fixed)
        free = [column for column in below if column not in self.fixed]
        free.sort(key=lambda column: -widths[column])
        for left, column in zip(range(len(free), 0, -1), free, strict=True):
            widths[column] = max(widths[column], -(-wanted // left))
            wanted -= widths[column]


def _line(boxes: list[_Box], margins: list[int], starts: list[int]) -> str:
    line, at = "", 0
    for box in boxes:
        # Negative where a cell was too wide for columns that are fixed. benchstat then goes on as
        # far as that to the right, and takes the place for the right one.
        gap = starts[box.column] - at
        room = starts[box.column + box.span] - starts[box.column] - margins[box.column]
        text = _aligned(box.text, box.align, room)
        line += " " * abs(gap) + box.margin.rjust(margins[box.column]) + text
        at += gap + margins[box.column] + len(text)
    return line


def _aligned(text: str, align: Align, room: int) -> str:
    """Padded on the left only: what comes next pads for itself."""
    match align:
        case "<":
            return text
        case ">":
            return text.rjust(room)
        case "^":
            return " " * (abs(room - len(text)) // 2) + text
