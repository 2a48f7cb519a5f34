r"""A structured logger is given its values as ``any``.

What it finds:
    slog.Debug, slog.Info in a loop or a handler of requests, the same methods of a
    ``*slog.Logger``, and their forms with a context, with keys that are constants, where at least
    one value is a number or string by its declaration. Warnings and errors are no finding: they
    should be rare. Nor are calls whose values are all free: constants, bools, pointers, errors. Nor
    are strings that a call makes on the spot, which costs more. Without a recording nothing is
    told: it is some bytes a call.

Why it allocates:
    The values go through a ``...any``: an integer from 256 on, a float and every string that is no
    constant is copied to the heap before the logger even looks at the level. That happens for
    messages that are never written as well. LogAttrs takes typed attributes that hold numbers and
    strings as they are.

Example:
    ```go
    slog.Debug("answered", "status", status, "path", path)
    ```

Use instead:
    ```go
    slog.LogAttrs(ctx, slog.LevelDebug, "answered",
        slog.Int("status", status), slog.String("path", path))
    ```

When it does not help:
    Values without a typed attribute of their own go through slog.Any, which copies them as before.
    A function logInt(n int) around log.Printf helps nobody: the copy is made one call later.

Measured:
    A number and a string on Go 1.27.3 and 1.26.8: 24 B and 2 objects, written or not; with
    LogAttrs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.calls.go_boxing import are_plain, boxed
from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_kinds import default_type
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import ancestors, text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW808"
NAME = "logging-boxed-attributes"
HOLDS_FOR = "numbers from 256 on, floats and strings that are no constants"
REFERENCES = ("https://pkg.go.dev/log/slog#hdr-Performance_considerations",)

_LEVELS = {f"{level}{context}": level for level in ("Debug", "Info") for context in ("", "Context")}
_NAMES = tuple(f"{owner}.{name}" for owner in ("log/slog", "") for name in _LEVELS)
_ATTRIBUTES = {
    "string": "String",
    "int": "Int",
    "int64": "Int64",
    "uint64": "Uint64",
    "float64": "Float64",
    "bool": "Bool",
    "time.Duration": "Duration",
    "time.Time": "Time",
}
_REQUESTS = ("http.Request", "gin.Context", "echo.Context", "fiber.Ctx", "fasthttp.RequestCtx")
"""Parameters of functions that run once a request."""


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_NAMES):
        if (
            not _is_slog(file, call)
            or runs_again(file, call.node) is None
            or not _is_frequent(call)
        ):
            continue
        pairs = list(_pairs(call))
        costly = boxed(file, tuple(value for _, value in pairs if not _is_made(file, value)))
        if costly:
            yield _match(file, call, pairs, costly)


def _is_slog(file: GoFile, call: GoCall) -> bool:
    if not call.name.startswith("."):
        return True
    kind = type_of(file, call.receiver) if call.receiver is not None else ""
    return kind == "*slog.Logger" and file.imports.get("slog") == "log/slog"


def _is_frequent(call: GoCall) -> bool:
    """Whether it says what happens all the time, not that a service has started."""
    if ".Debug" in call.name or loop_around(call.node) is not None:
        return True
    heads = (each.child_by_field_name("parameters") for each in ancestors(call.node))
    return any(kind in text(head) for head in heads if head is not None for kind in _REQUESTS)


def _given(call: GoCall) -> tuple[Node, ...]:
    """The arguments from the message on."""
    return call.arguments[1:] if call.name.endswith("Context") else call.arguments


def _pairs(call: GoCall) -> Iterator[tuple[Node, Node]]:
    """Keys and values; nothing where they are not all pairs with a constant key."""
    given = _given(call)[1:]
    keys, values = given[::2], given[1::2]
    constant = all(key.type in STRINGS for key in keys)
    if constant and len(keys) == len(values) and not any(_is_spread(v) for v in values):
        yield from zip(keys, values, strict=True)


def _is_made(file: GoFile, value: Node) -> bool:
    """Whether a call makes a string: that costs more than passing it, with typed attributes too."""
    return value.type == "call_expression" and type_of(file, value) == "string"


def _is_spread(node: Node) -> bool:
    return node.type == "variadic_argument"


def _match(
    file: GoFile, call: GoCall, pairs: list[tuple[Node, Node]], costly: tuple[Node, ...]
) -> Match:
    level = _LEVELS[call.name.rpartition(".")[2]]
    attributes = [_attribute(file, key, value) for key, value in pairs]
    typed = not any("slog.Any(" in each for each in attributes)
    context = text(call.arguments[0]) if call.name.endswith("Context") else "context.Background()"
    logger, message = text(call.receiver), text(_given(call)[0])
    attrs = ", ".join([context, f"slog.Level{level}", message, *attributes])
    after = f"{logger}.LogAttrs({attrs})"
    certain = typed and file.imports.get("slog") == "log/slog"
    return Match(
        span=file.span(call.node),
        function=file.owner(call.node),
        title=f"Logging {_listed(costly)} copies {'it' if len(costly) == 1 else 'them'} to the"
        " heap, whether written or not",
        why=f"{text(call.node.child_by_field_name('function'))} takes its values as any, and they"
        " are copied for that before the level is looked at.",
        remedy="LogAttrs with typed attributes holds numbers and strings as they are.",
        sketch=Sketch(text(call.node), after),
        saved=1.0 if typed and are_plain(tuple(v for _, v in pairs)) else None,
        saved_allocs=1.0 if typed and are_plain(tuple(v for _, v in pairs)) else None,
        callees=("",),
        edits=(file.edit(call.node, after),) if certain else (),
        imports=("context",) if certain and context == "context.Background()" else (),
        case="disabled" if level == "Debug" else "",
        confidence=Confidence.MEDIUM,
        needs_evidence=True,
    )


def _attribute(file: GoFile, key: Node, value: Node) -> str:
    kind = _ATTRIBUTES.get(default_type(type_of(file, value)), "Any")
    return f"slog.{kind}({text(key)}, {text(value)})"


def _listed(values: tuple[Node, ...]) -> str:
    named = [text(value) for value in values]
    return " and ".join(named) if len(named) < 3 else f"{named[0]} and {len(named) - 1} more"


LOOKS = {"go": Look((b'"log/slog"',), _go)}
