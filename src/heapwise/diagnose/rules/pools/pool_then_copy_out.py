r"""A pooled buffer is filled and then copied out: twice the copying, and nothing saved.

What it finds:
    A function that takes a []byte or a *bytes.Buffer from a sync.Pool, puts data into it whose
    length it already knows (or one value by a json.Encoder that does not escape HTML), and returns
    a copy: append([]byte(nil), …), make and copy, bytes.Clone, slices.Clone, string(…), String().
    Where the length of the result is known only at the end (Fprintf, templates, loops), the pool
    saves the growing, and it is no finding.

Why it allocates:
    The copy that is returned is the allocation that the pool was to save. What comes on top is
    the second copying, Get and Put. json.Marshal has a pool of its own inside and copies out of it
    once; an Encoder with options is allocated beside the buffer.

Example:
    ```go
    func frame(payload []byte) []byte {
        buf := bufPool.Get().(*[]byte)
        defer bufPool.Put(buf)
        *buf = append((*buf)[:0], header...)
        *buf = append(*buf, payload...)
        return append([]byte(nil), *buf...)
    }
    ```

Use instead:
    ```go
    func frame(payload []byte) []byte {
        out := make([]byte, 0, len(header)+len(payload))
        out = append(out, header...)
        return append(out, payload...)
    }
    ```

    For JSON: json.Marshal(v). It writes <, > and & as \u003c, \u003e and \\u0026, which every
    JSON reader takes for the same, and no newline at the end.

When it does not help:
    Where the bytes must stay as SetEscapeHTML(false) writes them. Better than both is to let the
    caller give the buffer, or to write to where the result goes.

Measured:
    64 B copied through a pooled []byte: 88 B, 2 objects; made at once 64 B, 1 object. With a pooled
    pointer the objects are equal and the time is not: Go 1.27.3 46 ns and 30 ns, Go 1.26.8 48 ns
    and 34 ns. A small struct as JSON, without escaping HTML: Go 1.27.3 192 B, 2 objects, 478 ns;
    json.Marshal 80 B, 1 object, 353 ns; Go 1.26.8 80 B and 1 object either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_aliases import aliases, root
from heapwise.diagnose.rules.pools.go_pools import WORDS, Taken, pairs
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import scope_of
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_syntax import bare, identifiers, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW602"
NAME = "pool-then-copy-out"
HOLDS_FOR = "results whose length is known before they are built, and values encoded as JSON"
REFERENCES = ("https://pkg.go.dev/encoding/json#Marshal", "https://pkg.go.dev/sync#Pool")

_BUFFERS = ("*bytes.Buffer", "*[]byte", "[]byte")
_CLONES = frozenset({"bytes.Clone", "slices.Clone", "string"})
_FIXED_WRITES = frozenset({".Write", ".WriteString", ".WriteByte", ".WriteRune"})
_HARMLESS = frozenset(
    {".Reset", ".Grow", ".Bytes", ".String", ".Len", ".Put", "len", "cap", "copy"}
)


@dataclass(frozen=True, slots=True)
class _Copy:
    """What copies a pooled buffer out, and which measured case it is: ``pointer``, ``json``."""

    node: Node
    case: str


def _go(file: GoFile) -> Iterable[Match]:
    for each, back in pairs(file):
        if not back or each.type not in _BUFFERS or loop_around(each.call.node) is not None:
            continue
        names = aliases(file, each)
        copied = next(_copies(file, each, names), None)
        if copied is None:
            continue
        case = _filled_by(file, each, names, copied)
        if case is not None:
            yield _match(file, each, _Copy(copied, case))


def _copies(file: GoFile, each: Taken, names: frozenset[str]) -> Iterator[Node]:
    """The calls that copy the buffer into what is returned."""
    for call in file.calls("append", "copy", ".String", *_CLONES):
        result = _made_for(file, call) if call.name == "copy" else call.node
        if scope_of(call.node) != each.scope or result is None or not _is_returned(result):
            continue
        if call.name == "copy":
            source: Node | None = call.arguments[1]
        elif call.name == ".String":
            source = call.receiver
        elif call.name == "append":
            source = _spread(call)
        else:
            source = call.arguments[0] if call.arguments else None
        if source is not None and root(file, source) in names:
            yield call.node


def _made_for(file: GoFile, call: GoCall) -> Node | None:
    """The ``make`` of a variable that ``copy(variable, x)`` fills."""
    known = variable(call.arguments[0]) if len(call.arguments) == 2 else None
    made = known.value() if known is not None else None
    is_make = made is not None and made.type == "call_expression" and file.call(made).name == "make"
    return made if is_make else None


def _spread(call: GoCall) -> Node | None:
    """What ``append([]byte(nil), x...)`` and ``append([]byte{}, x...)`` copy."""
    if len(call.arguments) != 2:
        return None
    new, source = call.arguments
    empty = text(new).replace(" ", "") in ("[]byte(nil)", "[]byte{}")
    return source if empty and source.type == "variadic_argument" else None


def _is_returned(node: Node) -> bool:
    """Whether a value is a result as it stands, or becomes a variable that is."""
    values = node.parent
    if values is None or values.type != "expression_list" or values.parent is None:
        return False
    statement = values.parent
    if statement.type == "return_statement":
        return True
    left = statement.child_by_field_name("left")
    scope = scope_of(node)
    if left is None or left.named_child_count != 1 or scope is None:
        return False
    return any(
        use.start_byte > node.end_byte
        and use.parent is not None
        and use.parent.type == "expression_list"
        and use.parent.parent is not None
        and use.parent.parent.type == "return_statement"
        for use in identifiers(scope, text(left.named_children[0]))
    )


def _filled_by(file: GoFile, each: Taken, names: frozenset[str], copied: Node) -> str | None:
    """The case: filled with known lengths, or by an encoder; None for anything else."""
    encoders = writes = 0
    for call in file.calls():
        inside = copied.start_byte <= call.node.start_byte < copied.end_byte
        if inside or scope_of(call.node) != each.scope or not _touches(call, file, names):
            continue
        if call.name in (*_FIXED_WRITES, "append") and loop_around(call.node) is None:
            writes += 1
        elif call.name == "encoding/json.NewEncoder":
            encoders += 1
        elif call.name not in _HARMLESS:
            return None
    if encoders == 1 and not writes:
        return "json" if _plain_encoder(file, each) else None
    by_value = "" if each.type == "[]byte" else "pointer"
    return by_value if writes and not encoders else None


def _touches(call: GoCall, file: GoFile, names: frozenset[str]) -> bool:
    """Whether a call is given the buffer, or is a method of it."""
    given = (*call.arguments, *([call.receiver] if call.receiver is not None else []))
    return any(root(file, bare(_address(one))) in names for one in given)


def _address(node: Node) -> Node:
    pointed = node.type == "unary_expression" and text(node).startswith("&")
    return node.named_children[0] if pointed else node


def _plain_encoder(file: GoFile, each: Taken) -> bool:
    """Whether the encoder is told not to escape HTML, and nothing else, and encodes once."""
    mine = [
        call
        for call in file.calls(".Encode", ".SetEscapeHTML", ".SetIndent")
        if scope_of(call.node) == each.scope
    ]
    return sorted(call.name for call in mine) == [".Encode", ".SetEscapeHTML"]


def _match(file: GoFile, each: Taken, copied: _Copy) -> Match:
    node, function = copied.node, file.owner(copied.node)
    span = file.span(each.call.node, node)
    why = (
        f"{text(node)} allocates what {each.pool} was to save, and the data is copied twice."
        if copied.case != "json"
        else f"{text(node)} allocates what {each.pool} was to save, and the Encoder is allocated"
        " on top; json.Marshal keeps a buffer of its own and copies once."
    )
    return Match(
        span=span,
        function=function,
        title=f"{function} fills a buffer from {each.pool} and returns a copy of it",
        why=why,
        remedy="Return json.Marshal of the value; it escapes <, > and & and adds no newline."
        if copied.case == "json"
        else "Make the result with its final length and append to it; leave the pool out.",
        sketch=Sketch(
            before=file.lines(span),
            after="return json.Marshal(v)"
            if copied.case == "json"
            else "out := make([]byte, 0, n) // n: the lengths of what is appended\n"
            "out = append(out, …)\nreturn out",
        ),
        case=copied.case,
    )


LOOKS = {"go": Look(WORDS, _go)}
