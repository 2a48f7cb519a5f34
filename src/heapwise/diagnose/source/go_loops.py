"""Loops of Go: how many rounds, over what, and whether each round gets to a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import integer
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_syntax import (
    FUNCTION_TYPES,
    ancestors,
    call_on_the_spot,
    descend,
    query,
    text,
)
from heapwise.diagnose.source.go_types import type_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LEAVES = frozenset({"break_statement", "return_statement", "goto_statement"})
_LEAVING = ("return_statement", "break_statement")
_SKIPS = """
[(continue_statement) (break_statement) (goto_statement)] @skip
"""


def loop_around(node: Node) -> Node | None:
    """The innermost ``for`` whose body runs a node each time round.

    A function literal in between is another matter, unless it is called on the spot.
    """
    below = node
    for each in ancestors(node):
        if each.type == "for_statement" and each.child_by_field_name("body") == below:
            return each
        if each.type in FUNCTION_TYPES:
            return None
        if each.type == "func_literal" and call_on_the_spot(each) is None:
            return None
        below = each
    return None


def clause(loop: Node) -> Node | None:
    """The ``range`` or ``for`` clause of a loop; None where it has a condition or nothing."""
    kinds = ("range_clause", "for_clause")
    return next((each for each in loop.named_children if each.type in kinds), None)


def rounds(file: GoFile, loop: Node) -> int | None:
    """How often a loop runs, where its head says so in figures; None where it does not."""
    head = clause(loop)
    if head is None:
        return None
    if head.type == "for_clause":
        return _counted(file, head)
    over = head.child_by_field_name("right")
    if over is None:
        return None
    known = variable(over)
    made = known.value() if known is not None else over
    if made is not None and made.type == "composite_literal":
        body = made.child_by_field_name("body")
        return body.named_child_count or None if body is not None else None
    return integer(file, over) or _array_length(type_of(file, over))


def length(file: GoFile, loop: Node) -> str:
    """The expression that gives the rounds of a loop before it starts; empty where none does.

    That is ``len(x)`` of a slice, map or array that is ranged over, and the bound of a counter that
    starts at zero.
    """
    head = clause(loop)
    if head is None:
        return ""
    if head.type == "for_clause":
        return _bound(file, head)
    over = head.child_by_field_name("right")
    if over is None or not _is_plain(over):
        return ""
    kind = type_of(file, over)
    if kind.startswith(("[", "map[")):
        return f"len({text(over)})"
    return text(over) if kind == "int" else ""


def every_round(loop: Node, statement: Node) -> bool:
    """Whether each round gets to a statement exactly once, unless the function is left before."""
    body = loop.child_by_field_name("body")
    block = statement.parent.parent if statement.parent is not None else None
    if body is None or block != body:
        return False
    skips = (node for nodes in query(_SKIPS, body) for node in nodes["skip"])
    return not any(_is_of(loop, skip) for skip in skips)


def ends(loop: Node) -> bool:
    """Whether a loop ends by itself: over something, by a condition, or by leaving it."""
    body = loop.child_by_field_name("body")
    if next(descend(loop, "select_statement"), None) is not None:
        return False
    if any(child != body and child.type != "comment" for child in loop.named_children):
        return True
    return any(next(descend(loop, kind), None) is not None for kind in _LEAVING)


def leaves_at_once(statement: Node) -> bool:
    """Whether the loop or the function is left behind a statement, at the end of its block."""
    block = statement.parent
    last = block.named_child(block.named_child_count - 1) if block is not None else None
    return last is not None and last.type in _LEAVES


def _is_of(loop: Node, skip: Node) -> bool:
    """Whether a ``break`` or ``continue`` may be about a loop, not about one inside it."""
    if skip.named_child_count:
        return True
    kinds = {"for_statement", "func_literal"}
    if skip.type == "break_statement":
        kinds |= {"expression_switch_statement", "type_switch_statement", "select_statement"}
    return next((each for each in ancestors(skip) if each.type in kinds), None) == loop


def _counted(file: GoFile, head: Node) -> int | None:
    condition = head.child_by_field_name("condition")
    right = condition.child_by_field_name("right") if condition is not None else None
    return integer(file, right) if right is not None else None


def _bound(file: GoFile, head: Node) -> str:
    """``n`` of ``i := 0; i < n; i++``."""
    first, condition, update = (
        head.child_by_field_name(role) for role in ("initializer", "condition", "update")
    )
    if first is None or condition is None or update is None or update.type != "inc_statement":
        return ""
    counter = first.child_by_field_name("left")
    right = condition.child_by_field_name("right")
    starts_at_zero = text(first.child_by_field_name("right")) == "0"
    is_below = text(condition.child_by_field_name("operator")) == "<"
    same = text(counter) == text(condition.child_by_field_name("left")) == text(update)[:-2].strip()
    if not (starts_at_zero and is_below and same) or right is None:
        return ""
    plain = _is_plain(right) or (
        right.type == "call_expression"
        and file.call(right).name == "len"
        and all(_is_plain(each) for each in file.call(right).arguments)
    )
    return text(right) if plain and type_of(file, right) == "int" else ""


def _is_plain(node: Node) -> bool:
    """A variable, or a field of one: naming it twice costs and changes nothing."""
    while node.type == "selector_expression":
        operand = node.child_by_field_name("operand")
        if operand is None:
            return False
        node = operand
    return node.type == "identifier"


def _array_length(kind: str) -> int | None:
    said = kind[1:].partition("]")[0]
    return int(said) if kind.startswith("[") and said.isdecimal() else None
