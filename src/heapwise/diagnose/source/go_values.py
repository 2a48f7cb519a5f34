"""What becomes of a value that a Go function makes: who holds it, and whether it gets out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import Variable
from heapwise.diagnose.source.go_syntax import operand, query, text

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSIGNMENTS = "[(assignment_statement) (short_var_declaration)] @statement"


def holder(value: Node) -> Node:
    """An expression with the parentheses and the ``&`` around it."""
    while value.parent is not None and _wraps(value.parent):
        value = value.parent
    return value


def _wraps(node: Node) -> bool:
    return operand(node, "&") is not None or node.type == "parenthesized_expression"


def assigned_to(value: Node) -> Node | None:
    """What an expression is put in by ``=``, ``:=`` or ``var``; None where it stands elsewhere.

    The names of one declaration stand for several values only where they are as many.
    """
    right = value.parent
    statement = right.parent if right is not None and right.type == "expression_list" else None
    if right is None or statement is None:
        return None
    if statement.type == "var_spec":
        targets = statement.children_by_field_name("name")
    else:
        left = statement.child_by_field_name("left")
        if left is None or statement.child_by_field_name("right") != right:
            return None
        targets = left.named_children
    index = right.named_children.index(value)
    return targets[index] if len(targets) == right.named_child_count else None


def binding(call: Node) -> Node | None:
    """The assignment or ``:=`` on whose right side a call stands alone."""
    right = call.parent
    if right is None or right.type != "expression_list" or right.named_child_count != 1:
        return None
    statement = right.parent
    if statement is None or statement.child_by_field_name("right") != right:
        return None
    binds = statement.type in ("short_var_declaration", "assignment_statement")
    return statement if binds else None


def results(call: Node) -> tuple[str, ...]:
    """The names that a statement binds the results of a call to; empty where it does not."""
    statement = binding(call)
    left = statement.child_by_field_name("left") if statement is not None else None
    return tuple(text(each) for each in left.named_children) if left is not None else ()


def bound(call: Node, index: int = 0) -> Variable | None:
    """The new variable that one of the results of a call becomes by ``:=``."""
    names, statement = results(call), binding(call)
    if statement is None or statement.type != "short_var_declaration":
        return None
    if index >= len(names) or names[index] == "_":
        return None
    return Variable(names[index], statement)


def assignments(scope: Node) -> Sequence[tuple[Node, Node]]:
    """First place and value of every ``=`` and ``:=`` of one value in a function, in order."""
    found = []
    for match in query(_ASSIGNMENTS, scope):
        left, right = (match["statement"][0].child_by_field_name(r) for r in ("left", "right"))
        if left is not None and right is not None and right.named_child_count == 1:
            found.append((left.named_children[0], right.named_children[0]))
    return sorted(found, key=lambda pair: pair[0].start_byte)


def is_target(place: Node) -> bool:
    """Whether a variable, field or element is assigned to there."""
    left = place.parent
    statement = left.parent if left is not None else None
    return statement is not None and statement.child_by_field_name("left") == left


def is_written(node: Node) -> bool:
    """Whether an expression is assigned to, counted up, or has its address taken."""
    parent = node.parent
    if parent is None:
        return False
    counted = parent.type in ("inc_statement", "dec_statement")
    return counted or is_target(node) or operand(parent, "&") is not None


def called(file: GoFile, use: Node) -> str:
    """The call that an identifier is an argument or the receiver of; empty for any other use."""
    call = use.parent.parent if use.parent is not None else None
    return file.call(call).name if call is not None and call.type == "call_expression" else ""


def stays(file: GoFile, held: Variable, borrowers: frozenset[str]) -> bool:
    """Whether nobody can still hold a variable's value when the function has returned.

    It is only called methods on, and given to functions that are known to hold nothing, and no
    function literal has it. A decoder or encoder made of it counts where its one method is called
    on the spot.

    Args:
        file: it is in.
        held: a variable of a pointer or interface.
        borrowers: those functions, by `GoCall.name`.
    """
    return not held.captured() and all(borrows(file, use, borrowers) for use in held.uses())


def borrows(file: GoFile, use: Node, borrowers: frozenset[str]) -> bool:
    """Whether an identifier is called a method on, or given to one of some functions."""
    parent = use.parent
    call = parent.parent if parent is not None else None
    if parent is None or call is None or call.type != "call_expression":
        return False
    if call.parent is not None and call.parent.type == "go_statement":
        return False
    if parent.type == "selector_expression":
        return call.child_by_field_name("function") == parent
    name = file.call(call).name
    if name in ("encoding/json.NewDecoder", "encoding/json.NewEncoder"):
        return call.parent is not None and call.parent.type == "selector_expression"
    return name in borrowers


def keyed(literal: Node) -> Iterator[tuple[str, Node]]:
    """Name and value of the fields that a composite literal names."""
    body = literal.child_by_field_name("body")
    for each in body.named_children if body is not None else ():
        key, value = (each.child_by_field_name(role) for role in ("key", "value"))
        if key is not None and value is not None and value.named_children:
            yield text(key), value.named_children[0]
