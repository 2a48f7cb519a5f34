r"""A map of known size is grown from nothing.

What it finds:
    A loop over a slice, map or array, or up to a number, each round of which sets an entry of a map
    that was made empty in the same block. Loops that skip rounds are no finding, nor are maps that
    count or collect (``m[k]++``, ``m[k] = append(m[k], …)``: there are fewer keys than rounds),
    sets that drop doubles, and maps of a few entries. Without a recording only loops are told whose
    rounds are given in figures, or that go through the lines of a text or the rows of a table.

Why it allocates:
    A map that is full gets tables of twice the size, and every entry is hashed and moved again.
    With the size given it gets the tables it needs at once.

Example:
    ```go
    byID := make(map[int]*User)
    for _, user := range users {
        byID[user.ID] = user
    }
    ```

Use instead:
    ```go
    byID := make(map[int]*User, len(users))
    ```

When it does not help:
    Up to eight entries fit without growth. With many rounds for few different keys the room is
    wasted.

Measured:
    1,000 entries on Go 1.27.3 and 1.26.8: 109,016 B and 22 objects; with the size 54,656 B and 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.growth.go_fills import Fill, fill
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_often import many
from heapwise.diagnose.source.go_syntax import identifiers, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW502"
NAME = "map-grown-from-nothing"
HOLDS_FOR = "maps of more than eight entries, whose number is known"
REFERENCES = ("https://go.dev/ref/spec#Making_slices_maps_and_channels",)

_MADE = re.compile(rb"=\s*(?:make\(\s*)?map\[")
_NAME = re.compile(rb"\w+")
_ENTRY = re.compile(rb"\]\s*(=)[^=]")
_FEW = 16
"""Rounds below which the growth is not worth a line."""
_MARKS = frozenset({"true", "struct{}{}"})
"""Values of a set; it is often made to drop doubles, so the rounds say little of its size."""


def _go(file: GoFile) -> Iterable[Match]:
    for statement, target, value in _entries(file):
        if text(value) in _MARKS or _mentions(value, text(target)):
            continue
        found = fill(file, statement, target, value, _FEW)
        made = _made(file, found) if found is not None else None
        if found is not None and made is not None:
            yield _match(file, found, made)


def _entries(file: GoFile) -> Iterator[tuple[Node, Node, Node]]:
    """Each ``m[k] = v`` of a map that the file makes, with ``m`` and ``v``."""
    # Most files make no map: those are not parsed.
    before = (
        file.data[_line(file.data, found.start()) : found.start()]
        for found in _MADE.finditer(file.data)
    )
    made = {name for line in before for name in _NAME.findall(line)}
    for operator in file.places(_ENTRY) if made else ():
        statement = operator.parent
        if statement is None or statement.type != "assignment_statement":
            continue
        left, right = (statement.child_by_field_name(side) for side in ("left", "right"))
        if left is None or right is None or left.named_child_count != 1:
            continue
        target = left.named_children[0].child_by_field_name("operand")
        if target is not None and target.text in made:
            yield statement, target, right.named_children[0]


def _line(data: bytes, at: int) -> int:
    """Where the line begins that a byte is in."""
    return data.rfind(b"\n", 0, at) + 1


def _mentions(value: Node, name: str) -> bool:
    return next(identifiers(value, name), None) is not None


def _made(file: GoFile, found: Fill) -> str | None:
    """The type of a map that is declared without a size; None for anything else."""
    value = found.local.value()
    if value is None:
        return None
    if value.type == "composite_literal":
        body, kind = value.child_by_field_name("body"), value.child_by_field_name("type")
        empty = body is not None and not body.named_child_count
        return text(kind) if empty and text(kind).startswith("map[") else None
    call = file.call(value) if value.type == "call_expression" else None
    if call is None or call.name != "make" or len(call.arguments) != 1:
        return None
    kind_text = text(call.arguments[0])
    return kind_text if kind_text.startswith("map[") else None


def _match(file: GoFile, found: Fill, kind: str) -> Match:
    name = found.local.name
    made = f"make({kind}, {found.length})"
    value, edits = found.local.value(), tuple[Edit, ...]()
    if value is not None and found.known_before and found.is_safe:
        edits = (file.edit(value, made),)
    return Match(
        span=file.span(found.statement),
        function=file.owner(found.statement),
        title=f"{name} grows step by step though its size is known",
        why=f"Each time {name} is full, it gets tables of twice the size and all entries move; the"
        f" loop sets {found.length} of them.",
        remedy=f"Make {name} with room for {found.length} entries.",
        sketch=Sketch(text(found.local.statement), f"{name} := {made}"),
        saved=0.5,
        saved_allocs=0.7,
        callees=("",),
        edits=edits,
        confidence=Confidence.MEDIUM,
        needs_evidence=not many(file, found.loop),
    )


LOOKS = {"go": Look((b"map[",), _go)}
