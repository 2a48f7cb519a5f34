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


def is_short(loop: ast.AST) -> bool:
    """Whether a loop is known to run a few times: over values that stand there, or a range."""
    over = loop.iter if isinstance(loop, ast.For | ast.AsyncFor) else None
    if isinstance(over, ast.Tuple | ast.List | ast.Set):
        return len(over.elts) <= SHORT and not any(
            isinstance(each, ast.Starred) for each in over.elts
        )
    if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.func.id == "range":
        bounds = [whole_number(each) for each in over.args[:2]]
        known = [each for each in bounds if each is not None]
        return len(known) == len(bounds) and max(known, default=SHORT + 1) <= SHORT
    return False


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
