r"""Rows of numbers are written by way of a format, in a loop.

What it finds:
    fmt.Fprintf with a constant format of plain ``%d``, ``%s`` and ``%v``, in a loop of more than a
    few rounds, where every value is an integer or string by its declaration and at least one is an
    integer that is no constant: rows of data. Sentences with a number in them are no finding, nor
    is what goes to the terminal, nor are widths, fractions and values with their own text. Without
    a recording only loops are told whose rounds are given in figures, or that go through the lines
    of a text or the rows of a table.

Why it allocates:
    Every value is passed as ``any``: an integer from 256 on and every string that is no constant is
    copied to the heap first, one object each, in every round. Free are constants, bools, pointers
    and integers below 256.

Example:
    ```go
    for _, each := range rows {
        fmt.Fprintf(w, "%d,%d\n", each.ID, each.Size)
    }
    ```

Use instead:
    ```go
    var line []byte
    for _, each := range rows {
        line = strconv.AppendInt(line[:0], int64(each.ID), 10)
        line = append(line, ',')
        line = strconv.AppendInt(line, int64(each.Size), 10)
        line = append(line, '\n')
        w.Write(line)
    }
    ```

When it does not help:
    Loops that write little. A typed function around the same call, as in writeInt(w, n), copies the
    number one call later.

Measured:
    Two numbers on Go 1.27.3 and 1.26.8: 16 B and 2 objects a line; appended none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.calls.go_boxing import are_plain, boxed
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_formats import Format
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_kinds import INTEGERS, SIGNED, UNSIGNED, default_type
from heapwise.diagnose.source.go_loops import leaves_at_once, loop_around, rounds
from heapwise.diagnose.source.go_often import many
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW807"
NAME = "boxed-in-hot-call"
HOLDS_FOR = "integers from 256 on and strings, in loops"
REFERENCES = ("https://pkg.go.dev/strconv#AppendInt",)

_FEW = 16
"""Rounds below which nobody should write it by hand."""
_MOST = 6
"""Values, beyond which appending is no more readable than a template."""
_SEPARATORS = 16
"""Characters between the values of a row, beyond which it is a sentence or a template."""
_TERMINAL = frozenset({"os.Stdout", "os.Stderr"})


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("fmt.Fprintf"):
        loop = loop_around(call.node)
        if loop is None or (rounds(file, loop) or _FEW) < _FEW or len(call.arguments) < 3:
            continue
        statement = call.node.parent
        if text(call.arguments[0]) in _TERMINAL or leaves_at_once(statement or call.node):
            continue
        lines, costly = _appended(file, call), boxed(file, call.arguments[2:])
        if lines and any(type_of(file, value) in INTEGERS for value in costly):
            yield _match(file, call, lines, costly)


def _appended(file: GoFile, call: GoCall) -> list[str]:
    """What appends the same, line by line; nothing where a value is not known well enough."""
    given, values = Format.of(call.arguments[1]), call.arguments[2:]
    if given is None or len(given.verbs) != len(values) or len(values) > _MOST:
        return []
    if sum(map(len, given.texts)) > _SEPARATORS:
        return []
    lines = list(_text(given, 0))
    for index, (verb, value) in enumerate(zip(given.verbs, values, strict=True)):
        line = _value(default_type(type_of(file, value)), verb, text(value))
        if not line:
            return []
        lines += [line, *_text(given, index + 1)]
    return [lines[0].replace("(line, ", "(line[:0], "), *lines[1:]]


def _text(given: Format, index: int) -> Iterator[str]:
    if given.texts[index]:
        yield f"line = append(line, {given.literal(index)}...)"


def _value(kind: str, verb: str, source: str) -> str:
    if kind == "string" and verb in ("%s", "%v"):
        return f"line = append(line, {source}...)"
    if verb not in ("%d", "%v"):
        return ""
    for kinds, name, wide in ((SIGNED, "Int", "int64"), (UNSIGNED, "Uint", "uint64")):
        if kind in kinds:
            value = source if kind == wide else f"{wide}({source})"
            return f"line = strconv.Append{name}(line, {value}, 10)"
    return ""


def _match(file: GoFile, call: GoCall, lines: list[str], costly: tuple[Node, ...]) -> Match:
    writer = text(call.arguments[0]).removeprefix("&")
    named = " and ".join(text(value) for value in costly[:2])
    alone = are_plain(call.arguments[2:])
    return Match(
        span=file.span(call.node),
        function=file.owner(call.node),
        title=f"fmt.Fprintf copies {named} to the heap in every round of a loop",
        why=f"{len(costly)} of its values become an any, and are copied to the heap for that.",
        remedy=f"Append to one slice of bytes that the rounds share, and write it to {writer}.",
        sketch=Sketch(text(call.node), "\n".join([*lines, f"{writer}.Write(line)"])),
        saved=1.0 if alone else None,
        saved_allocs=1.0 if alone else None,
        callees=("",),
        confidence=Confidence.MEDIUM,
        needs_evidence=not many(file, loop_around(call.node)),
    )


LOOKS = {"go": Look((b"fmt",), _go)}
