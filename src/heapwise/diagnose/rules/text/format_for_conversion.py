r"""A number becomes text by way of a format.

What it finds:
    fmt.Sprintf whose format is one verb and nothing else, and fmt.Sprint, of one integer, bool or
    string. Also "%d" of a value whose type only a compiler knows; for that there is no patch. What
    runs once is no finding, nor are values that fmt asks for their own text: errors, Stringers.
    Without a recording only what a handler converts is told.

Why it allocates:
    fmt takes its arguments as ``any``: an integer from 256 on, and every string that is no
    constant, is first copied to the heap so that the interface can point at it. Then the result is
    copied out of fmt's own buffer. strconv makes the result and nothing else, and nothing at all
    for numbers below 100.

Example:
    ```go
    func key(id int) string {
        return fmt.Sprintf("%d", id)
    }
    ```

Use instead:
    ```go
    func key(id int) string {
        return strconv.Itoa(id)
    }
    ```

    FormatInt and FormatUint for the other integers. A string needs no conversion at all.

When it does not help:
    Where the text is written on at once: strconv.AppendInt into the buffer makes no string either.
    Numbers below 256 were never copied, so only time is won.

Measured:
    The number 12345 on Go 1.27.3 and 1.26.8: fmt.Sprintf 16 B and 2 objects, strconv.Itoa 5 B and
    1, in a quarter of the time. A string of 26 characters: 48 B and 2 objects; as it is, none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import string
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_formats import Format, formatted
from heapwise.diagnose.source.go_functions import GoCall, serves
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW402"
NAME = "format-for-conversion"
HOLDS_FOR = "values of plain types; numbers from 256 on save an object, smaller ones only time"
REFERENCES = ("https://pkg.go.dev/strconv#Itoa",)

_LOOSE = frozenset({"binary_expression", "unary_expression"})
_BINDS = frozenset({"index_expression", "slice_expression", "selector_expression"})


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("fmt.Sprintf", "fmt.Sprint"):
        verb = _verb(call)
        if (
            verb is None
            or runs_again(file, call.node) is None
            or _is_fixed(file, call.arguments[-1])
        ):
            continue
        kind = type_of(file, call.arguments[-1])
        certain = formatted(kind, verb, text(call.arguments[-1]))
        if certain is not None:
            yield _match(file, call, kind, _bound(call, certain), certain=True)
        elif verb == "%d" and not kind:
            guess = f"strconv.FormatInt(int64({text(call.arguments[-1])}), 10)"
            yield _match(file, call, kind, guess, certain=False)


def _is_fixed(file: GoFile, value: Node) -> bool:
    """Whether a value is the length of a constant: it is a constant too, and mostly a short one."""
    call = file.call(value) if value.type == "call_expression" else None
    return (
        call is not None
        and call.name == "len"
        and all(string(file, each) is not None for each in call.arguments)
    )


def _verb(call: GoCall) -> str | None:
    """What the one value of a call is formatted with."""
    if call.name == "fmt.Sprint":
        return "%v" if len(call.arguments) == 1 else None
    if len(call.arguments) != 2:
        return None
    given = Format.of(call.arguments[0])
    return given.verbs[0] if given is not None and not any(given.texts) and given.verbs else None


def _bound(call: GoCall, replacement: str) -> str:
    """With parentheses where what stands around would take it apart."""
    alone = replacement == text(call.arguments[-1]) and call.arguments[-1].type in _LOOSE
    return f"({replacement})" if alone and _parent(call.node) in _BINDS else replacement


def _parent(node: Node) -> str:
    return node.parent.type if node.parent is not None else ""


def _match(file: GoFile, call: GoCall, kind: str, replacement: str, *, certain: bool) -> Match:
    function, value = file.function_at(call.node), text(call.arguments[-1])
    assert function is not None  # noqa: S101 - what is in none runs once
    name = call.name.removeprefix("fmt.")
    is_string = kind == "string"
    return Match(
        span=file.span(call.node),
        function=function.name,
        title=f"fmt.{name} {'copies the string' if is_string else 'only converts'} {value}"
        f" in {function.short}",
        why=f"{value} is copied to the heap to be passed as any, and the result is copied out of"
        " fmt's buffer.",
        remedy=f"{value} is the text already."
        if is_string
        else f"{replacement.partition('(')[0]} makes the same text and nothing beside it.",
        sketch=Sketch(text(call.node), replacement),
        saved=1.0 if is_string else 0.5,
        saved_allocs=1.0 if is_string else 0.5,
        callees=_callees(call.node),
        edits=(file.edit(call.node, replacement),) if certain else (),
        imports=("strconv",) if certain and replacement.startswith("strconv.") else (),
        case=_case(kind),
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        needs_evidence=not serves(call.node),
    )


def _case(kind: str) -> str:
    return {"string": "string", "bool": "bool"}.get(kind, "")


def _callees(call: Node) -> tuple[str, ...]:
    """The copies of arguments count as the line's own, unless a growing slice does as well."""
    around = call.parent.parent if call.parent is not None else None
    appended = around is not None and text(around).startswith("append(")
    return ("fmt.",) if appended else ("fmt.", "")


LOOKS = {"go": Look((b"fmt",), _go)}
