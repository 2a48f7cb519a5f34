"""How often Go code surely runs, as far as the function around it tells; a recording knows more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import serves
from heapwise.diagnose.source.go_loops import clause, loop_around, rounds
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_syntax import (
    FUNCTION_TYPES,
    ancestors,
    functions_around,
    query,
    text,
)
from heapwise.diagnose.source.go_types import type_of

if TYPE_CHECKING:
    from tree_sitter import Node

MANY = 16
"""Rounds from which on the growth of what a loop fills is worth a line."""

_FEW = 4
"""Rounds that are no repetition."""

_SPLITTERS = frozenset(
    f"{package}.{name}"
    for package in ("strings", "bytes")
    for name in ("Split", "SplitAfter", "SplitSeq")
)
_LINES = frozenset({"strings.Lines", "bytes.Lines"})
_BREAKS = ("\\n", "\\r\\n")
_TEXTS = frozenset({"string", "[]byte"})


def often(file: GoFile, node: Node) -> bool:
    """Whether code runs again and again: it is given a request, or a loop is around it."""
    if serves(node):
        return True
    loop = loop_around(node)
    return loop is not None and (rounds(file, loop) or MANY) > _FEW and not _of_a_key(node, loop)


def _of_a_key(node: Node, loop: Node) -> bool:
    """Whether only one round of a loop may get to a node: it is the case of one text of many."""
    cases = (each for each in ancestors(node) if each.type == "expression_case")
    return any(
        each.start_byte > loop.start_byte
        and (value := each.child_by_field_name("value")) is not None
        and all(constant.type in STRINGS for constant in value.named_children)
        for each in cases
    )


def many(file: GoFile, loop: Node | None) -> bool:
    """Whether a loop surely has many rounds: so many in figures, or one for each line or row."""
    if loop is None:
        return False
    count = rounds(file, loop)
    if count is not None:
        return count >= MANY
    head = clause(loop)
    if head is not None:
        over = head.child_by_field_name("right") if head.type == "range_clause" else None
        return over is not None and _are_lines(file, over)
    return any(_reads(file, each) for each in loop.named_children)


def _are_lines(file: GoFile, over: Node) -> bool:
    """Whether an expression, or what a variable begins as, is the lines of a text."""
    if over.type == "slice_expression":
        over = over.child_by_field_name("operand") or over
    known = variable(over)
    value = known.value() if known is not None else over
    if value is None or value.type != "call_expression":
        return False
    call = file.call(value)
    if call.name in _SPLITTERS and len(call.arguments) == 2:
        separator = call.arguments[1]
        if separator.type == "type_conversion_expression":
            separator = separator.named_children[-1]
        return separator.type in STRINGS and text(separator)[1:-1] in _BREAKS
    return call.name in _LINES


def _reads(file: GoFile, condition: Node) -> bool:
    """Whether a loop goes on as long as there is a token of a text or a row of a table."""
    if condition.type != "call_expression":
        return False
    call = file.call(condition)
    if call.receiver is None or call.arguments:
        return False
    return call.name == ".Scan" or (
        call.name == ".Next"
        and (text(call.receiver) == "rows" or type_of(file, call.receiver) == "*sql.Rows")
    )


def is_given_text(expression: Node) -> bool:
    """Whether an expression has text in it that the declared function around it is given.

    Such a function is there to be called for one text after another.
    """
    names = [name for found in query("(identifier) @name", expression) for name in found["name"]]
    known = (variable(name) for name in names)
    return any(
        each is not None
        and each.node.type == "parameter_declaration"
        and text(each.type()) in _TEXTS
        and next(functions_around(each.node)).type in FUNCTION_TYPES
        for each in known
    )
