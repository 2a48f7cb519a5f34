"""Something is kept in a map, a slice or a channel and put back into its pool as well.

What it finds:
    A function that takes a value from a sync.Pool, stores it where it outlives the function (an
    element of a map or slice, append to a field or package variable, a channel), and puts it back.
    Where it is taken out again first, where the Put is on a branch of its own, or where the
    function waits for an answer after the send, it is no finding.

Why it allocates:
    It does not: it corrupts data. The next Get hands out the same memory, so all that was kept is
    one object under many names, with the content of the last one. A batch of 1,000 pooled messages
    is one message, 1,000 times.

Example:
    ```go
    msg := msgPool.Get().(*Message)
    defer msgPool.Put(msg)
    if err := json.Unmarshal(data, msg); err != nil {
        return err
    }
    s.batch = append(s.batch, msg)
    ```

Use instead:
    ```go
    var msg Message
    if err := json.Unmarshal(data, &msg); err != nil {
        return err
    }
    s.batch = append(s.batch, msg) // []Message: one allocation for many
    ```

    Or let whoever empties the batch put each one back.

When it does not help:
    It always does: what is kept was never for a pool, which is for what one call needs and forgets.

Measured:
    Go 1.27.3: 1,002 messages kept this way were one object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_aliases import only_aliases
from heapwise.diagnose.rules.pools.go_pools import Returned, Taken, returned, taken
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import came_by, followed_by
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import descend, text
from heapwise.diagnose.source.go_values import assignments
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW606"
NAME = "pooled-object-kept"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = ("https://pkg.go.dev/sync#Pool",)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where something is stored, and in what."""

    node: Node
    place: Node


def _go(file: GoFile) -> Iterable[Match]:
    back = tuple(returned(file))
    for each in taken(file):
        names = only_aliases(file, each)
        for put in back:
            mine = put.scope == each.scope and put.pool == each.pool
            if not mine or text(put.value) not in names:
                continue
            stores = _stores(file, each, names)
            kept = next((one for one in stores if _both(file, one, put)), None)
            if kept is not None:
                yield _match(file, each, put, kept)
                break


def _stores(file: GoFile, each: Taken, names: frozenset[str]) -> Iterator[_Kept]:
    """Where a function stores what it took, as it is."""
    for place, value in assignments(each.scope):
        if place.type == "index_expression" and text(value) in names:
            yield _Kept(place, place.named_children[0])
        elif value.type == "call_expression":
            call = file.call(value)
            if call.name == "append" and any(text(one) in names for one in call.arguments[1:]):
                yield _Kept(place, place)
    for send in descend(each.scope, "send_statement"):
        channel = send.child_by_field_name("channel")
        alone = send.parent is not None and send.parent.type == "statement_list"
        if channel is not None and alone and text(send.child_by_field_name("value")) in names:
            yield _Kept(send, channel)


def _both(file: GoFile, kept: _Kept, put: Returned) -> bool:
    """Whether one run of the function stores it for good and puts it back."""
    if put.deferred:
        if not came_by(put.call.node, kept.node) and not followed_by(kept.node, put.call.node):
            return False
    elif not followed_by(kept.node, put.call.node):
        return False
    if kept.node.type == "send_statement":
        return not _waits_behind(file, kept, put)
    return _outlives(kept, put) and not _taken_out(file, kept, put)


def _outlives(kept: _Kept, put: Returned) -> bool:
    """Whether a container is older than the function, or the round of a loop that puts back."""
    base = kept.place
    while base.type in ("selector_expression", "index_expression", "unary_expression"):
        base = base.named_children[0]
    if base.type != "identifier":
        return False
    declared = declaration(base)
    if declared is None or declared.type == "parameter_declaration":
        return declared is None or kept.place.type != "identifier"
    loop = loop_around(kept.node)
    return (
        not put.deferred
        and loop is not None
        and loop == loop_around(put.call.node)
        and declared.start_byte < loop.start_byte
    )


def _taken_out(file: GoFile, kept: _Kept, put: Returned) -> bool:
    """Whether the function empties the container again, or part of it."""
    container = text(kept.place)
    emptied = any(
        call.arguments and text(call.arguments[0]) == container
        for call in file.calls("delete", "clear")
        if put.scope.start_byte <= call.node.start_byte < put.scope.end_byte
    )
    return emptied or any(
        place.start_byte > kept.node.start_byte and text(place).partition("[")[0] == container
        for place, _ in assignments(put.scope)
    )


def _waits_behind(file: GoFile, kept: _Kept, put: Returned) -> bool:
    """Whether the function waits for something after a send: the receiver may be done by then."""
    received = any(
        text(each).startswith("<-") and each.start_byte > kept.node.end_byte
        for each in descend(put.scope, "unary_expression")
    )
    waits = any(call.node.start_byte > kept.node.end_byte for call in file.calls(".Wait"))
    base = kept.place
    return received or waits or (base.type == "identifier" and _is_local(base))


def _is_local(channel: Node) -> bool:
    declared = declaration(channel)
    return declared is not None and declared.type != "parameter_declaration"


def _match(file: GoFile, each: Taken, put: Returned, kept: _Kept) -> Match:
    function, span = file.owner(kept.node), file.span(kept.node)
    return Match(
        span=span,
        function=function,
        title=f"{text(kept.place)} keeps {each.name}, which goes back into {put.pool}",
        why=f"The next Get from {put.pool} hands out the memory that {text(kept.place)} still"
        f" refers to, so everything kept there becomes the last {each.name}.",
        remedy=f"Do not pool what is kept: make {each.name} anew, or let whoever empties"
        f" {text(kept.place)} put it back.",
        sketch=Sketch(
            before=f"{file.lines(span)}\n{file.lines(file.span(put.call.node))}",
            after=f"{file.lines(span)} // and no Put in {function}",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b".Put(",), _go)}
