"""A string that cannot grow in place is copied whole at every round of a loop.

What it finds:
    In a loop: ``+=`` on bytes, ``+=`` on a string that is an attribute, an item or a global, and
    a string that is built as ``text = text + a + b`` or from its front. A local string with
    ``text += piece`` is no finding: CPython lets it grow in place. Nor is a buffer that the loop
    shortens again, text that the loop looks into as it grows, or a loop over a few values.
    Without a recording only what comes from a stream is told, and what grows while a request is
    answered: elsewhere the source cannot tell three pieces from three thousand.

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
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from heapwise.diagnose.rules.python.answering import answering
from heapwise.diagnose.rules.python.growing import Growth, growths, is_behind
from heapwise.diagnose.rules.python.pieces import come_from_a_stream
from heapwise.diagnose.rules.python.values import argument_of_len
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

_WHY = {
    "bytes": "bytes never grow in place",
    "shared": "a string grows in place only where one local name is all that refers to it",
    "rebuilt": "the first + makes a copy, since the name still refers to the old string",
}


_EMPTY = re.compile(rb"^[ \t]*([\w.]+)[ \t]*(?::[^=\n]*)?=[ \t]*(b?)(?:\"\"|'')", re.MULTILINE)
_DECLARED = re.compile(rb"^[ \t]+(?:global|nonlocal)\b", re.MULTILINE)
_INDENT = re.compile(rb"[ \t]*")
_LOOP = re.compile(rb"^([ \t]*)(?:async[ \t]+)?(?:for|while)\b", re.MULTILINE)


def _may_have_it(data: bytes) -> bool:
    """Whether anything that begins empty grows in a loop, as far as bytes tell without a parser."""
    begins: dict[bytes, int] = {}
    copied = set()
    for found in _EMPTY.finditer(data):
        begins.setdefault(found[1], found.start())
        if found[2] or b"." in found[1]:
            copied.add(found[1])
    if not begins:
        return False
    shared = _DECLARED.search(data) is not None
    loops = [(found.start(), len(found[1])) for found in _LOOP.finditer(data)]
    names = b"|".join(map(re.escape, begins))
    grows = re.compile(rb"\b(" + names + rb")[ \t]*(\+=|=[^=\n][^\n]*\+)")
    for found in grows.finditer(data, min(begins.values())):
        begin = begins[found[1]]
        if found[2] == b"+=" and found[1] not in copied and not shared:
            continue
        line = data.rfind(b"\n", 0, found.start()) + 1
        indented = _INDENT.match(data, line)
        indent = indented.end() - line if indented is not None else 0
        if any(loop == line or (begin < loop < line and depth < indent) for loop, depth in loops):
            return True
    return False


def _find(file: PythonFile) -> Iterable[Match]:
    if not _may_have_it(file.data):
        return
    grown: dict[tuple[Function, str], list[Growth]] = defaultdict(list)
    for each in sorted(growths(file), key=lambda growth: growth.statement.lineno):
        grown[each.function, file.text(each.target)].append(each)
    often = answering(file) if grown else frozenset()
    for same in grown.values():
        yield _match(file, same, alone=any(_grows_long(file, each, often) for each in same))


def _grows_long(file: PythonFile, growth: Growth, often: AbstractSet[Function]) -> bool:
    """Whether the source alone shows many pieces, or that a request pays for them."""
    if growth.looked_at:
        return False
    if come_from_a_stream(file, growth.loop, growth.statement.value):
        return True
    over = growth.loop.iter if isinstance(growth.loop, ast.For) else None
    return growth.function in often and over is not None and not _are_few(file, over)


def _are_few(file: PythonFile, over: ast.expr) -> bool:
    """The entries of a dict, as headers and fields are, and a range of no known length."""
    called = file.name_of(over.func) if isinstance(over, ast.Call) else ""
    measured = any(argument_of_len(each) for each in ast.walk(over))
    return called == ".items" or (called == "range" and not measured)


def _match(file: PythonFile, same: Sequence[Growth], *, alone: bool) -> Match:
    """One for all statements of a function that make the same string longer."""
    first, *others = same
    name, function = file.text(first.target), file.qualified(first.function)
    remedy, after = _remedy(first, name)
    return Match(
        span=file.span(first.statement),
        function=function,
        title=f"{name} is copied whole at every round of a loop in {function}",
        why=f"Each round makes a new {first.kind.__name__} of the full length so far:"
        f" {_WHY[first.why]}.",
        remedy=remedy,
        sketch=Sketch(before=file.lines(file.span(first.statement)), after=after),
        saved=_SAVED,
        callees=("",),
        more=tuple(file.span(each.statement) for each in others),
        case="" if first.kind is bytes else "str",
        needs_evidence=not alone,
    )


def _remedy(growth: Growth, name: str) -> tuple[str, str]:
    """In words, and as lines."""
    if growth.looked_at:
        made = f"Make {name} a bytearray: it grows in place and is searched like bytes."
        return (
            f"{made} Hand on bytes({name}).",
            f"{name} = bytearray()  # before the loop\n{name} += …  # in the loop: in place",
        )
    empty = 'b""' if growth.kind is bytes else '""'
    pieces = "pieces" if is_behind(growth.statement, growth.target) else "reversed(pieces)"
    return (
        f"Collect the pieces of {name} in a list and join it once behind the loop"
        + (", or in a bytearray, which grows in place." if growth.kind is bytes else "."),
        f"pieces.append(…)  # in the loop\n{name} = {empty}.join({pieces})  # behind it",
    )


LOOKS = {"python": Look((b'= b""', b"= b''", b'= ""', b"= ''"), _find)}
