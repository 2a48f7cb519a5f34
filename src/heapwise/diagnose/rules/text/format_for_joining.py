r"""Strings are put together by a format.

What it finds:
    fmt.Sprintf with a constant format of plain ``%s``, ``%d``, ``%v`` and text between them, all of
    whose values are strings or integers by their declarations, most of them strings. Formats with
    widths, fractions or quotes are no finding, nor are values that bring their own text (errors,
    Stringers), nor the messages of errors and panics. ``a + ":" + b`` is no finding either: it is
    the remedy. Without a recording nothing is told: it is some bytes a call.

Why it allocates:
    Every value is passed as ``any``, and for that a string's header and an integer from 256 on are
    copied to the heap first; then the result is copied out of fmt's buffer. A single expression
    with ``+`` knows all lengths and allocates the result, once.

Example:
    ```go
    key := fmt.Sprintf("%s:%s:%s", tenant, kind, id)
    ```

Use instead:
    ```go
    key := tenant + ":" + kind + ":" + id
    ```

When it does not help:
    A strings.Builder is no better than ``+`` here, and without Grow or from a sync.Pool it is
    worse. Numbers gain little: their text is allocated instead of their copy. In a loop that makes
    one string longer and longer, ``+`` is the wrong tool.

Measured:
    Three strings on Go 1.27.3 and 1.26.8: 72 B and 4 objects; with ``+`` 24 B and 1. A string and
    the number 4711: 40 B and 3 objects; with ``+`` and Itoa 16 B and 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_formats import Format, formatted
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_kinds import default_type, is_constant
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import enclosing, text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW404"
NAME = "format-for-joining"
HOLDS_FOR = "strings and integers, without widths or other flags"
REFERENCES = ("https://pkg.go.dev/fmt#Sprintf",)

_BINDS = frozenset({"index_expression", "slice_expression", "selector_expression"})
_HEADER = 16
"""Bytes of a string's header, which each string costs on its way into an ``any``."""
_NUMBER = 8
"""Bytes of a number on that way; its text takes as much."""
_RESULT = 24
"""Bytes of a key of three parts, as measured."""


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("fmt.Sprintf"):
        given = Format.of(call.arguments[0]) if len(call.arguments) > 1 else None
        if given is None or len(given.verbs) != len(call.arguments) - 1:
            continue
        if len(given.verbs) == 1 and not any(given.texts):
            continue  # a conversion, which is another matter
        if runs_again(file, call.node) is None or _is_error(file, call):
            continue
        kinds = [type_of(file, value) for value in call.arguments[1:]]
        joined = _joined(given, kinds, call.arguments[1:])
        if joined is not None and kinds.count("string") >= max(1, len(_numbers(kinds))):
            yield _match(file, call, kinds, joined)


def _is_error(file: GoFile, call: GoCall) -> bool:
    """Whether it is the text of an error: that is rare, or else not what should be made faster."""
    function, around = file.function_at(call.node), enclosing(call.node, "call_expression")
    in_error = function is not None and function.short == "Error"
    return in_error or (around is not None and file.call(around).name == "errors.New")


def _joined(given: Format, kinds: list[str], values: tuple[Node, ...]) -> str | None:
    """The sum that a format stands for; None where one of its values is not known well enough."""
    terms = [given.literal(0)] if given.texts[0] else []
    for index, (verb, kind, value) in enumerate(zip(given.verbs, kinds, values, strict=True)):
        term = formatted(default_type(kind), verb, text(value)) if verb != "%x" else None
        if term is None or "Bool" in term:
            return None
        terms.append(term)
        if given.texts[index + 1]:
            terms.append(given.literal(index + 1))
    return " + ".join(terms)


def _numbers(kinds: list[str]) -> list[str]:
    """The types of the numbers that vary: each is copied as often as before, to a string."""
    return [kind for kind in kinds if kind != "string" and not is_constant(kind)]


def _match(file: GoFile, call: GoCall, kinds: list[str], joined: str) -> Match:
    parent = call.node.parent
    bound = f"({joined})" if parent is not None and parent.type in _BINDS else joined
    copied = [kind for kind in kinds if not is_constant(kind)]
    strings, numbers = kinds.count("string"), len(_numbers(kinds))
    freed = _HEADER * strings
    return Match(
        span=file.span(call.node),
        function=file.owner(call.node),
        title=f"fmt.Sprintf only joins {' and '.join(_values(call))}",
        why=f"{len(copied)} value{'s are' if len(copied) > 1 else ' is'} copied to the heap to be"
        " passed as any, and the result is copied out of fmt's buffer.",
        remedy="Join them with +: one expression allocates its result and nothing else.",
        sketch=Sketch(text(call.node), joined),
        saved=freed / (freed + _NUMBER * numbers + _RESULT),
        saved_allocs=strings / (strings + numbers + 1),
        callees=("fmt.", ""),
        edits=(file.edit(call.node, bound),),
        imports=("strconv",) if "strconv." in joined else (),
        case="number" if numbers else "",
        needs_evidence=True,
    )


def _values(call: GoCall) -> list[str]:
    """The first values by name, as many as a title bears."""
    named = [text(value) for value in call.arguments[1:]]
    return named if len(named) < 4 else [*named[:2], "others"]


LOOKS = {"go": Look((b"fmt",), _go)}
