"""A loop sends its batches when they are full, and nobody sends the last one.

What it finds:
    A local slice that a loop appends to and hands on when it has reached a length, in a loop that
    ends, where the slice is used nowhere behind the loop. Where the loop never ends, or hands the
    rest on at its last item, it is no finding.

Why it allocates:
    It does not: it loses data. Unless the number of items is a multiple of the batch's length,
    the last ones stay in the slice, and nothing fails.

Example:
    ```go
    for rows.Next() {
        batch = append(batch, scan(rows))
        if len(batch) == 1000 {
            insert(batch)
            batch = batch[:0]
        }
    }
    return rows.Err()
    ```

Use instead:
    ```go
    for rows.Next() {
        batch = append(batch, scan(rows))
        if len(batch) == 1000 {
            insert(batch)
            batch = batch[:0]
        }
    }
    if len(batch) > 0 {
        insert(batch)
    }
    return rows.Err()
    ```

    Count what went in and what came out, and compare.

When it does not help:
    Where the number of items is always a multiple of the batch's length.

Measured:
    Go 1.27.3: of 2,500 items in batches of 1,000 the first form hands on 2,000.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import scope_of, statement_of
from heapwise.diagnose.source.go_loops import ends, loop_around
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import identifiers, text
from heapwise.diagnose.source.go_values import called, is_target
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW809"
NAME = "lost-tail-batch"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = ()

_FULL = re.compile(rb"if len\((\w+)\) (?:==|>=?) ")


def _go(file: GoFile) -> Iterable[Match]:
    # Most files append, and few hand on what is full: those alone are parsed.
    batches = set(_FULL.findall(file.data))
    if not any(b"%s = append(%s," % (name, name) in file.data for name in batches):
        return
    for call in file.calls("append"):
        batch = call.arguments[0] if call.arguments else None
        if batch is None or batch.type != "identifier" or batch.text not in batches:
            continue
        loop = loop_around(call.node)
        if loop is None:
            continue
        full = _full(file, loop, call.node, text(batch))
        if full is not None and ends(loop) and not _used_elsewhere(batch, loop, full, call.node):
            yield _match(file, loop, full, text(batch))


def _full(file: GoFile, loop: Node, append: Node, batch: str) -> Node | None:
    """The branch behind an append that hands a full batch on and empties it."""
    statement = statement_of(append)
    if statement is None or statement.child_by_field_name("left") is None:
        return None
    branch = statement.next_named_sibling
    condition = branch.child_by_field_name("condition") if branch is not None else None
    if branch is None or branch.type != "if_statement" or condition is None:
        return None
    said = text(condition)
    by_length = said.startswith((f"len({batch}) ==", f"len({batch}) >")) and "||" not in said
    found = tuple(identifiers(branch, batch))
    emptied = any(is_target(use) for use in found)
    handed_on = any(
        use.parent is not None
        and use.parent.type in ("argument_list", "send_statement")
        and use.start_byte > condition.end_byte
        and called(file, use) != "len"
        for use in found
    )
    within = loop.start_byte < branch.start_byte < loop.end_byte
    return branch if by_length and emptied and handed_on and within else None


def _used_elsewhere(batch: Node, loop: Node, full: Node, append: Node) -> bool:
    """Whether anything but the loop's filling and emptying uses a batch, or it is not local."""
    declared, scope = declaration(batch), scope_of(append)
    statement = statement_of(append)
    if declared is None or scope is None or statement is None:
        return True
    if declared.type == "parameter_declaration" or declared.start_byte > loop.start_byte:
        return True
    known = (declared, full, statement)
    return (
        any(
            not any(one.start_byte <= use.start_byte < one.end_byte for one in known)
            for use in identifiers(scope, text(batch))
            if declaration(use) == declared
        )
        or scope_of(declared) != scope
    )


def _match(file: GoFile, loop: Node, full: Node, batch: str) -> Match:
    span = file.span(full)
    name = file.owner(full)
    return Match(
        span=span,
        function=name,
        title=f"{name} loses what is left in {batch} when its loop ends",
        why=f"{batch} is handed on only when it is full; behind the loop, which ends in line"
        f" {file.span(loop).end_line}, nobody looks at the rest.",
        remedy=f"Hand {batch} on once more behind the loop, if there is anything in it, and compare"
        " the number of items that went in with what came out.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"{file.lines(span)}\n}} // the end of the loop\nif len({batch}) > 0 {{\n\t…\n}}",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b"if len(",), _go)}
