"""The types of what a pool makes, as far as the expression that makes it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoCall, GoFile, declaration, declared_names, text
from heapwise.diagnose.source.go_flow import bare

if TYPE_CHECKING:
    from tree_sitter import Node

_KNOWN_STRUCTS = frozenset({"bytes.Buffer", "strings.Builder"})


def type_of(file: GoFile, node: Node) -> str:
    """The type of an expression that makes something new; empty if it cannot be told."""
    node = bare(node)
    if node.type == "composite_literal":
        return text(node.child_by_field_name("type"))
    if node.type == "unary_expression" and text(node).startswith("&"):
        pointed = type_of(file, node.named_children[0])
        return f"*{pointed}" if pointed else ""
    if node.type == "call_expression":
        return _type_of_call(file.call(node))
    return _type_of_local(file, node) if node.type == "identifier" else ""


def _type_of_local(file: GoFile, name: Node) -> str:
    declared = declaration(name)
    if declared is None:
        return ""
    kind = declared.child_by_field_name("type")
    values = declared.child_by_field_name("right") or declared.child_by_field_name("value")
    if kind is not None or values is None:
        return text(kind)
    made = dict(zip(map(text, declared_names(declared)), values.named_children, strict=False))
    return type_of(file, made[text(name)]) if text(name) in made else ""


def _type_of_call(call: GoCall) -> str:
    if call.name in ("make", "new") and call.arguments:
        return ("*" if call.name == "new" else "") + text(call.arguments[0])
    return "*bytes.Buffer" if call.name in ("bytes.NewBuffer", "bytes.NewBufferString") else ""


def is_value(file: GoFile, kind: str) -> bool:
    """Whether a type is a slice, array or struct for certain: it does not fit into a pointer."""
    if kind.startswith("[") or kind in _KNOWN_STRUCTS:
        return True
    declared = file.package.type(kind)
    if declared is None:
        return False
    meant = declared[1].child_by_field_name("type")
    return meant is not None and meant.type in ("slice_type", "array_type", "struct_type")
