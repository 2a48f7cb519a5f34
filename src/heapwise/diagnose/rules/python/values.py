"""What the rules for Python ask of values and loops: is it constant, can it be long."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator

from heapwise.diagnose.source.python_file import PythonFile

SHORT = 16
"""Rounds of a loop that nobody has to mend."""

_LARGE = 1 << 40
_MOST_BITS = 40
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Mult: operator.mul,
    ast.LShift: operator.lshift,
    ast.Pow: operator.pow,
}


def constant_text(file: PythonFile, node: ast.expr | None) -> str | None:
    """A string that stands there, or behind a name that the file gives it once."""
    if isinstance(node, ast.Name):
        values = [
            each.value
            for each in file.nodes.get(ast.Assign, ())
            if isinstance(each, ast.Assign)
            and any(
                isinstance(target, ast.Name) and target.id == node.id for target in each.targets
            )
        ]
        node = values[0] if len(values) == 1 else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def whole_number(node: ast.expr | None) -> int | None:
    """The value of ``1048576``, ``1 << 20`` or ``1024 * 1024``; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS:
        return None
    left, right = whole_number(node.left), whole_number(node.right)
    # Bounded before it is computed: a source may say 9 ** 9 ** 9.
    if left is None or right is None or not 0 <= left <= _LARGE or not 0 <= right <= _LARGE:
        return None
    if not isinstance(node.op, ast.Mult) and right > _MOST_BITS:
        return None
    return _OPERATORS[type(node.op)](left, right)


def is_short(loop: ast.AST, function: ast.AST | None = None) -> bool:
    """Whether a loop is known to run a few times: over values that stand there, or a range.

    Args:
        loop: of any kind.
        function: it is in, where names of its numbers may be known.
    """
    over = loop.iter if isinstance(loop, ast.For | ast.AsyncFor) else None
    if isinstance(over, ast.Name):
        over = None if _may_change(over, function) else _only_value(over, function)
    if isinstance(over, ast.Tuple | ast.List | ast.Set):
        return len(over.elts) <= SHORT and not any(
            isinstance(each, ast.Starred) for each in over.elts
        )
    if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.func.id == "range":
        bounds = [_number(each, function) for each in over.args[:2]]
        known = [each for each in bounds if each is not None]
        return len(known) == len(bounds) and max(known, default=SHORT + 1) <= SHORT
    return False


def _number(node: ast.expr, function: ast.AST | None) -> int | None:
    """A number that stands there, or behind a name that the function gives it once."""
    return whole_number(_only_value(node, function) if isinstance(node, ast.Name) else node)


def _may_change(name: ast.Name, function: ast.AST | None) -> bool:
    """Whether a function calls a method of what a name stands for, or hands it on."""
    used: list[ast.expr] = []
    for each in inside(*getattr(function, "body", [])):
        if isinstance(each, ast.Attribute):
            used.append(each.value)
        elif isinstance(each, ast.Call):
            used += each.args
    return any(isinstance(each, ast.Name) and each.id == name.id for each in used)


def _only_value(name: ast.Name, function: ast.AST | None) -> ast.expr | None:
    """What a function puts behind a name, if it does so once."""
    values = [
        value
        for each in inside(*getattr(function, "body", []))
        for target, value in _assignments(each)
        if isinstance(target, ast.Name) and target.id == name.id
    ]
    return values[0] if len(values) == 1 else None


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What a statement puts where; ``width, height = 8, 8`` are two."""
    value = getattr(node, "value", None)
    for target in targets_of(node):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from zip(target.elts, value.elts, strict=False)
        else:
            yield target, value
    if isinstance(node, ast.AugAssign):
        yield node.target, None


def inside(*nodes: ast.AST) -> Iterator[ast.AST]:
    """Nodes and everything below them, without the bodies of functions defined there."""
    left = list(nodes)
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            left.extend(ast.iter_child_nodes(node))


def names_in(*nodes: ast.AST) -> set[str]:
    """The names that are read or written in nodes."""
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


def summands(value: ast.expr) -> list[ast.expr]:
    """What ``a + b + c`` adds up, in order; a value alone is one."""
    parts = []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        parts.append(value.right)
        value = value.left
    return [value, *reversed(parts)]


def is_same(one: ast.expr, other: ast.expr) -> bool:
    """Whether two expressions name the same place, read or written."""
    while isinstance(one, ast.Attribute) and isinstance(other, ast.Attribute):
        if one.attr != other.attr:
            return False
        one, other = one.value, other.value
    if isinstance(one, ast.Subscript) and isinstance(other, ast.Subscript):
        key, same = one.slice, other.slice
        if not isinstance(key, ast.Constant) or not isinstance(same, ast.Constant):
            return False
        return key.value == same.value and is_same(one.value, other.value)
    return isinstance(one, ast.Name) and isinstance(other, ast.Name) and one.id == other.id


def targets_of(node: ast.AST) -> list[ast.expr]:
    """What a statement puts something new into."""
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.AnnAssign | ast.For | ast.AsyncFor | ast.NamedExpr):
        return [node.target]
    return []


def argument_of_len(node: ast.AST) -> ast.expr | None:
    """What ``len(…)`` measures; None for anything else."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return node.args[0] if getattr(node.func, "id", "") == "len" else None
    return None
