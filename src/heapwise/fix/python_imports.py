"""The imports of a Python file behind a patch, for modules imported by their own name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import PurePosixPath

from heapwise.diagnose.source.python_file import PythonFile


def with_imports(path: str, before: bytes, after: bytes, needed: Iterable[str]) -> bytes:
    """The file with the modules it needs, and without those that the patch was the last to use.

    Args:
        path: of the file.
        before: without the patch.
        after: with it; unchanged where it cannot be parsed.
        needed: module names, as ``import NAME`` has them.
    """
    used = _used(PythonFile(path, before))
    for name in sorted(used - _used(PythonFile(path, after))):
        after = _without(PythonFile(path, after), name)
    for each in sorted(set(needed)):
        after = _with(PythonFile(path, after), each)
    return after


def _used(file: PythonFile) -> set[str]:
    return {node.id for node in file.nodes.get(ast.Name, ()) if isinstance(node, ast.Name)}


def _imports(file: PythonFile) -> Iterator[ast.Import]:
    return (node for node in file.tree.body if isinstance(node, ast.Import))


def _with(file: PythonFile, module: str) -> bytes:
    if any(alias.name == module and not alias.asname for n in _imports(file) for alias in n.names):
        return file.data
    rows = file.data.splitlines(keepends=True)
    at = _place(file, module)
    return b"".join([*rows[:at], f"import {module}\n".encode(), *rows[at:]])


def _place(file: PythonFile, module: str) -> int:
    """The line before which an import goes: sorted among those there are, else at the top."""
    plain = list(_imports(file))
    for node in plain:
        if node.names[0].name > module:
            return node.lineno - 1
    if plain:
        return plain[-1].end_lineno or 0
    last = _comments(file.data)  # the interpreter's line, the encoding, the licence
    for statement in file.tree.body:
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not docstring and not future:
            break
        last = statement.end_lineno or 0
    return last


def _comments(data: bytes) -> int:
    """How many lines of comments a file begins with."""
    return len(list(takewhile(lambda row: row.startswith(b"#"), data.splitlines())))


def _without(file: PythonFile, name: str) -> bytes:
    """Remove ``import name`` where it stands alone in its line and nobody wants it to stay."""
    if PurePosixPath(file.path).name == "__init__.py":  # what others import from here
        return file.data
    rows = file.data.splitlines(keepends=True)
    for node in _imports(file):
        row = rows[node.lineno - 1]
        alone = len(node.names) == 1 and node.end_lineno == node.lineno
        called = node.names[0].asname or node.names[0].name
        if alone and called == name and row.strip() == ast.unparse(node).encode():
            return b"".join([*rows[: node.lineno - 1], *rows[node.lineno :]])
    return file.data
