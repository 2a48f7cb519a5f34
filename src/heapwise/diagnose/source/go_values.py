"""What becomes of a value that a Go function makes: who holds it, and whether it gets out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import (
    FUNCTION_TYPES,
    GoFile,
    ancestors,
    declaration,
    declared_names,
    query,
    text,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARING = frozenset({"short_var_declaration", "var_spec"})


def meanings(name: Node) -> tuple[Node, ...] | None:
    """Every identifier that means the local variable which an identifier declares or means.

    Returns:
        In order, without those of the declaration. None for a parameter, a result or a variable
        of the package: what others hold has uses that cannot be seen.
    """
    spec = own_declaration(name)
    scope = next((each for each in ancestors(spec) if _is_scope(each)), None) if spec else None
    if spec is None or scope is None:
        return None
    own = declared_names(spec)
    return tuple(
        node
        for found in query("(identifier) @name", scope)
        for node in found["name"]
        if node.text == name.text and node not in own and declaration(node) == spec
    )


def own_declaration(name: Node) -> Node | None:
    """The ``:=`` or ``var`` of a local variable that an identifier declares or means, else None."""
    for each in (name.parent, name.parent.parent if name.parent is not None else None):
        if each is not None and each.type in _DECLARING and name in declared_names(each):
            return each if home(each) is not None else None
    spec = declaration(name)
    return spec if spec is not None and spec.type in _DECLARING else None


def _is_scope(node: Node) -> bool:
    return node.type in (
        "statement_list", "if_statement", "for_statement", "expression_switch_statement",
        "type_switch_statement", "expression_case", "default_case", "communication_case",
    )  # fmt: skip


def holder(value: Node) -> Node:
    """An expression with the parentheses and the ``&`` around it."""
    while value.parent is not None and _wraps(value.parent):
        value = value.parent
    return value


def _wraps(node: Node) -> bool:
    address = node.type == "unary_expression" and text(node.child_by_field_name("operator")) == "&"
    return address or node.type == "parenthesized_expression"


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


def home(node: Node) -> Node | None:
    """The innermost function, declared or literal, that a node stands in."""
    kinds = (*FUNCTION_TYPES, "func_literal")
    return next((each for each in ancestors(node) if each.type in kinds), None)


def answers_requests(file: GoFile, node: Node) -> bool:
    """Whether a node runs for each request: its function or a literal around it is a handler."""
    function = file.function_at(node)
    if function is not None and function.answers_requests():
        return True
    return any(
        each.type == "func_literal" and _is_handler(each.child_by_field_name("parameters"))
        for each in ancestors(node)
    )


def _is_handler(parameters: Node | None) -> bool:
    given = parameters.named_children if parameters is not None else []
    kinds = {text(each.child_by_field_name("type")) for each in given}
    return kinds >= {"http.ResponseWriter", "*http.Request"} or bool(
        kinds & {"*gin.Context", "echo.Context", "*echo.Context", "*fiber.Ctx"}
    )


def keyed(literal: Node) -> Iterator[tuple[str, Node]]:
    """Name and value of the fields that a composite literal names."""
    body = literal.child_by_field_name("body")
    for each in body.named_children if body is not None else ():
        key, value = (each.child_by_field_name(role) for role in ("key", "value"))
        if key is not None and value is not None and value.named_children:
            yield text(key), value.named_children[0]
