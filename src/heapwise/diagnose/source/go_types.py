"""The type of a Go expression, where the syntax of its package says it; no type checker is needed.

Types are what their source reads: ``int``, ``[]byte``, ``*Order``. What cannot be told is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_kinds import (
    BASIC,
    default_type,
    element,
    is_constant,
    key,
)
from heapwise.diagnose.source.go_names import declaration, declared_names, shadowed
from heapwise.diagnose.source.go_std import RESULTS
from heapwise.diagnose.source.go_syntax import ancestors, descend, text

if TYPE_CHECKING:
    from tree_sitter import Node

_DEPTH = 12
"""Steps from an expression to its declaration, and on; no honest source needs as many."""


def type_of(file: GoFile, node: Node, depth: int = _DEPTH) -> str:
    """The type of an expression; empty where the syntax does not tell."""
    reader = _READERS.get(node.type)
    return reader(file, node, depth - 1) if reader is not None and depth > 0 else ""


def _identifier(file: GoFile, node: Node, depth: int) -> str:
    found = declaration(node)
    case = _type_case(node, found)
    if case is not None:
        kinds = case.children_by_field_name("type")
        return text(kinds[0]) if len(kinds) == 1 else ""
    if found is not None:
        return _declared(file, found, text(node), depth)
    package = file.package.variable(text(node))
    return _declared(*package, text(node), depth) if package is not None else ""


def _type_case(identifier: Node, found: Node | None) -> Node | None:
    """The ``case`` of a type switch that gives a name its type, if nothing nearer declares it."""
    for each in ancestors(identifier):
        switch = each.parent if each.type in ("type_case", "default_case") else None
        alias = switch.child_by_field_name("alias") if switch is not None else None
        if switch is None or alias is None or text(alias) != text(identifier):
            continue
        return each if found is None or found.start_byte < switch.start_byte else None
    return None


def _declared(file: GoFile, node: Node, name: str, depth: int) -> str:
    kind = node.child_by_field_name("type")
    if kind is not None:
        return ("[]" if node.type == "variadic_parameter_declaration" else "") + text(kind)
    names = [text(each) for each in declared_names(node)]
    if name not in names:
        return ""
    index = names.index(name)
    if node.type == "range_clause":
        return _ranged(file, node, index, depth)
    right = node.child_by_field_name("right") or node.child_by_field_name("value")
    values = right.named_children if right is not None else []
    if len(values) == len(names):
        kind_of = type_of(file, values[index], depth)
        return kind_of if node.type == "const_spec" else default_type(kind_of)
    return _result(file, values[0], index, depth) if len(values) == 1 else ""


def _ranged(file: GoFile, clause: Node, index: int, depth: int) -> str:
    over = clause.child_by_field_name("right")
    kind = default_type(type_of(file, over, depth)) if over is not None else ""
    if index == 0:
        return key(kind)
    return "rune" if kind == "string" else element(kind)


def _result(file: GoFile, node: Node, index: int, depth: int) -> str:
    """One of the values of an expression that stands alone on the right of several names."""
    if node.type != "call_expression":
        return type_of(file, node, depth) if index == 0 else "bool"
    results = _results(file, node, depth)
    return results[index] if index < len(results) else ""


def _call(file: GoFile, node: Node, depth: int) -> str:
    results = _results(file, node, depth)
    return results[0] if len(results) == 1 else ""


def _results(file: GoFile, node: Node, depth: int) -> tuple[str, ...]:
    call = file.call(node)
    if call.name in RESULTS:
        return RESULTS[call.name]
    callee = node.child_by_field_name("function")
    if callee is None or (callee.type == "identifier" and shadowed(callee)):
        return ()
    if callee.type == "identifier":
        of_language = _of_language(file, call, depth)
        return (of_language,) if of_language else _declared_results(file, call.name)
    if call.name[:1] == "." and call.receiver is not None:
        return _method_results(file, call.receiver, call.name, depth)
    return ()


def _of_language(file: GoFile, call: GoCall, depth: int) -> str:
    """What a conversion or a function of the language gives; empty for another."""
    if call.name in ("len", "cap", "copy"):
        return "int"
    if not call.arguments:
        return ""
    if call.name in ("make", "new"):
        return ("*" if call.name == "new" else "") + text(call.arguments[0])
    if call.name in ("append", "min", "max"):
        return type_of(file, call.arguments[0], depth)
    return call.name if call.name in BASIC and len(call.arguments) == 1 else ""


def _method_results(file: GoFile, receiver: Node, name: str, depth: int) -> tuple[str, ...]:
    base = type_of(file, receiver, depth).removeprefix("*")
    if not base.isidentifier():
        return ()
    return _declared_results(file, f"(*{base}){name}") or _declared_results(file, f"{base}{name}")


def _declared_results(file: GoFile, name: str) -> tuple[str, ...]:
    found = file.package.function(name)
    if found is None or found[1].child_by_field_name("type_parameters") is not None:
        return ()
    result = found[1].child_by_field_name("result")
    if result is None:
        return ()
    if result.type != "parameter_list":
        return (text(result),)
    kinds = []
    for each in result.named_children:
        names = each.children_by_field_name("name")
        kinds += [text(each.child_by_field_name("type"))] * max(1, len(names))
    return tuple(kinds)


def _selector(file: GoFile, node: Node, depth: int) -> str:
    operand = node.child_by_field_name("operand")
    base = type_of(file, operand, depth).removeprefix("*") if operand is not None else ""
    found = file.package.type(base) if base.isidentifier() else None
    struct = found[1].child_by_field_name("type") if found is not None else None
    if struct is None or struct.type != "struct_type":
        return ""
    wanted = text(node.child_by_field_name("field"))
    for each in descend(struct, "field_declaration", into=("field_declaration_list",)):
        if wanted in [text(name) for name in each.children_by_field_name("name")]:
            return text(each.child_by_field_name("type"))
    return ""


def _binary(file: GoFile, node: Node, depth: int) -> str:
    operator = text(node.child_by_field_name("operator"))
    if operator in ("==", "!=", "<", "<=", ">", ">=", "&&", "||"):
        return "bool"
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    kind = type_of(file, left, depth) if left is not None else ""
    if operator in ("<<", ">>") or (kind and not is_constant(kind)) or right is None:
        return kind
    return type_of(file, right, depth)


def _unary(file: GoFile, node: Node, depth: int) -> str:
    operator, operand = text(node.child_by_field_name("operator")), node.named_children[0]
    kind = type_of(file, operand, depth)
    if operator == "*":
        return kind[1:] if kind.startswith("*") else ""
    if operator == "&":
        return f"*{kind}" if kind else ""
    return "" if operator == "<-" else kind


def _indexed(file: GoFile, node: Node, depth: int) -> str:
    operand = node.child_by_field_name("operand")
    return element(type_of(file, operand, depth)) if operand is not None else ""


def _sliced(file: GoFile, node: Node, depth: int) -> str:
    operand = node.child_by_field_name("operand")
    kind = type_of(file, operand, depth) if operand is not None else ""
    array = kind.startswith("[") and not kind.startswith("[]")
    return f"[]{element(kind)}" if array else kind


def _inner(file: GoFile, node: Node, depth: int) -> str:
    inside = [each for each in node.named_children if each.type != "comment"]
    return type_of(file, inside[0], depth) if len(inside) == 1 else ""


def _named(_file: GoFile, node: Node, _depth: int) -> str:
    return text(node.child_by_field_name("type"))


def _literal(kind: str) -> Callable[[GoFile, Node, int], str]:
    return lambda _file, _node, _depth: f"untyped {kind}"


_READERS: Mapping[str, Callable[[GoFile, Node, int], str]] = {
    "identifier": _identifier,
    "call_expression": _call,
    "selector_expression": _selector,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "index_expression": _indexed,
    "slice_expression": _sliced,
    "parenthesized_expression": _inner,
    "composite_literal": _named,
    "type_conversion_expression": _named,
    "type_assertion_expression": _named,
    "int_literal": _literal("int"),
    "float_literal": _literal("float"),
    "rune_literal": _literal("rune"),
    "interpreted_string_literal": _literal("string"),
    "raw_string_literal": _literal("string"),
    "true": _literal("bool"),
    "false": _literal("bool"),
}
