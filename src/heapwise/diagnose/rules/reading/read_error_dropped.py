"""A loop reads rows or lines and drops the reader's error, so it never learns of the end.

What it finds:
    Read of a csv.Reader, or ReadString, ReadBytes, ReadSlice, ReadLine and ReadRune of a
    bufio.Reader, in a loop, with the error assigned to the blank, where the loop is not left by
    looking at what was read. A single line that is read before the loop, and a loop of a few
    rounds, are no finding.

Why it allocates:
    It does not: it makes data wrong. The error is how a reader says that it has ended. A loop
    without it runs on, with records that are nil: for ever, or as often as somebody once counted.
    If the input is longer than that, its end is missing; a row that is malformed is passed over.

Example:
    ```go
    for i := 0; i < 10_000_000; i++ {
        record, _ := reader.Read()
        rows <- parse(record)
    }
    ```

Use instead:
    ```go
    for {
        record, err := reader.Read()
        if err == io.EOF {
            break
        }
        if err != nil {
            return err
        }
        rows <- parse(record)
    }
    ```

    Count what was read, and compare it with what arrived.

When it does not help:
    It saves nothing. Input that has exactly as many rows as the loop rounds, and no bad one, comes
    out the same.

Measured:
    Go 1.26.8: a loop of 10,000 rounds over a file of 1,050 rows hands on 8,950 records that are
    none; over one of 12,345 rows it leaves out 2,345.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_loops import loop_around, rounds
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_syntax import descend, identifiers, text
from heapwise.diagnose.source.go_values import results
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW811"
NAME = "read-error-dropped"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = ("https://pkg.go.dev/encoding/csv#Reader.Read", "https://pkg.go.dev/io#EOF")

_CSV = frozenset({"encoding/csv.Reader", "encoding/csv.NewReader"})
_BUFFERED = frozenset({"bufio.Reader", "bufio.NewReader", "bufio.NewReaderSize"})
_OF = {".Read": _CSV} | dict.fromkeys(
    (".ReadString", ".ReadBytes", ".ReadSlice", ".ReadLine", ".ReadRune"), _BUFFERED
)
"""Whose method is meant, by type or by what makes one: other readers' may mean anything."""

_FEW = 100
"""Rounds of a loop that reads what it knows to be there: the lines of a head."""

_DECIDES = ("if_statement", "expression_switch_statement")
_LEAVES = ("break_statement", "return_statement", "goto_statement")


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_OF):
        loop, names = loop_around(call.node), results(call.node)
        if loop is None or len(names) < 2 or names[-1] != "_" or not _reads(file, call):
            continue
        if (rounds(file, loop) or _FEW) >= _FEW and not _is_left_by(loop, names[0]):
            yield _match(file, call, names[0])


def _reads(file: GoFile, call: GoCall) -> bool:
    """Whether the receiver is known to be a reader whose error tells of the end."""
    known = variable(call.receiver)
    if known is None:
        return False
    kind, made = known.type(), known.value()
    names = {file.qualified(kind.named_children[0])} if kind and kind.named_children else set()
    if made is not None and made.type == "call_expression":
        names.add(file.call(made).name)
    return bool(names & _OF[call.name])


def _is_left_by(loop: Node, record: str) -> bool:
    """Whether something in the loop looks at what was read, and leaves."""
    return any(
        next(identifiers(decision, record), None) is not None
        and any(next(descend(decision, kind), None) is not None for kind in _LEAVES)
        for kind in _DECIDES
        for decision in descend(loop, kind)
    )


def _match(file: GoFile, call: GoCall, record: str) -> Match:
    span, name = file.span(call.node), file.owner(call.node)
    read = text(call.node)
    return Match(
        span=span,
        function=name,
        title=f"{name} drops the error of {read}, which is how the input ends",
        why=f"At the end of the input, and at a bad row, {record} is nothing and only the error"
        " says so: the loop goes on with it.",
        remedy="Leave the loop at io.EOF, return any other error, and compare the number of rows"
        " read with what arrived.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"{record}, err := {read}\nif err == io.EOF {{\n\tbreak\n}}\n"
            "if err != nil {\n\treturn err\n}",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b'"encoding/csv"', b'"bufio"'), _go)}
