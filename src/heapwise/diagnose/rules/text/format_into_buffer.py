r"""A number becomes a string only to be written into a buffer.

What it finds:
    ``append(b, strconv.Itoa(n)...)`` and FormatInt, FormatUint, FormatFloat and Quote in Itoa's
    place; and WriteString of one of them on a bytes.Buffer or bufio.Writer that is declared as such
    in the function, its parameters or the receiver's fields. A strings.Builder is no finding: it
    has no room to lend. Without a recording nothing is told: it is some bytes a call.

Why it allocates:
    strconv makes a string, it is copied into the buffer, and then it is garbage. The Append
    functions write the digits where they belong.

Example:
    ```go
    b = append(b, strconv.Itoa(n)...)
    ```

Use instead:
    ```go
    b = strconv.AppendInt(b, int64(n), 10)
    ```

    For a bytes.Buffer or bufio.Writer, from Go 1.21 on:
    ``w.Write(strconv.AppendInt(w.AvailableBuffer(), int64(n), 10))``.

When it does not help:
    Numbers below 100: strconv keeps their strings, so nothing is allocated either way.

Measured:
    The number 12345 on Go 1.27.3 and 1.26.8: 5 B and 1 object; appended 0 B and none. The same
    for a bytes.Buffer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_kinds import is_constant
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW405"
NAME = "format-into-buffer"
HOLDS_FOR = "numbers from 100 on; bytes.Buffer and bufio.Writer from Go 1.21 on"
REFERENCES = (
    "https://pkg.go.dev/strconv#AppendInt",
    "https://pkg.go.dev/bytes#Buffer.AvailableBuffer",
)

_APPENDING = {
    "strconv.Itoa": "AppendInt",
    "strconv.FormatInt": "AppendInt",
    "strconv.FormatUint": "AppendUint",
    "strconv.FormatFloat": "AppendFloat",
    "strconv.Quote": "AppendQuote",
}
_LENDERS = frozenset({"bytes.Buffer", "bufio.Writer"})
_LENDS_SINCE = (1, 21)


def _go(file: GoFile) -> Iterable[Match]:
    for call, made in _appended(file):
        whole = _append(made, text(call.arguments[0]))
        yield _match(file, call, made, whole, "")
    if file.package.module.speaks(_LENDS_SINCE):
        for call, made in _written(file):
            buffer = text(call.receiver)
            whole = f"{buffer}.Write({_append(made, f'{buffer}.AvailableBuffer()')})"
            yield _match(file, call, made, whole, "buffer")


def _appended(file: GoFile) -> Iterator[tuple[GoCall, GoCall]]:
    """Each ``append(b, strconv.Itoa(n)...)``, and what is inside."""
    for call in file.calls("append"):
        if len(call.arguments) == 2 and call.arguments[1].type == "variadic_argument":
            made = _conversion(file, call.arguments[1].named_children[0])
            if made is not None and type_of(file, call.arguments[0]) == "[]byte":
                yield call, made


def _written(file: GoFile) -> Iterator[tuple[GoCall, GoCall]]:
    """Each ``buffer.WriteString(strconv.Itoa(n))`` on a buffer that lends room."""
    for call in file.calls(".WriteString"):
        made = _conversion(file, call.arguments[0]) if len(call.arguments) == 1 else None
        if made is None or call.receiver is None or not _is_statement(call.node):
            continue
        kind = type_of(file, call.receiver).removeprefix("*")
        package, _, name = kind.partition(".")
        # What writes to the buffer as well would write over the room that is lent.
        if re.search(rf"\b{re.escape(text(call.receiver))}\b", text(made.node)):
            continue
        if f"{file.imports.get(package, '')}.{name}" in _LENDERS:
            yield call, made


def _is_statement(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "expression_statement"


def _conversion(file: GoFile, node: Node) -> GoCall | None:
    """A call of strconv that makes a string of what may be long enough to be allocated."""
    call = file.call(node) if node.type == "call_expression" else None
    if call is None or call.name not in _APPENDING or runs_again(file, node) is None:
        return None
    constant = not call.arguments or is_constant(type_of(file, call.arguments[0]))
    return None if constant else call


def _append(made: GoCall, buffer: str) -> str:
    """The call of strconv that appends to a buffer."""
    arguments = [text(each) for each in made.arguments]
    if made.name == "strconv.Itoa":
        arguments = [f"int64({arguments[0]})", "10"]
    return f"strconv.{_APPENDING[made.name]}({', '.join([buffer, *arguments])})"


def _match(file: GoFile, call: GoCall, made: GoCall, whole: str, case: str) -> Match:
    value = text(made.arguments[0])
    return Match(
        span=file.span(call.node),
        function=file.owner(call.node),
        title=f"{value} becomes a string only to be copied into a buffer",
        why=f"{made.name} allocates the string of {value}; once copied, it is garbage.",
        remedy=f"strconv.{_APPENDING[made.name]} writes {value} into the buffer itself.",
        sketch=Sketch(text(call.node), whole),
        saved=1.0,
        saved_allocs=1.0,
        callees=("strconv.",),
        edits=(file.edit(call.node, whole),),
        imports=("strconv",),
        case=case,
        needs_evidence=True,
    )


LOOKS = {"go": Look((b"strconv.",), _go)}
