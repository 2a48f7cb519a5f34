"""Values of Go's constant expressions, where the syntax of their package says them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import text

if TYPE_CHECKING:
    from tree_sitter import Node

STRINGS = frozenset({"interpreted_string_literal", "raw_string_literal"})
"""The literals of strings."""

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,12}|[1-9](?:_?[0-9]){0,12}|0", re.ASCII)
_MOST_BITS = 40
"""Of a value: no buffer has a TiB."""

_DEPTH = 12
"""Steps into an expression and on to its constants; no honest source needs as many."""


def integer(file: GoFile, node: Node, depth: int = _DEPTH) -> int | None:
    """The value of whole numbers, ``+``, ``-``, ``*``, ``<<`` and constants; None for the rest."""
    if not depth:
        return None
    if node.type == "identifier":
        named = value_of(file, node)
        return integer(file, named, depth - 1) if named is not None else None
    if node.type == "parenthesized_expression" and node.named_children:
        return integer(file, node.named_children[0], depth - 1)
    if node.type == "binary_expression":
        left, right = (node.child_by_field_name(role) for role in ("left", "right"))
        a = integer(file, left, depth - 1) if left is not None else None
        b = integer(file, right, depth - 1) if right is not None else None
        return _combined(text(node.child_by_field_name("operator")), a, b)
    digits = text(node)
    return int(digits, 0) if _NUMBER.fullmatch(digits) else None


def _combined(operator: str, a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return None
    if operator == "<<":
        value = a << b if 0 <= b <= _MOST_BITS else None
    else:
        value = {"*": a * b, "+": a + b, "-": a - b}.get(operator)
    return value if value is not None and abs(value) >> _MOST_BITS == 0 else None


def string(file: GoFile, node: Node) -> str | None:
    """What stands between the quotes of a literal or of a named constant; None for the rest."""
    literal = value_of(file, node) if node.type == "identifier" else node
    return text(literal)[1:-1] if literal is not None and literal.type in STRINGS else None


def value_of(file: GoFile, name: Node) -> Node | None:
    """What a name was given where its ``const`` stands alone, in the function or the package."""
    spec = declaration(name)
    found = file.package.constant(text(name)) if spec is None else None
    spec = found[1] if found is not None else spec
    values = spec.child_by_field_name("value") if spec is not None else None
    if spec is None or spec.type != "const_spec" or values is None:
        return None
    return values.named_children[0] if values.named_child_count == 1 else None
