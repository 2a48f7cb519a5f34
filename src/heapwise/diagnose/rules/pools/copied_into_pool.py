"""Bytes that are whole already are copied into a pooled buffer, only to be written from there.

What it finds:
    What json.Marshal, io.ReadAll or os.ReadFile returned, appended to an emptied buffer from a
    sync.Pool, or to a field of a pooled struct, or written into a pooled bytes.Buffer, where that
    is all the buffer ever holds and it is then given to a Write. A buffer to which something else
    is added, as a head or an end, is no finding.

Why it allocates:
    The bytes were allocated when they were made: the pool saves none of it. On top come Get, Put,
    emptying and a second copying.

Example:
    ```go
    scratch := pool.Get().(*scratch)
    defer pool.Put(scratch)
    data, err := json.Marshal(users)
    ...
    scratch.body = append(scratch.body[:0], data...)
    w.Write(scratch.body)
    ```

Use instead:
    ```go
    data, err := json.Marshal(users)
    ...
    w.Write(data)
    ```

When it does not help:
    Where the bytes have to stay as they are while their maker goes on with his own memory; what
    these functions return is the caller's alone.

Measured:
    A small struct as JSON, through a pooled struct with a buffer and a map of headers: 64 B and one
    object either way; Go 1.26.8 652 ns in place of 297 ns, Go 1.27.3 791 ns in place of 388 ns.
    With the buffer alone Go 1.26.8 253 ns in place of 225 ns, Go 1.27.3 no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_pools import WORDS, Taken, taken
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_syntax import ancestors, bare, identifiers, text, within
from heapwise.diagnose.source.go_values import assignments, called, is_target
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW609"
NAME = "copied-into-pool"
HOLDS_FOR = "bytes that are written once, as they were made"
REFERENCES = ("https://pkg.go.dev/sync#Pool", "https://pkg.go.dev/encoding/json#Marshal")

_MAKERS = frozenset({
    "encoding/json.Marshal", "encoding/json.MarshalIndent", "encoding/xml.Marshal",
    "io.ReadAll", "io/ioutil.ReadAll", "os.ReadFile", "io/ioutil.ReadFile",
})  # fmt: skip
"""What returns memory that is the caller's alone, and whole."""

_BETWEEN = frozenset({
    "argument_list", "selector_expression", "slice_expression", "parenthesized_expression",
    "variadic_argument",
})  # fmt: skip
"""What may stand between a buffer and the call that it is given to."""

_KEEPING = frozenset({"append", "len", "cap", ".Reset", ".Bytes", ".Len", ".Grow"})
"""What may be done with a buffer besides: the append is one of those looked at."""


@dataclass(frozen=True, slots=True)
class _Fill:
    """Where bytes are put into what was taken from a pool.

    Attributes:
        call: of append or Write.
        buffer: as it reads: ``buf``, ``*buf``, ``scratch.body``.
        data: the variable that is put in.
    """

    call: Node
    buffer: str
    data: Node


def _go(file: GoFile) -> Iterable[Match]:
    for each in taken(file):
        fills = tuple(_fills(file, each))
        if len(fills) == 1:  # else it is put together from several
            fill = fills[0]
            if _is_whole(file, fill) and _is_written_on(file, each, fill):
                yield _match(file, each, fill)


def _fills(file: GoFile, each: Taken) -> Iterator[_Fill]:
    """What a function puts into something that it took."""
    for place, value in assignments(each.scope):
        call = file.call(value) if value.type == "call_expression" else None
        buffer = text(place)
        if call is None or call.name != "append" or not _is_of(each, buffer):
            continue
        onto = text(call.arguments[0]).replace("(", "").replace(")", "")
        if onto in (buffer, f"{buffer}[:0]"):
            yield _Fill(value, buffer, bare(call.arguments[-1]))
    for call in file.calls(".Write", ".WriteString", ".WriteByte"):
        if within(call.node, each.scope) and text(call.receiver) == each.name and call.arguments:
            yield _Fill(call.node, each.name, bare(call.arguments[0]))


def _is_of(each: Taken, place: str) -> bool:
    return place.lstrip("*").partition(".")[0] == each.name


def _is_whole(file: GoFile, fill: _Fill) -> bool:
    """Whether bytes were made by one call, and are needed for nothing else."""
    known = variable(fill.data)
    made = known.value() if known is not None else None
    if known is None or made is None or made.type != "call_expression":
        return False
    return file.call(made).name in _MAKERS and all(
        within(use, fill.call) or called(file, use) == "len" for use in known.uses()
    )


def _is_written_on(file: GoFile, each: Taken, fill: _Fill) -> bool:
    """Whether a buffer is given to a Write, and nothing else happens to it."""
    written = False
    for use in identifiers(each.scope, each.name):
        place = _place(use, fill.buffer)
        if use.start_byte < each.call.node.end_byte or place is None or _is_emptied(place):
            continue
        call = _call_around(file, place)
        if call is None or call.name not in {*_KEEPING, ".Write", ".Put", ".WriteTo"}:
            return False
        written = written or (call.name == ".Write" and call.node != fill.call)
        written = written or call.name == ".WriteTo"
    return written


def _is_emptied(place: Node) -> bool:
    """Whether it is what a buffer becomes, or what it is emptied from: both of ``b = b[:0]``."""
    return is_target(place) or text(place.parent).endswith("[:0]")


def _place(use: Node, buffer: str) -> Node | None:
    """The buffer of which a name is a part; None where it is another part that is meant."""
    place: Node | None = use
    while place is not None and text(place) != buffer and len(text(place)) < len(buffer):
        place = place.parent
    return place if place is not None and text(place) == buffer else None


def _call_around(file: GoFile, place: Node) -> GoCall | None:
    """The call that a buffer is given to, or is the receiver of."""
    for each in ancestors(place):
        if each.type == "call_expression":
            return file.call(each)
        if each.type not in _BETWEEN:
            break
    return None


def _match(file: GoFile, each: Taken, fill: _Fill) -> Match:
    span, name, data = file.span(fill.call), file.owner(fill.call), text(fill.data)
    return Match(
        span=span,
        function=name,
        title=f"{name} copies {data} into memory from {each.pool} and writes it from there",
        why=f"{data} was allocated before and is whole: the pool saves none of it, and adds a Get,"
        " a Put and a second copying.",
        remedy=f"Write {data} itself and leave the pool out.",
        sketch=Sketch(before=file.lines(span), after=f"w.Write({data})"),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM,
    )


LOOKS = {"go": Look(WORDS, _go)}
