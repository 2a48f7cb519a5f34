"""Loops of Go that fill a new slice or map, one element a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_loops import clause, every_round, length, loop_around, rounds
from heapwise.diagnose.source.go_names import Local, variable
from heapwise.diagnose.source.go_syntax import identifiers, text
from heapwise.diagnose.source.go_values import is_written

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Fill:
    """A loop that puts an element a round into what was made empty before it.

    Attributes:
        local: the slice or map; it is declared in the block that the loop stands in.
        statement: that puts an element in.
        value: what is put in, or the call of ``append``.
        loop: around it.
        length: how many rounds, as an expression.
    """

    local: Local
    statement: Node
    value: Node
    loop: Node
    length: str

    @property
    def is_safe(self) -> bool:
        """Whether the length is never negative: no loop minds, ``make`` and ``slices.Grow`` do."""
        return self.length.startswith("len(")

    @property
    def known_before(self) -> bool:
        """Whether the length can be told where the slice or map is declared, as at the loop."""
        start, end = self.local.statement.start_byte, self.loop.start_byte
        base = _base(self.loop, self.length)
        known = variable(base)
        if known is None or known.node.start_byte >= start:
            return False
        return all(_is_read(use) for use in known.uses() if start < use.start_byte < end)


def fill(file: GoFile, statement: Node, target: Node, value: Node, least: int) -> Fill | None:
    """The loop that fills what was declared empty before it, if a statement is the heart of one.

    Args:
        file: it is in.
        statement: that puts an element in.
        target: the variable that it goes into.
        value: what is put in, or the call of ``append``.
        least: rounds that are worth anything, where their number is known.
    """
    loop = loop_around(statement)
    if loop is None or not every_round(loop, statement):
        return None
    count, size = rounds(file, loop), length(file, loop)
    if not size or (count is not None and count < least):
        return None
    local = Local.of(target)
    if local is None or local.statement.parent != loop.parent or not _is_alone(local, loop):
        return None
    return Fill(local, statement, value, loop, size)


def _is_alone(local: Local, loop: Node) -> bool:
    """Whether only the loop adds to a variable before the loop ends: one ``x = append(x, …)``."""
    uses = [use for use in local.uses() if use.start_byte < loop.end_byte]
    inside = [use for use in uses if use.start_byte > loop.start_byte]
    return uses == inside and sum(_fills(use) for use in inside) == 1


def _fills(use: Node) -> bool:
    parent = use.parent
    indexed = parent is not None and parent.type == "index_expression" and is_written(parent)
    return indexed or is_written(use)


def _base(loop: Node, size: str) -> Node | None:
    """The variable in the loop's head that a length is of."""
    name = size.removeprefix("len(").partition(".")[0].rstrip(")")
    head = clause(loop) or loop
    return next(identifiers(head, name), None)


def _is_read(node: Node) -> bool:
    """Whether a use can change nothing: it is an argument of len, or compared, or indexed."""
    parent = node.parent
    if parent is None or is_written(node):
        return False
    around = parent.parent
    is_len = around is not None and text(around).startswith("len(")
    return is_len or parent.type in ("binary_expression", "range_clause")
