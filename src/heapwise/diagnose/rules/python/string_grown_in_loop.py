"""A string that cannot grow in place is copied whole at every round of a loop.

What it finds:
    In a loop: ``+=`` on bytes, ``+=`` on a string that is an attribute, an item or a global, and
    a string that is built as ``text = text + a + b`` or from its front. A local string with
    ``text += piece`` is no finding: CPython lets it grow in place. Nor is a buffer that the loop
    shortens again, or a loop over a few values.

Why it allocates:
    Strings and bytes do not change, so each round makes a new one of the full length and copies
    what was there: for n pieces n/2 times the length of the result. Only a string that nothing
    but one local name refers to is spared that, since nobody can see it change.

Example:
    ```python
    body = b""
    for piece in pieces:
        body += piece
    ```

Use instead:
    ```python
    body = b"".join(pieces)
    ```

    Where the loop needs what came so far, a ``bytearray`` grows in place; for text collect the
    pieces in a list and join it once.

When it does not help:
    30 pieces of 20 B gain nothing. A local string that grows with ``+=`` is within a factor of
    1.5 to 3 of ``join``, and quicker with pieces of some KB.

Measured:
    CPython 3.11 to 3.13, 1,000 pieces of 20 B: bytes with ``+=`` 113 to 134 us, joined 12 to
    13 us; an attribute of str 114 to 136 us, joined 10 to 12 us; ``text = text + a + b`` 480 to
    560 us; a local str with ``+=`` 27 to 31 us.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from heapwise.diagnose.rules.python.values import inside, is_short, names_in, whole_number
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.python_file import Function, PythonFile
from heapwise.model.finding import Sketch

CODE = "HW904"
NAME = "string-grown-in-loop"
HOLDS_FOR = "CPython, from some hundred pieces or some KB on"
REFERENCES = (
    "https://docs.python.org/3/faq/programming.html#what-is-the-most-efficient-way-to-concatenate-many-strings-together",
)

_SAVED = 0.95
"""Of 1,000 pieces; of 50 it is 0.9."""

_SHORT_BYTES = 4096

_WHY = {
    "bytes": "bytes never grow in place",
    "shared": "a string grows in place only where one local name is all that refers to it",
    "rebuilt": "the first + makes a copy, since the name still refers to the old string",
}


class _Growth(NamedTuple):
    """A statement that makes a string longer, and why that copies it."""

    statement: ast.Assign | ast.AugAssign
    target: ast.expr
    loop: ast.AST
    kind: type
    why: str


_EMPTY = re.compile(rb"^[ \t]*([\w.]+)[ \t]*(?::[^=\n]*)?=[ \t]*(b?)(?:\"\"|'')", re.MULTILINE)


def _may_have_it(data: bytes) -> bool:
    """Whether anything that begins empty grows, as far as bytes tell without parsing them."""
    for name, is_bytes in set(_EMPTY.findall(data)):
        found = re.escape(name)
        added = rb"\b" + found + rb"[ \t]*\+="
        again = found + rb"\b[^\n]*\+|[^\n]*\+[ \t]*" + found + rb"\b"
        rebuilt = rb"\b" + found + rb"[ \t]*=[ \t]*(?:" + again + rb")"
        local = not is_bytes and b"." not in name and not _declared(data, found)
        if re.search(rebuilt if local else added + rb"|" + rebuilt, data):
            return True
    return False


def _declared(data: bytes, name: bytes) -> bool:
    return re.search(rb"\b(?:global|nonlocal)\b[^\n]*\b" + name + rb"\b", data) is not None


def _find(file: PythonFile) -> Iterable[Match]:
    if not _may_have_it(file.data):
        return
    for growth in _growths(file):
        function = file.function_of(growth.statement)
        if function is not None:
            yield _match(file, growth, file.qualified(function))


def _growths(file: PythonFile) -> Iterator[_Growth]:
    for statement in (*file.nodes.get(ast.AugAssign, ()), *file.nodes.get(ast.Assign, ())):
        assert isinstance(statement, ast.Assign | ast.AugAssign)  # noqa: S101 - by key
        target = _grown(statement)
        function = file.function_of(statement) if target is not None else None
        loop = file.loop_around(statement) if function is not None else None
        if target is None or function is None or loop is None or is_short(loop):
            continue
        if _is_bounded(loop, target):
            continue
        kind = _begins_as(file, function, loop, target)
        why = _why(function, loop, statement, target, kind) if kind is not None else ""
        if kind is not None and why and not _changes_otherwise(loop, statement, target):
            yield _Growth(statement, target, loop, kind, why)


def _grown(statement: ast.Assign | ast.AugAssign) -> ast.expr | None:
    """What ``target += …`` or ``target = target + …`` makes longer."""
    if isinstance(statement, ast.AugAssign):
        return statement.target if isinstance(statement.op, ast.Add) else None
    target = statement.targets[0]
    parts = _summands(statement.value) if len(statement.targets) == 1 else []
    same = [part for part in parts if _is_same(part, target)] if len(parts) > 1 else []
    return target if len(same) == 1 else None


def _summands(value: ast.expr) -> list[ast.expr]:
    parts = []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        parts.append(value.right)
        value = value.left
    return [value, *reversed(parts)]


def _is_same(one: ast.expr, other: ast.expr) -> bool:
    """Whether two expressions name the same place, read or written."""
    while isinstance(one, ast.Attribute) and isinstance(other, ast.Attribute):
        if one.attr != other.attr:
            return False
        one, other = one.value, other.value
    if isinstance(one, ast.Subscript) and isinstance(other, ast.Subscript):
        key, same = one.slice, other.slice
        if not isinstance(key, ast.Constant) or not isinstance(same, ast.Constant):
            return False
        return key.value == same.value and _is_same(one.value, other.value)
    return isinstance(one, ast.Name) and isinstance(other, ast.Name) and one.id == other.id


def _begins_as(
    file: PythonFile, function: Function, loop: ast.AST, target: ast.expr
) -> type | None:
    """``bytes`` or ``str`` where the function gives the target such a constant before the loop."""
    kinds = set()
    for each in inside(*function.body):
        targets = _targets(each)
        if any(_is_same(each, target) for each in targets):
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
    parts = _summands(statement.value) if isinstance(statement, ast.Assign) else []
    behind = _is_behind(statement, target)
    if not behind and not _goes_in_front(loop, parts):
        return ""
    if kind is bytes:
        return "bytes"
    if not isinstance(target, ast.Name) or target.id in _not_local(function):
        return "shared"
    return "" if behind and len(parts) <= 2 else "rebuilt"


def _is_behind(statement: ast.Assign | ast.AugAssign, target: ast.expr) -> bool:
    """Whether the new piece goes behind what there is."""
    return isinstance(statement, ast.AugAssign) or _is_same(_summands(statement.value)[0], target)


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
        each is not statement and isinstance(part, ast.expr) and _is_same(part, target)
        for each in inside(loop)
        for changed in _targets(each)
        for part in ast.walk(changed)
    )


def _targets(node: ast.AST) -> list[ast.expr]:
    """What a statement puts something new into."""
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.AnnAssign | ast.For | ast.AsyncFor | ast.NamedExpr):
        return [node.target]
    return []


def _is_bounded(loop: ast.AST, target: ast.expr) -> bool:
    """``while len(head) < 4``, ``recv(HEAD_SIZE - len(head))``: what grows stays short."""
    for each in inside(loop):
        if isinstance(each, ast.Compare) and each is getattr(loop, "test", None):
            limit, measured = each.comparators[0], each.left
        elif isinstance(each, ast.BinOp) and isinstance(each.op, ast.Sub):
            limit, measured = each.left, each.right
        else:
            continue
        counted = _argument_of_len(measured)
        if counted is not None and _is_same(counted, target) and _is_small(limit):
            return True
    return False


def _is_small(limit: ast.expr) -> bool:
    """A small number, or a constant of the module by its name, or the length of one."""
    number = whole_number(limit)
    if number is not None:
        return number <= _SHORT_BYTES
    limit = _argument_of_len(limit) or limit
    name = getattr(limit, "attr", getattr(limit, "id", ""))
    return isinstance(name, str) and name.isupper()


def _argument_of_len(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return node.args[0] if getattr(node.func, "id", "") == "len" else None
    return None


def _match(file: PythonFile, growth: _Growth, function: str) -> Match:
    name = file.text(growth.target)
    empty = 'b""' if growth.kind is bytes else '""'
    pieces = "pieces" if _is_behind(growth.statement, growth.target) else "reversed(pieces)"
    return Match(
        span=file.span(growth.statement),
        function=function,
        title=f"{name} is copied whole at every round of a loop in {function}",
        why=f"Each round makes a new {growth.kind.__name__} of the full length so far:"
        f" {_WHY[growth.why]}.",
        remedy=f"Collect the pieces of {name} in a list and join it once behind the loop"
        + (", or in a bytearray, which grows in place." if growth.kind is bytes else "."),
        sketch=Sketch(
            before=file.lines(file.span(growth.statement)),
            after=f"pieces.append(…)  # in the loop\n{name} = {empty}.join({pieces})  # behind it",
        ),
        saved=_SAVED,
        callees=("",),
        case="" if growth.kind is bytes else "str",
    )


LOOKS = {"python": Look((b'= b""', b"= b''", b'= ""', b"= ''"), _find)}
