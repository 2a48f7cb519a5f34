"""What a question about watched services is answered with."""

from __future__ import annotations

from typing import Literal

import msgspec

Cell = str | int | float | None

Meaning = Literal["", "name", "bytes", "count", "nanoseconds", "share", "time"]
"""What a column holds: amounts by unit, a time as unix ns; empty where nobody can tell."""


class Column(msgspec.Struct, frozen=True):
    """One column of an answer."""

    name: str
    meaning: Meaning = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A table.

    Attributes:
        query: what was asked.
        title: what the table is of, in one sentence; empty where the question says it all.
        columns: from left to right.
        rows: as many cells each; None is unknown.
        notes: what a reader must know to trust the figures.
    """

    query: str
    title: str = ""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
