r"""A slice of pointers to structs that nobody else ever sees.

What it finds:
    A slice that a loop fills with ``append(x, &T{…})``, and of which the function then only reads
    fields, in order or by index: it is never passed on, returned or captured, and no element is
    written to, kept or called. Without a recording only loops are told whose rounds are given in
    figures, or that go through the lines of a text or the rows of a table.

Why it allocates:
    Each element is an object of its own, with a header for the collector and a pointer to follow.
    A slice of values is one object, read from front to back.

Example:
    ```go
    var lines []*line
    for _, row := range rows {
        lines = append(lines, &line{row.Name, row.Price})
    }
    for _, each := range lines {
        total += each.price
    }
    ```

Use instead:
    ```go
    var lines []line
    ```

When it does not help:
    Elements that others keep, change or compare by address have to stay pointers. Ranging over
    large structs copies each: range over the index then.

Measured:
    1,000 structs of 32 bytes on Go 1.27.3 and 1.26.8: 40,192 B and 1,001 objects; as values
    32,768 B and 1, in half the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_loops import clause, loop_around, rounds
from heapwise.diagnose.source.go_names import Local, uses_of
from heapwise.diagnose.source.go_often import many
from heapwise.diagnose.source.go_syntax import operand, query, text
from heapwise.diagnose.source.go_values import called, is_written
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW503"
NAME = "pointers-in-slice"
HOLDS_FOR = "structs of some words that stay in the function"
REFERENCES = ("https://go.dev/doc/gc-guide#Optimization_guide",)

_FEW = 16
"""Rounds below which it is not worth a line."""


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("append"):
        loop = loop_around(call.node)
        if loop is None or (rounds(file, loop) or _FEW) < _FEW or len(call.arguments) != 2:
            continue
        made = _made(call.arguments[1])
        local = Local.of(call.arguments[0]) if made is not None else None
        if made is None or local is None or local.captured():
            continue
        kinds = _kinds(local, made)
        if kinds and _only_read(file, local, call):
            yield _match(file, call, local, made, kinds)


def _made(value: Node) -> Node | None:
    """The ``T{…}`` of ``&T{…}``."""
    made = operand(value, "&")
    return made if made is not None and made.type == "composite_literal" else None


def _kinds(local: Local, made: Node) -> list[Node]:
    """Where the declaration of the slice says ``*T``; nothing where it says something else."""
    wanted = "*" + text(made.child_by_field_name("type"))
    slices = (
        node for nodes in query("(slice_type) @kind", local.statement) for node in nodes["kind"]
    )
    found = [kind.named_children[0] for kind in slices]
    return found if found and all(text(each) == wanted for each in found) else []


def _only_read(file: GoFile, local: Local, call: GoCall) -> bool:
    """Whether but for one ``x = append(x, …)`` the slice is only measured and its fields read."""
    right = call.node.parent
    statement = right.parent if right is not None else None
    if statement is None or text(statement.child_by_field_name("left")) != local.name:
        return False
    rest = [
        use
        for use in local.uses()
        if not statement.start_byte <= use.start_byte < statement.end_byte
    ]
    read = [_is_read(file, use) for use in rest]
    return all(read) and any("range" in each or "index" in each for each in read)


def _is_read(file: GoFile, use: Node) -> str:
    """How a use of the slice only reads it: ``len``, ``range``, ``index``; empty if it may not."""
    parent = use.parent
    if parent is None:
        return ""
    if parent.type == "range_clause":
        loop = parent.parent
        return "range" if loop is not None and _elements_are_read(loop) else ""
    if parent.type == "index_expression":
        return "index" if parent.child_by_field_name("operand") == use and _is_field(parent) else ""
    return "len" if called(file, use) == "len" else ""


def _elements_are_read(loop: Node) -> bool:
    head = clause(loop)
    left = head.child_by_field_name("left") if head is not None else None
    if head is None or left is None or left.named_child_count < 2:
        return True
    element = left.named_children[1]
    return all(_is_field(use) for use in uses_of(head, text(element)))


def _is_field(node: Node) -> bool:
    """Whether only a field of an element is read there, and no method called."""
    parent = node.parent
    if parent is None or parent.type != "selector_expression" or is_written(parent):
        return False
    around = parent.parent
    calls = around is not None and around.type == "call_expression"
    called = calls and around is not None and around.child_by_field_name("function") == parent
    deeper = around is not None and around.type in ("selector_expression", "index_expression")
    return not called and not deeper


def _match(file: GoFile, call: GoCall, local: Local, made: Node, kinds: list[Node]) -> Match:
    kind = text(made.child_by_field_name("type"))
    edits: list[Edit] = [file.edit(call.arguments[1], text(made))]
    edits += [file.edit(each, kind) for each in kinds]
    return Match(
        span=file.span(call.node),
        function=file.owner(call.node),
        title=f"Every {kind} in {local.name} is an object of its own",
        why=f"{local.name} holds pointers, though only this function reads it: each {kind} is"
        " allocated apart.",
        remedy=f"Let {local.name} be a []{kind}: one array holds all of them.",
        sketch=Sketch(
            f"{text(local.statement)}\n{text(call.node)}",
            f"{text(local.statement).replace('*' + kind, kind)}\n"
            f"append({local.name}, {text(made)})",
        ),
        saved=0.2,
        saved_allocs=0.95,
        callees=("",),
        edits=tuple(edits),
        needs_evidence=not many(file, loop_around(call.node)),
    )


LOOKS = {"go": Look((b", &",), _go)}
