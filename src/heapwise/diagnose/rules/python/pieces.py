"""Where the pieces come from that a loop puts together: a stream gives as many as it likes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from heapwise.diagnose.rules.python.values import inside, names_in, targets_of
from heapwise.diagnose.source.python_file import PythonFile

_READS = re.compile(r"_*(?:recv|receive|read)(?!line|able)\w*")
"""Functions that give the next piece; a head of lines is short."""

_STREAMS = re.compile(r"\w*(?:chunk|stream|block|frame|iter_(?:content|bytes|raw))\w*")
"""Functions whose result is walked through piece by piece."""


def come_from_a_stream(file: PythonFile, loop: ast.AST, piece: ast.expr) -> bool:
    """Whether a loop takes an expression's values from a file, a connection or the like."""
    names = names_in(piece)
    if isinstance(loop, ast.For | ast.AsyncFor) and not names.isdisjoint(names_in(loop.target)):
        over = loop.iter.func if isinstance(loop.iter, ast.Call) else None
        streams = over is not None and _STREAMS.fullmatch(_last_name(file, over)) is not None
        if streams or isinstance(loop, ast.AsyncFor):
            return True
    if _reads(file, piece):
        return True
    return any(_reads(file, value) for name, value in _given(loop) if name in names)


def _given(loop: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What names hold that the loop itself gives a value."""
    for each in inside(loop):
        value = getattr(each, "value", None)
        if isinstance(value, ast.expr) and not isinstance(each, ast.For | ast.AsyncFor):
            for target in targets_of(each):
                if isinstance(target, ast.Name):
                    yield target.id, value


def _reads(file: PythonFile, value: ast.expr) -> bool:
    """Whether a value is the result of a read; what is read byte by byte is short."""
    while isinstance(value, ast.Await | ast.Attribute | ast.Subscript):
        value = value.value
    if not isinstance(value, ast.Call):
        return False
    size = value.args[-1] if value.args else None
    bytewise = isinstance(size, ast.Constant) and size.value == 1
    return not bytewise and _READS.fullmatch(_last_name(file, value.func)) is not None


def _last_name(file: PythonFile, function: ast.expr) -> str:
    return file.name_of(function).rpartition(".")[2]
