"""Statements of Python that make a string longer at every round of a loop, and copy it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from heapwise.diagnose.rules.python.values import (
    argument_of_len,
    inside,
    is_same,
    is_short,
    names_in,
    summands,
    targets_of,
    whole_number,
)
from heapwise.diagnose.source.python_file import Function, PythonFile

_SHORT_BYTES = 4096


class Growth(NamedTuple):
    """A statement that makes a string longer.

    Attributes:
        statement: that does it.
        function: it is in.
        target: what grows.
        loop: that runs the statement.
        kind: str or bytes.
        why: growing copies it.
        looked_at: the loop looks into what came so far.
    """

    statement: ast.Assign | ast.AugAssign
    function: Function
    target: ast.expr
    loop: ast.AST
    kind: type
    why: str
    looked_at: bool


def growths(file: PythonFile) -> Iterator[Growth]:
    """The statements of a file that copy a string at every round, in no order that matters."""
    texts = _begun(file)
    for statement in (*file.nodes.get(ast.AugAssign, ()), *file.nodes.get(ast.Assign, ())):
        assert isinstance(statement, ast.Assign | ast.AugAssign)  # noqa: S101 - by key
        target = _grown(statement)
        if target is not None and (isinstance(target, ast.Subscript) or _name(target) in texts):
            growth = _growth(file, statement, target)
            if growth is not None:
                yield growth


def _growth(
    file: PythonFile, statement: ast.Assign | ast.AugAssign, target: ast.expr
) -> Growth | None:
    """What a statement does that makes its target longer; None where that is cheap, or no text."""
    loop, function = file.loop_around(statement), file.function_of(statement)
    if loop is None or function is None or is_short(loop, function):
        return None
    if _is_bounded(loop, target) or _changes_otherwise(loop, statement, target):
        return None
    kind = _begins_as(file, function, loop, target)
    why = _why(function, loop, statement, target, kind) if kind is not None else ""
    if kind is None or not why:
        return None
    looked_at = _is_looked_at(file, loop, target)
    # Text that is looked at has to be whole at every round.
    if looked_at and kind is str:
        return None
    return Growth(statement, function, target, loop, kind, why, looked_at)


def _begun(file: PythonFile) -> set[str]:
    """The last names of what a file gives a constant text: most statements add numbers."""
    return {
        _name(target)
        for kind in (ast.Assign, ast.AnnAssign)
        for each in file.nodes.get(kind, ())
        if isinstance(value := getattr(each, "value", None), ast.Constant)
        and isinstance(value.value, str | bytes)
        for target in targets_of(each)
    }


def _name(target: ast.expr) -> str:
    return str(getattr(target, "id", getattr(target, "attr", "")))


def _is_looked_at(file: PythonFile, loop: ast.AST, target: ast.expr) -> bool:
    """Whether the loop uses what grows for more than to measure it, or to end with it."""
    for each in inside(loop):
        if not isinstance(each, ast.Name | ast.Attribute | ast.Subscript):
            continue
        if not isinstance(each.ctx, ast.Load) or not is_same(each, target):
            continue
        parent = file.parents[each]
        if isinstance(parent, ast.If | ast.UnaryOp | ast.BoolOp) or argument_of_len(parent):
            continue
        statement = next(a for a in (each, *file.ancestors(each)) if isinstance(a, ast.stmt))
        if not isinstance(statement, ast.Return | ast.Raise) and not _grows(statement, target):
            return True
    return False


def _grows(statement: ast.stmt, target: ast.expr) -> bool:
    return (
        isinstance(statement, ast.Assign | ast.AugAssign)
        and (grown := _grown(statement)) is not None
        and is_same(grown, target)
    )


def _grown(statement: ast.Assign | ast.AugAssign) -> ast.expr | None:
    """What ``target += …`` or ``target = target + …`` makes longer."""
    if isinstance(statement, ast.AugAssign):
        return statement.target if isinstance(statement.op, ast.Add) else None
    target = statement.targets[0]
    parts = summands(statement.value) if len(statement.targets) == 1 else []
    same = [part for part in parts if is_same(part, target)] if len(parts) > 1 else []
    return target if len(same) == 1 else None


def _begins_as(
    file: PythonFile, function: Function, loop: ast.AST, target: ast.expr
) -> type | None:
    """``bytes`` or ``str`` where the function gives the target such a constant before the loop."""
    kinds = set()
    for each in inside(*function.body):
        targets = targets_of(each)
        if any(is_same(each, target) for each in targets):
            value = getattr(each, "value", None)
            if loop not in file.ancestors(each) and not isinstance(value, ast.Constant):
                return None
            if isinstance(value, ast.Constant):
                kinds.add(type(value.value))
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind in (str, bytes) else None


def _why(
    function: Function,
    loop: ast.AST,
    statement: ast.Assign | ast.AugAssign,
    target: ast.expr,
    kind: type,
) -> str:
    """Why the string is copied; empty where it grows in place."""
    parts = summands(statement.value) if isinstance(statement, ast.Assign) else []
    behind = is_behind(statement, target)
    if not behind and not _goes_in_front(loop, parts):
        return ""
    if kind is bytes:
        return "bytes"
    if not isinstance(target, ast.Name) or target.id in _not_local(function):
        return "shared"
    return "" if behind and len(parts) <= 2 else "rebuilt"


def is_behind(statement: ast.Assign | ast.AugAssign, target: ast.expr) -> bool:
    """Whether the new piece goes behind what there is."""
    return isinstance(statement, ast.AugAssign) or is_same(summands(statement.value)[0], target)


def _goes_in_front(loop: ast.AST, parts: list[ast.expr]) -> bool:
    """Whether a loop over values puts each of them in front.

    A head is put there once, and digits and paths are built from their end in a short while.
    """
    values = names_in(loop.target) if isinstance(loop, ast.For | ast.AsyncFor) else set[str]()
    return not values.isdisjoint(names_in(*parts))


def _not_local(function: Function) -> set[str]:
    declared: set[str] = set()
    for each in inside(*function.body):
        if isinstance(each, ast.Global | ast.Nonlocal):
            declared.update(each.names)
    return declared


def _changes_otherwise(loop: ast.AST, statement: ast.stmt, target: ast.expr) -> bool:
    """Whether the loop also shortens or replaces what grows: a buffer, whose length is bounded."""
    return any(
        each is not statement and isinstance(part, ast.expr) and is_same(part, target)
        for each in inside(loop)
        for changed in targets_of(each)
        for part in ast.walk(changed)
    )


def _is_bounded(loop: ast.AST, target: ast.expr) -> bool:
    """``while len(head) < 4``, ``recv(HEAD_SIZE - len(head))``: what grows stays short."""
    ends = {
        each.test
        for each in inside(loop)
        if isinstance(each, ast.If)
        and isinstance(each.body[-1], ast.Break | ast.Return | ast.Raise)
    }
    for each in inside(loop):
        if isinstance(each, ast.Compare) and (each is getattr(loop, "test", None) or each in ends):
            limit, measured = each.comparators[0], each.left
        elif isinstance(each, ast.BinOp) and isinstance(each.op, ast.Sub):
            limit, measured = each.left, each.right
        else:
            continue
        counted = argument_of_len(measured)
        if counted is not None and is_same(counted, target) and _is_small(limit):
            return True
    return False


def _is_small(limit: ast.expr) -> bool:
    """A small number, or a constant of the module by its name, or the length of one."""
    number = whole_number(limit)
    if number is not None:
        return number <= _SHORT_BYTES
    limit = argument_of_len(limit) or limit
    name = getattr(limit, "attr", getattr(limit, "id", ""))
    return isinstance(name, str) and name.isupper()
