r"""A string grows by ``+=`` in a loop.

What it finds:
    ``text += …``, or ``text = text + …``, in a loop, where text is a string that was declared
    before the loop. A single expression ``a + b + c`` is no finding, however long: it allocates
    once. Neither is a loop of a few rounds, nor text that starts anew in each. Without a recording
    only loops are told whose rounds are given in figures, or that go through the lines of a text or
    the rows of a table.

Why it allocates:
    A string never changes, so each round makes a new one and copies all that was there before. A
    thousand short parts copy half a million: the bytes grow with the square of the rounds.

Example:
    ```go
    text := ""
    for _, row := range rows {
        text += row.Name + "\n"
    }
    return text
    ```

Use instead:
    ```go
    var text strings.Builder
    for _, row := range rows {
        text.WriteString(row.Name)
        text.WriteString("\n")
    }
    return text.String()
    ```

    Where the length is known about, ``text.Grow(n)`` before the loop makes it one allocation.

When it does not help:
    Loops of two or three rounds. A Builder from a sync.Pool helps nobody: its Reset drops the
    buffer, because the string it gave away is the buffer.

Measured:
    1,000 parts of 5 bytes on Go 1.27.3: 2,684,232 B and 1,000 objects; with a Builder 17,912 B and
    13, in a hundredth of the time. Go 1.26.8: the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.text.go_concatenations import added, builder_edits, written
from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_loops import leaves_at_once, loop_around, rounds
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_often import many
from heapwise.diagnose.source.go_syntax import query, text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW403"
NAME = "concatenation-in-loop"
HOLDS_FOR = "loops of more than a few rounds"
REFERENCES = ("https://pkg.go.dev/strings#Builder",)

_ASSIGNMENTS = """
(assignment_statement
  left: (expression_list . (_) @left .) right: (expression_list . (_) @right .)) @statement
"""
_GROWTHS = (re.compile(rb"(\+=)(?!\s*\d)"), re.compile(rb"(=)(?<!\+=)\s*[\w.\[\]]+\s*\+[^+=]"))
"""The operators of ``s += x`` and of what may be ``s = s + x``."""

_FEW = 4
"""Rounds, for which a Builder allocates about as much."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """One statement that makes a string longer in a loop.

    Attributes:
        statement: the assignment.
        target: the string: a variable or a field.
        parts: what is put behind it, in order.
        loop: the widest that it grows in.
    """

    statement: Node
    target: Node
    parts: list[Node]
    loop: Node

    @property
    def cause(self) -> tuple[str, int]:
        """Equal for the statements of one string in one loop."""
        return text(self.target), self.loop.start_byte


def _go(file: GoFile) -> Iterable[Match]:
    found = sorted(_growths(file), key=lambda each: each.cause)
    for _, together in groupby(found, key=lambda each: each.cause):
        yield _match(file, sorted(together, key=lambda each: each.statement.start_byte))


def _growths(file: GoFile) -> Iterator[_Growth]:
    fresh = _Fresh()
    for statement, target, value in _assignments(file):
        parts = added(statement, target, value)
        if not parts or loop_around(statement) is None or leaves_at_once(statement):
            continue
        loop = _widest(statement, target, fresh) if _is_string(file, target, parts) else None
        if loop is not None and (rounds(file, loop) or _FEW + 1) > _FEW:
            yield _Growth(statement, target, parts, loop)


def _assignments(file: GoFile) -> Iterator[tuple[Node, Node, Node]]:
    """The statements that may add to something, each with its only target and value."""
    for operator in chain.from_iterable(map(file.places, _GROWTHS)):
        statement = operator.parent
        if statement is not None and statement.type == "assignment_statement":
            left, right = (statement.child_by_field_name(side) for side in ("left", "right"))
            if left is not None and right is not None and left.named_child_count == 1:
                yield statement, left.named_children[0], right.named_children[0]


def _is_string(file: GoFile, target: Node, parts: list[Node]) -> bool:
    kind = type_of(file, target)
    return kind == "string" if kind else any(part.type in STRINGS for part in parts)


def _widest(statement: Node, target: Node, fresh: _Fresh) -> Node | None:
    """The outermost loop in which a string grows from round to round."""
    base, found = _base(target), None
    if base is None:
        return None
    loop, declared = loop_around(statement), declaration(base)
    while loop is not None and (declared is None or declared.start_byte < loop.start_byte):
        if fresh.in_loop(loop, target) or fresh.in_loop(loop, base):
            break
        found, loop = loop, loop_around(loop)
    return found


def _base(target: Node) -> Node | None:
    """The variable that a field is of, or the variable itself."""
    while target.type == "selector_expression":
        operand = target.child_by_field_name("operand")
        if operand is None:
            return None
        target = operand
    return target if target.type == "identifier" else None


class _Fresh:
    """What a loop gives a new value, that does not come from its old one; each loop read once."""

    def __init__(self) -> None:
        self._names: dict[int, set[str]] = {}

    def in_loop(self, loop: Node, target: Node) -> bool:
        """Whether a variable or field starts anew somewhere in a loop."""
        if loop.start_byte not in self._names:
            self._names[loop.start_byte] = set(_restarted(loop))
        return text(target) in self._names[loop.start_byte]


def _restarted(loop: Node) -> Iterator[str]:
    for nodes in query(_ASSIGNMENTS, loop):
        left = nodes["left"][0]
        if not added(nodes["statement"][0], left, nodes["right"][0]):
            yield text(left)


def _match(file: GoFile, growths: list[_Growth]) -> Match:
    first, name = growths[0], text(growths[0].target)
    edits = builder_edits(file, first.target)
    return Match(
        span=file.span(first.statement),
        more=tuple(file.span(each.statement) for each in growths[1:]),
        function=file.owner(first.statement),
        title=f"{name} is copied in every round of a loop",
        why=f"Each += makes a new string and copies all of {name} into it: the bytes grow with the"
        " square of the rounds.",
        remedy=f"Write the parts of {name} to a strings.Builder, and take its String after the"
        " loop.",
        sketch=Sketch(
            "\n".join(text(each.statement) for each in growths),
            "\n".join(written(name, each.parts, "") for each in growths),
        ),
        saved=0.95,
        saved_allocs=0.9,
        callees=("",),
        edits=edits,
        imports=("strings",) if edits else (),
        needs_evidence=not any(many(file, each.loop) for each in growths),
    )


LOOKS = {"go": Look((b"+=", b" + "), _go)}
