"""Markdown in which no name from outside can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from heapwise.names import visible

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#!|~&]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""The last two would make links of bare addresses."""

_NO_MENTION = "@<!-- -->"
"""A code host calls nobody when a comment stands between the sign and the name."""


def escaped(text: str) -> str:
    """A text as itself: nothing in it is markup, a link, HTML or somebody's name."""
    return _MARKUP.sub(r"\\\1", visible(text)).replace("@", _NO_MENTION)


def code(text: str) -> str:
    """A text as code; a backtick in it, which would end the code, becomes an apostrophe."""
    return f"`{visible(text).replace('`', chr(39)).replace('|', chr(0xA6))}`"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """The lines of a table; cells are escaped.

    Args:
        head: a title per column.
        rows: as many cells in each.
        align: ``<`` or ``>`` per column, as in `report.columns.table`.
    """
    rules = [{"<": ":--", ">": "--:"}[side] for side in align]
    return [
        _line(map(escaped, head)),
        _line(rules),
        *(_line(map(escaped, row)) for row in rows),
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
