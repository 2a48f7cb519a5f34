"""In what order the statements of a Go function run, as far as its blocks tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_syntax import (
    FUNCTION_TYPES,
    ancestors,
    call_on_the_spot,
    enclosing,
    text,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LEAVING = frozenset({"return_statement", "break_statement", "continue_statement"})


def called_on_the_spot(literal: Node) -> bool:
    """Whether a function literal runs where it stands, or deferred: ``func() { … }()``.

    One that a ``go`` statement starts runs elsewhere.
    """
    call = call_on_the_spot(literal)
    return call is not None and (call.parent is None or call.parent.type != "go_statement")


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
