"""A file is read through a buffer that is far larger than the file may be.

What it finds:
    ``os.read(fd, n)`` or ``file.read(n)`` with a constant of 256 KiB and more, once for a file
    that the same function opens by a name it was given, or in a loop over files. A loop that
    reads one file in pieces is no finding.

Why it allocates:
    The result is allocated with the size that was asked for, and only then made as short as what
    came. A file of 4 KB costs 1 MiB that way, and the memory is gone at once, so that nothing of
    it shows in memory in use.

Example:
    ```python
    def head(path):
        with open(path, "rb") as file:
            return file.read(1 << 20)
    ```

Use instead:
    ```python
    def head(path):
        with open(path, "rb") as file:
            return file.read(min(os.fstat(file.fileno()).st_size, 1 << 20))
    ```

    ``file.read()`` asks for the size by itself where the whole file is wanted. Many files in a
    row can share one ``bytearray``: ``n = os.readv(fd, [buffer])``, then look at
    ``memoryview(buffer)[:n]``, which holds until the next file is read.

When it does not help:
    Files that are as large as the buffer. Pipes and sockets have no size to ask for; read them in
    pieces of 64 KiB.

Measured:
    CPython 3.11 to 3.13, files of 3.6 KB with a limit of 1 MiB: 1,057,943 B a file, with the size
    asked for first 10,000 B, through one bytearray 6,000 B. The time depends on what the C library
    does with freed memory: 15 us instead of 4 us a file where it gives it back each time, and 4 us
    instead of 5 us where it keeps it, since asking is a call more. Over 100,000 files that were
    searched with one bytearray and ``os.readv`` it was 4.2 times as fast.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from heapwise.diagnose.rules.python.values import whole_number
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.python_file import Function, PythonCall, PythonFile
from heapwise.model.finding import Confidence, Sketch

CODE = "HW905"
NAME = "big-read-for-small-file"
HOLDS_FOR = "files that are much smaller than the buffer"
REFERENCES = ("https://docs.python.org/3/library/os.html#os.readv",)

_BIG = 256 << 10
_LARGE_NUMBER = re.compile(rb"\bread\([^()\n]*(?:\d{6}|<<|\*)")
_SAVED = 0.98
_OPENERS = frozenset({"open", "io.open", "os.open", ".open"})


def _find(file: PythonFile) -> Iterable[Match]:
    if not _LARGE_NUMBER.search(file.data):
        return
    for call in file.calls("os.read", ".read"):
        function = file.function_of(call.node)
        wanted = call.node.args[-1:] if len(call.node.args) == 1 + (call.name == "os.read") else []
        size = whole_number(wanted[0]) if wanted else None
        if function is None or size is None or size < _BIG:
            continue
        opened = _opened(file, function, call)
        if opened is not None and not _in_pieces(file, call.node, opened):
            yield _match(file, call, file.qualified(function), size)


def _opened(file: PythonFile, function: Function, call: PythonCall) -> ast.Call | None:
    """The call of the same function that opens what is read; None where another one did."""
    target = call.node.args[0] if call.name == "os.read" else _receiver(call.node)
    if isinstance(target, ast.Call):
        return target if _opens(file, target) else None
    if not isinstance(target, ast.Name):
        return None
    for each in ast.walk(function):
        value, names = None, set[str]()
        if isinstance(each, ast.Assign):
            value, names = each.value, {t.id for t in each.targets if isinstance(t, ast.Name)}
        elif isinstance(each, ast.withitem) and isinstance(each.optional_vars, ast.Name):
            value, names = each.context_expr, {each.optional_vars.id}
        if target.id in names and isinstance(value, ast.Call) and _opens(file, value):
            return value
    return None


def _receiver(call: ast.Call) -> ast.expr | None:
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def _opens(file: PythonFile, call: ast.Call) -> bool:
    """Whether a call opens a file whose name is not the same each time."""
    name = file.name_of(call.func)
    path = call.args[0] if call.args else None
    if name == ".open" and isinstance(call.func, ast.Attribute):
        path = call.func.value  # path.open("rb")
    return name in _OPENERS and isinstance(path, ast.Name | ast.Attribute | ast.BinOp | ast.Call)


def _in_pieces(file: PythonFile, node: ast.Call, opened: ast.Call) -> bool:
    """Whether a loop that the file was not opened in reads on and on."""
    if any(isinstance(each, ast.Lambda) for each in file.ancestors(node)):
        return True
    # The first piece may well be read before the loop.
    same = (call.node for call in file.calls("os.read", ".read") if _is_like(call.node, node))
    around = list(file.ancestors(opened))
    function = file.function_of(node)
    return any(
        (loop := file.loop_around(each)) is not None
        and loop not in around
        and file.function_of(each) is function
        for each in same
    )


def _is_like(call: ast.Call, other: ast.Call) -> bool:
    return ast.dump(call) == ast.dump(other)


def _match(file: PythonFile, call: PythonCall, function: str, size: int) -> Match:
    reads = "os.read" if call.name == "os.read" else file.text(call.node.func)
    limit = file.text(call.node.args[-1])
    handle = (
        file.text(call.node.args[0])
        if call.name == "os.read"
        else f"{reads.removesuffix('.read')}.fileno()"
    )
    before = f"{handle}, " if call.name == "os.read" else ""
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} asks for {size:,} B to read a file, however small it is",
        why=f"{reads} allocates all of {limit} before it knows how much there is, for every file.",
        remedy="Ask for the file's size first, or read all of it without a limit; many files in a"
        " row can share one bytearray (os.readv, readinto).",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=f"{reads}({before}min(os.fstat({handle}).st_size, {limit}))",
        ),
        saved=_SAVED,
        callees=("",),
        confidence=Confidence.MEDIUM,
    )


LOOKS = {"python": Look((b".read(",), _find)}
