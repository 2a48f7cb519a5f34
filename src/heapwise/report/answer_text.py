"""The answer to a query as text that lines up, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from heapwise.formats.timestamps import format_timestamp
from heapwise.model.query import Answer, Cell, Meaning
from heapwise.names import visible
from heapwise.report.columns import paragraph, table
from heapwise.report.csv_text import csv_text
from heapwise.units import NS_PER_S, format_count, format_duration, format_share, format_size

_UNKNOWN = "–"


def render_answer(answer: Answer) -> str:
    """The title, the table, and what must be known about it."""
    lines = paragraph(answer.title) if answer.title else []
    if answer.rows:
        shown = [
            [_shown(cell, column.meaning) for cell, column in zip(row, answer.columns, strict=True)]
            for row in answer.rows
        ]
        align = "".join(
            "<" if column.meaning in ("name", "time") or _are_words(answer, index) else ">"
            for index, column in enumerate(answer.columns)
        )
        lines += table([[column.name for column in answer.columns], *shown], align, "")
    for note in answer.notes:
        lines += paragraph(note, "  ", "- ")
    return "\n".join(lines)


def render_answer_csv(answer: Answer) -> str:
    """The same for programs: amounts in bytes, counts and ns, an unknown one is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(csv_text(column.name) for column in answer.columns)
    for row in answer.rows:
        writer.writerow(
            csv_text(cell) if isinstance(cell, str) else "" if cell is None else cell
            for cell in row
        )
    return out.getvalue()


def _are_words(answer: Answer, index: int) -> bool:
    return any(isinstance(row[index], str) for row in answer.rows)


def _shown(cell: Cell, meaning: Meaning) -> str:
    if cell is None:
        return _UNKNOWN
    return visible(cell) if isinstance(cell, str) else _AMOUNTS.get(meaning, str)(cell)


def _moment(at_ns: float) -> str:
    # Whole seconds are enough for people; the others are in the CSV.
    return format_timestamp(int(at_ns) // NS_PER_S * NS_PER_S).replace(".000000000", "")


_AMOUNTS: dict[Meaning, Callable[[float], str]] = {
    "bytes": format_size,
    "nanoseconds": format_duration,
    "share": format_share,
    "count": format_count,
    "time": _moment,
}
