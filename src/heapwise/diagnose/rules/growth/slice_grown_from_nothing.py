r"""A slice of known length is grown from nothing.

What it finds:
    A loop over a slice, map or array, or up to a number, each round of which appends to a slice
    that was declared empty in the same block: the length is known before the loop. Loops that skip
    rounds, append twice or run over what has no length are no finding, nor are a few rounds.
    Without a recording only loops are told whose rounds are given in figures, or that go through
    the lines of a text or the rows of a table.

Why it allocates:
    append makes room for one, two, four, eight and so on, then for a quarter more each time, and
    copies what was there. All but the last of these arrays are garbage, together as much as the
    slice itself or more.

Example:
    ```go
    ids := []int{}
    for _, user := range users {
        ids = append(ids, user.ID)
    }
    ```

Use instead:
    ```go
    ids := make([]int, 0, len(users))
    ```

    A slice that has to stay nil when nothing is appended keeps its declaration and gets
    ``ids = slices.Grow(ids, len(users))`` in front of the loop.

When it does not help:
    Short slices: for four elements nothing is gained. A length that is only guessed at wastes more
    than growing does.

Measured:
    1,000 ints on Go 1.27.3 and 1.26.8: 25,208 B and 12 objects; with the length 8,192 B and 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.growth.go_fills import Fill, fill
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_often import many
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW501"
NAME = "slice-grown-from-nothing"
HOLDS_FOR = "slices of some ten elements and more, whose length is known"
REFERENCES = ("https://pkg.go.dev/slices#Grow",)

_FEW = 16
"""Rounds below which the growth is not worth a line."""
_GROW_SINCE = (1, 21)
_PLAIN = frozenset(
    {"identifier", "selector_expression", "index_expression", "int_literal", "unary_expression"}
)


def _go(file: GoFile) -> Iterable[Match]:
    for call, statement, target in _appends(file):
        found = fill(file, statement, target, call.node, _FEW)
        if found is not None and _starts_empty(file, found):
            yield _match(file, found, call)


def _appends(file: GoFile) -> Iterator[tuple[GoCall, Node, Node]]:
    """Each ``x = append(x, …)`` of one element, with its statement and ``x``."""
    for call in file.calls("append"):
        right = call.node.parent
        statement = right.parent if right is not None else None
        if statement is None or statement.type != "assignment_statement":
            continue
        if len(call.arguments) != 2 or call.arguments[1].type == "variadic_argument":
            continue
        target = call.arguments[0]
        if target.type == "identifier" and text(statement.child_by_field_name("left")) == text(
            target
        ):
            yield call, statement, target


def _starts_empty(file: GoFile, found: Fill) -> bool:
    """Whether a slice is declared without room."""
    value = found.local.value()
    if value is None:
        return text(found.local.type()).startswith("[]")
    if value.type == "composite_literal":
        body = value.child_by_field_name("body")
        kind = text(value.child_by_field_name("type"))
        return kind.startswith("[]") and body is not None and not body.named_child_count
    call = file.call(value) if value.type == "call_expression" else None
    if call is None or call.name != "make" or len(call.arguments) != 2:
        return False
    return text(call.arguments[0]).startswith("[]") and text(call.arguments[1]) == "0"


def _match(file: GoFile, found: Fill, call: GoCall) -> Match:
    name = found.local.name
    edit, after, imports = _patch(file, found)
    # What else the line allocates would count as growth.
    alone = call.arguments[1].type in _PLAIN and not text(call.arguments[1]).startswith("&")
    return Match(
        span=file.span(found.statement),
        function=file.owner(found.statement),
        title=f"{name} grows step by step though its length is known",
        why=f"append moves {name} to a larger array again and again; the loop runs {found.length}"
        " times, which is known before it starts.",
        remedy=f"Make {name} with room for {found.length} elements.",
        sketch=Sketch(text(found.local.statement), after),
        saved=0.6 if alone else None,
        saved_allocs=0.85 if alone else None,
        grows=alone,
        callees=("",),
        edits=(edit,) if edit is not None else (),
        imports=imports,
        case="grow" if imports else "",
        confidence=Confidence.MEDIUM,
        needs_evidence=not many(file, found.loop),
    )


def _patch(file: GoFile, found: Fill) -> tuple[Edit | None, str, tuple[str, ...]]:
    """The patch, what it reads like, and the imports it needs."""
    name, value = found.local.name, found.local.value()
    if value is not None and found.known_before:
        kind = text(value).partition("{")[0] if value.type == "composite_literal" else ""
        kind = kind or text(file.call(value).arguments[0])
        made = f"make({kind}, 0, {found.length})"
        start = text(found.local.statement).replace(text(value), made)
        return file.edit(value, made) if found.is_safe else None, start, ()
    grown = f"{name} = slices.Grow({name}, {found.length})"
    after = f"{text(found.local.statement)}\n{grown}"
    if not (found.is_safe and file.package.module.speaks(_GROW_SINCE)):
        return None, after, ()
    at, margin = found.loop.start_byte, file.indent(found.loop)
    return Edit(file.path, at, at, f"{grown}\n{margin}"), after, ("slices",)


LOOKS = {"go": Look((b"append(",), _go)}
