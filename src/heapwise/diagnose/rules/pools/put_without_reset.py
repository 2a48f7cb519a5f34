"""What goes back into a pool still holds what the last user put into it.

What it finds:
    A value taken from a sync.Pool that the function writes to and puts back, and never empties:
    a *bytes.Buffer without Reset, a slice that is appended to without [:0], a map without clear;
    and a struct that json.Unmarshal or Decode fills while some of its fields are reset by nobody.
    It does not matter whether the reset is made after Get or before Put.

Why it allocates:
    A buffer, slice or map that is never emptied grows with every use, and the pool keeps it. What
    is worse: the next user gets the last one's data. json.Unmarshal leaves a field alone that the
    message does not have, so a message without an id has the id of an earlier one.

Example:
    ```go
    msg := msgPool.Get().(*Message)
    defer func() {
        clear(msg.Data)
        msgPool.Put(msg) // ID and Time stay
    }()
    err := json.Unmarshal(data, msg)
    ```

Use instead:
    ```go
    msg := msgPool.Get().(*Message)
    defer func() {
        clear(msg.Data)
        *msg = Message{Data: msg.Data}
        msgPool.Put(msg)
    }()
    err := json.Unmarshal(data, msg)
    ```

When it does not help:
    Where every use overwrites all of it: a buffer that is filled to its length each time.

Measured:
    Go 1.27.3: of two messages that share a pooled struct, of which the second has no id, both come
    out with the id of the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_pools import Returned, Taken, pairs
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_syntax import descend, identifiers, text
from heapwise.diagnose.source.go_values import is_target
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW605"
NAME = "put-without-reset"
HOLDS_FOR = "pooled values that are used for more than one caller's data; correctness, not speed"
REFERENCES = (
    "https://pkg.go.dev/sync#Pool",
    "https://pkg.go.dev/encoding/json#Unmarshal",
)

_WRITES = frozenset({".Write", ".WriteString", ".WriteByte", ".WriteRune", ".ReadFrom"})
_WRITERS = frozenset(
    {"fmt.Fprintf", "fmt.Fprint", "fmt.Fprintln", "io.WriteString", "encoding/json.NewEncoder"}
)
_BUFFER_USES = _WRITES | _WRITERS | {".Bytes", ".String", ".Len", ".Cap", ".Execute", ".Put"}
_DECODERS = ("encoding/json.Unmarshal", ".Decode")
_RESETS = re.compile("reset|clear|clean|zero|release|recycle|free", re.IGNORECASE)
_HIDDEN = re.compile(r"json:\"-\"|^[a-z_]")


def _go(file: GoFile) -> Iterable[Match]:
    for each, back in pairs(file):
        if not back or each.copied:
            continue
        if _keeps_content(file, each):
            yield _match(file, each, back[0], f"what was written to {each.name}")
        elif left := _fields_left(file, each):
            yield _match(file, each, back[0], _listed(each.name, left))


def _keeps_content(file: GoFile, each: Taken) -> bool:
    """Whether a buffer, slice or map is written to and emptied by nobody."""
    if each.type == "*bytes.Buffer":
        used = [_call_of(file, use) for use in _uses(each)]
        return all(name in _BUFFER_USES for name in used) and any(
            name in _WRITES | _WRITERS for name in used
        )
    roles = [_role(file, use) for use in _uses(each)]
    if each.type.removeprefix("*").startswith("[]"):
        return "append" in roles and set(roles) <= {"append", "grown", "read", "put"}
    return each.type.startswith("map[") and "set" in roles and set(roles) <= {"set", "read", "put"}


def _uses(each: Taken) -> Iterator[Node]:
    """The uses of what was taken, behind its declaration."""
    after = each.call.node.end_byte
    return (use for use in identifiers(each.scope, each.name) if use.start_byte > after)


def _call_of(file: GoFile, use: Node) -> str:
    """The call that a variable is an argument or the receiver of; empty for any other use."""
    around = use.parent
    if around is None or around.type not in ("selector_expression", "argument_list"):
        return ""
    node = around.parent
    return file.call(node).name if node is not None and node.type == "call_expression" else ""


def _role(file: GoFile, use: Node) -> str:
    """What happens to a slice or map: append, grown, set, read, put; empty for anything else."""
    place, around = use, use.parent
    while around is not None and around.type in ("unary_expression", "parenthesized_expression"):
        place, around = around, around.parent
    if around is None:
        return ""
    if around.type == "argument_list":
        return _role_of_argument(file, place, around)
    if around.type == "range_clause":
        return "read"
    if around.type == "index_expression":
        return "set" if is_target(around) else "read"
    return "grown" if is_target(place) and _grows(file, place) else ""


def _role_of_argument(file: GoFile, place: Node, arguments: Node) -> str:
    call = file.call(arguments.parent) if arguments.parent is not None else None
    if call is None:
        return ""
    if call.name == "append" and call.arguments[0] == place:
        return "append"
    if call.name == ".Put":
        return "put"
    return "read" if call.name in ("len", "cap", ".Write") else ""


def _grows(file: GoFile, place: Node) -> bool:
    """Whether a slice becomes what append makes of itself."""
    statement = place.parent.parent if place.parent is not None else None
    values = statement.child_by_field_name("right") if statement is not None else None
    if values is None or not values.named_children:
        return False
    value = values.named_children[0]
    call = file.call(value) if value.type == "call_expression" else None
    return call is not None and call.name == "append" and text(call.arguments[0]) == text(place)


def _fields_left(file: GoFile, each: Taken) -> tuple[str, ...]:
    """The fields that a decoder fills and nobody resets; empty where it is done, or not known."""
    declared = file.package.type(each.type.removeprefix("*"))
    if declared is None or not each.type.startswith("*") or not _is_decoded(file, each):
        return ()
    done: set[str] = set()
    for use in _uses(each):
        around = use.parent
        if around is None or _RESETS.search(_call_of(file, use)) or _is_replaced(use):
            return ()
        if around.type == "selector_expression" and (
            is_target(around) or _call_of(file, around) in ("clear", "delete")
        ):
            done.add(text(around.child_by_field_name("field")))
    return tuple(name for name in _fields(declared[1]) if name not in done)


def _is_decoded(file: GoFile, each: Taken) -> bool:
    return any(
        text(call.arguments[-1]) == each.name
        and each.scope.start_byte <= call.node.start_byte < each.scope.end_byte
        for call in file.calls(*_DECODERS)
        if call.arguments
    )


def _is_replaced(use: Node) -> bool:
    """Whether ``*v = …`` overwrites all of it."""
    return (
        use.parent is not None and use.parent.type == "unary_expression" and is_target(use.parent)
    )


def _fields(spec: Node) -> Iterator[str]:
    """The fields of a struct that a decoder sees."""
    for field in descend(spec, "field_declaration", into=("struct_type", "field_declaration_list")):
        tag = text(field.child_by_field_name("tag"))
        for name in field.children_by_field_name("name"):
            if not _HIDDEN.search(text(name)) and not _HIDDEN.search(tag):
                yield text(name)


def _listed(name: str, fields: tuple[str, ...]) -> str:
    shown = [f"{name}.{field}" for field in fields[:3]]
    more = f" and {len(fields) - 3} more" if len(fields) > len(shown) else ""
    return ", ".join(shown) + more


def _match(file: GoFile, each: Taken, put: Returned, what: str) -> Match:
    function, span = file.owner(put.call.node), file.span(put.call.node)
    kind = each.type.removeprefix("*")
    is_struct = file.package.type(kind) is not None
    reset = f"*{each.name} = {kind}{{}}"
    if not is_struct:
        reset = {"bytes.Buffer": f"{each.name}.Reset()"}.get(kind, f"{each.name} = {each.name}[:0]")
    if kind.startswith("map["):
        reset = f"clear({each.name})"
    return Match(
        span=span,
        function=function,
        title=f"{each.name} goes back into {each.pool} with the last user's data in it",
        why=f"Nobody resets {what} between Get and Put, so the next user starts with it.",
        remedy=f"Reset {each.name} after Get or before Put, every field of it.",
        sketch=Sketch(before=file.lines(span), after=f"{reset}\n{file.lines(span)}"),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM if is_struct else Confidence.HIGH,
    )


LOOKS = {"go": Look((b".Put(",), _go)}
