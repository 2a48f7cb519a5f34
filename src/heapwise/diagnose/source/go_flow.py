"""In what order the statements of a Go function run, as far as its blocks tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import (
    FUNCTION_TYPES,
    GoFunction,
    ancestors,
    descend,
    enclosing,
    query,
    text,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LEAVING = frozenset({"return_statement", "break_statement", "continue_statement"})
_ASSIGNMENTS = "[(assignment_statement) (short_var_declaration)] @statement"


def called_on_the_spot(literal: Node) -> bool:
    """Whether a function literal runs where it stands, or deferred: ``func() { … }()``.

    One that a ``go`` statement starts runs elsewhere.
    """
    call = literal.parent
    return (
        call is not None
        and call.type == "call_expression"
        and call.child_by_field_name("function") == literal
        and (call.parent is None or call.parent.type != "go_statement")
    )


def scope_of(node: Node) -> Node | None:
    """The function that runs a node: a declaration, or a literal that is not called on the spot."""
    for each in ancestors(node):
        if each.type in FUNCTION_TYPES:
            return each
        if each.type == "func_literal" and not called_on_the_spot(each):
            return each
    return None


def deferred(node: Node) -> bool:
    """Whether a call runs when its function ends: ``defer f(x)``, ``defer func() { … }()``."""
    scope = scope_of(node)
    around = enclosing(node, "defer_statement")
    return around is not None and scope in tuple(ancestors(around))


def statement_of(node: Node) -> Node | None:
    """The innermost statement that a node is a part of, or is."""
    for each in (node, *ancestors(node)):
        if each.parent is not None and each.parent.type == "statement_list":
            return each
    return None


def outer_statement(node: Node) -> Node | None:
    """The statement of a node; of one directly in a literal called on the spot, the calling one."""
    statement = statement_of(node)
    while statement is not None:
        literal = _literal_of(statement)
        if literal is None or not called_on_the_spot(literal):
            return statement
        statement = statement_of(literal)
    return None


def _literal_of(statement: Node) -> Node | None:
    """The function literal whose body a statement stands in, in no block of its own."""
    block = statement.parent.parent if statement.parent is not None else None
    literal = block.parent if block is not None else None
    return literal if literal is not None and literal.type == "func_literal" else None


def came_by(node: Node, later: Node) -> bool:
    """Whether whoever reaches a later node came by the statement of an earlier one before.

    Seen from the blocks alone: nobody jumps.
    """
    statement = outer_statement(node)
    if statement is None or statement.end_byte > later.start_byte:
        return False
    return statement.parent in tuple(ancestors(later))


def followed_by(node: Node, later: Node) -> bool:
    """Whether whoever passes a node comes by the statement of a later one after it.

    Seen from the blocks alone: a block in between that ends in a return, break or continue never
    gets there.
    """
    statement = outer_statement(later)
    if statement is None or statement.start_byte < node.end_byte:
        return False
    for each in ancestors(node):
        if each == statement.parent:
            return True
        elsewhere = each.type == "func_literal" and not called_on_the_spot(each)
        if elsewhere or (each.type == "statement_list" and leaves(each)):
            return False
    return False


def leaves(statements: Node) -> bool:
    """Whether nothing behind a list of statements runs after it: it ends in a return or such."""
    last = statements.named_children[-1:]
    return bool(last) and (last[0].type in _LEAVING or text(last[0]).startswith("panic("))


def uses(scope: Node, name: str) -> Iterator[Node]:
    """The identifiers of a name in a function, in order; fields of that name are others."""
    wanted = name.encode()
    return (
        each for each in descend(scope, "identifier") if each.text == wanted and not _is_key(each)
    )


def _is_key(identifier: Node) -> bool:
    """Whether it is the name of a field in a literal."""
    element = identifier.parent
    pair = element.parent if element is not None and element.type == "literal_element" else None
    return pair is not None and pair.type == "keyed_element" and pair.named_children[0] == element


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


def bare(node: Node) -> Node:
    """An expression without the parentheses around it, or the dots behind it."""
    while node.type in ("parenthesized_expression", "variadic_argument") and node.named_children:
        node = node.named_children[0]
    return node


def answers_requests(function: Node) -> bool:
    """Whether a declaration or a function literal is a handler by its parameters."""
    return GoFunction(function, "").answers_requests()
