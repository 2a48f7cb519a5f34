"""A buffer is taken from a pool, found too small, and never put back.

What it finds:
    After Get, a branch that finds the buffer too small makes another and goes on with that; the
    first one is dropped, and the larger one is not put back either. Where the larger one goes into
    the pool in its place, it is no finding: the pool then holds what is needed.

Why it allocates:
    Each such call takes a buffer out of the pool for nothing. The pool runs empty, so other calls
    find nothing and New makes their buffers, on top of the large one that is made each time.

Example:
    ```go
    func get(n int) []byte {
        buf := bufPool.Get().(*[]byte)
        if cap(*buf) < n {
            return make([]byte, n) // buf is lost
        }
        return (*buf)[:n]
    }
    ```

Use instead:
    ```go
    func get(n int) *[]byte {
        buf := bufPool.Get().(*[]byte)
        *buf = slices.Grow((*buf)[:0], n)[:n]
        return buf
    }

    func put(buf *[]byte) {
        if cap(*buf) <= 64<<10 {
            bufPool.Put(buf)
        }
    }
    ```

    Grow what came from the pool, and put it back unless it is larger than nearly all calls need.

When it does not help:
    Where hardly any call is that large: a buffer is lost now and then, and nobody notices.

Measured:
    5,000 B wanted of a pool of 4,096 B, Go 1.26.8 and 1.27.3: lost 9,520 B and 4 objects each time;
    grown and put back 0 B and 16 ns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_aliases import aliases
from heapwise.diagnose.rules.pools.go_pools import (
    WORDS,
    Returned,
    Taken,
    returned,
    taken,
)
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import came_by, leaves
from heapwise.diagnose.source.go_syntax import ancestors, descend, identifiers, text
from heapwise.diagnose.source.go_values import is_target
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW603"
NAME = "pool-get-lost"
HOLDS_FOR = "pools from which more than a few calls in a hundred find their buffer too small"
REFERENCES = ("https://pkg.go.dev/sync#Pool", "https://github.com/golang/go/issues/23199")

_SIZES = ("cap(", "len(", ".Cap()", ".Len()")
_MAKERS = ("make", "bytes.NewBuffer", "bytes.NewBufferString")


def _go(file: GoFile) -> Iterable[Match]:
    for each in taken(file):
        names = aliases(file, each)
        for branch in descend(each.scope, "if_statement"):
            if came_by(each.call.node, branch) and _loses(file, each, names, branch):
                yield _match(file, each, branch)
                break


def _loses(file: GoFile, each: Taken, names: frozenset[str], branch: Node) -> bool:
    """Whether a branch goes on with a new buffer, and neither one gets back into the pool."""
    condition = branch.child_by_field_name("condition")
    body = branch.child_by_field_name("consequence")
    if condition is None or body is None or not _too_small(condition, names):
        return False
    if not any(_within(call.node, body) for call in file.calls(*_MAKERS)):
        return False
    if any(use for name in names for use in identifiers(body, name) if not _is_replaced(use)):
        return False
    return not _gets_back(file, each, branch, body)


def _too_small(condition: Node, names: frozenset[str]) -> bool:
    """Whether a condition compares the capacity of the buffer."""
    said = text(condition).replace("(*", "(").replace("*", "")
    return any(f"cap({name})" in said or f"{name}.Cap()" in said for name in names)


def _is_replaced(use: Node) -> bool:
    """Whether the variable, or what it points at, becomes something else there."""
    pointed = use.parent is not None and use.parent.type == "unary_expression"
    return is_target(use.parent) if pointed and use.parent is not None else is_target(use)


def _gets_back(file: GoFile, each: Taken, branch: Node, body: Node) -> bool:
    """Whether what was taken, or what replaces it, is put back whatever its size."""
    puts = [
        put
        for other in file.package.mentioning(b".Put(")
        for put in returned(other)
        if put.pool == each.pool
    ]
    here = [put for put in puts if put.scope == each.scope]
    there = [put for put in puts if put.scope != each.scope]
    if any(_within(put.call.node, body) for put in here):
        return True
    if any(leaves(statements) for statements in body.named_children):
        deferred = any(put.deferred and came_by(put.call.node, branch) for put in here)
        return deferred or not all(map(_asks_for_size, there))
    asked = here or there
    return not asked or not all(map(_asks_for_size, asked))


def _asks_for_size(put: Returned) -> bool:
    """Whether it depends on a size that something is put back."""
    for each in ancestors(put.call.node):
        if each == put.scope:
            return False
        if _compares_size(each) or any(map(_leaves_by_size, _before(each))):
            return True
    return False


def _before(statement: Node) -> list[Node]:
    beside = statement.parent.named_children if statement.parent is not None else []
    return [each for each in beside if each.end_byte <= statement.start_byte]


def _compares_size(statement: Node) -> bool:
    condition = text(statement.child_by_field_name("condition"))
    return statement.type == "if_statement" and any(size in condition for size in _SIZES)


def _leaves_by_size(statement: Node) -> bool:
    body = statement.child_by_field_name("consequence")
    return body is not None and _compares_size(statement) and any(map(leaves, body.named_children))


def _within(node: Node, outer: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def _match(file: GoFile, each: Taken, branch: Node) -> Match:
    function, span = file.owner(branch), file.span(branch)
    return Match(
        span=span,
        function=function,
        title=f"{function} loses the buffer it took from {each.pool} when that is too small",
        why=f"The branch goes on with a new buffer and drops {each.name}: neither one gets back"
        f" into {each.pool}, so the next Get finds it empty and calls New.",
        remedy=f"Grow {each.name} in place and put that back, unless it is larger than nearly all"
        " calls need; prove it with heapwise verify.",
        sketch=Sketch(
            before=file.lines(span),
            after="buf := pool.Get().(*[]byte)\n"
            "*buf = slices.Grow((*buf)[:0], n)[:n] // and Put(buf) below a limit",
        ),
        saved=None,
        more=(file.span(each.call.node),),
    )


LOOKS = {"go": Look(WORDS, _go)}
