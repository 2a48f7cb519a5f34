"""A function goes on with memory that it has given back to a pool.

What it finds:
    A function that puts something into a sync.Pool, at once or deferred, and returns it, or a slice
    of its memory (buf.Bytes(), b[:n]), or uses it after Put. A copy that is returned, and a Put on
    a branch that ends there, are no finding.

Why it allocates:
    It does not: it corrupts data. After Put the memory is the next Get's, of another goroutine,
    which overwrites it while this caller still reads. It shows only under load, and differently
    each time.

Example:
    ```go
    func render(v any) []byte {
        buf := bufPool.Get().(*bytes.Buffer)
        defer bufPool.Put(buf)
        buf.Reset()
        fmt.Fprint(buf, v)
        return buf.Bytes() // the next Get overwrites it
    }
    ```

Use instead:
    ```go
    func render(w io.Writer, v any) error {
        buf := bufPool.Get().(*bytes.Buffer)
        defer bufPool.Put(buf)
        buf.Reset()
        fmt.Fprint(buf, v)
        _, err := buf.WriteTo(w)
        return err
    }
    ```

    Where the bytes have to be returned, return bytes.Clone(buf.Bytes()), or do without the pool.

When it does not help:
    It always does. The copy costs an allocation, which is the price of being right.

Measured:
    Go 1.27.3: of two results of render that are kept, both read as the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_aliases import only_aliases, root
from heapwise.diagnose.rules.pools.go_pools import Returned, Taken, returned, taken
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import came_by, outer_statement, scope_of
from heapwise.diagnose.source.go_syntax import descend, identifiers, text
from heapwise.diagnose.source.go_values import is_target
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW607"
NAME = "put-then-used"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = ("https://pkg.go.dev/sync#Pool",)


def _go(file: GoFile) -> Iterable[Match]:
    back = tuple(returned(file))
    for each in taken(file):
        names = only_aliases(file, each)
        for put in back:
            if put.scope == each.scope and put.pool == each.pool and _of(file, put) in names:
                late = next(_late_uses(file, each, put, names), None)
                if late is not None:
                    yield _match(file, each, put, late)
                    break


def _of(file: GoFile, put: Returned) -> str:
    """The variable that is put back, or whose address is."""
    value = put.value
    pointed = value.type == "unary_expression" and text(value).startswith("&")
    return root(file, value.named_children[0] if pointed else value)


def _late_uses(file: GoFile, each: Taken, put: Returned, names: frozenset[str]) -> Iterator[Node]:
    for statement in descend(each.scope, "return_statement"):
        if scope_of(statement) == each.scope and came_by(put.call.node, statement):
            for values in statement.named_children:
                for value in values.named_children:
                    if root(file, value) in names and not _is_copied(each, value):
                        yield value
    if not put.deferred:
        yield from _used_behind(file, put, names)


def _is_copied(each: Taken, value: Node) -> bool:
    """Whether ``*v`` is a copy of a struct: of a slice it is the same memory."""
    return text(value).startswith("*") and not each.type.startswith("*[]")


def _used_behind(file: GoFile, put: Returned, names: frozenset[str]) -> Iterator[Node]:
    """The first use of each variable in the statements behind a Put, unless it is replaced."""
    done = outer_statement(put.call.node)
    behind = done.next_named_sibling if done is not None else None
    gone: set[str] = set()
    while behind is not None:
        for name in sorted(names - gone):
            first = next(identifiers(behind, name), None)
            if first is None and text(behind) == name:
                first = behind
            if first is not None:
                gone.add(name)
                if not is_target(first) and not _only_measured(file, first):
                    yield first
        behind = behind.next_named_sibling


def _only_measured(file: GoFile, use: Node) -> bool:
    """Whether a use is ``len(b)``, which does not look at the memory."""
    call = use.parent.parent if use.parent is not None else None
    if call is None or call.type != "call_expression":
        return False
    return file.call(call).name in ("len", "cap")


def _match(file: GoFile, each: Taken, put: Returned, late: Node) -> Match:
    function, span = file.owner(late), file.span(late)
    when = "when the function ends" if put.deferred else f"in line {file.span(put.call.node).line}"
    return Match(
        span=span,
        function=function,
        title=f"{function} goes on with {text(late)}, which it gave back to {put.pool}",
        why=f"{each.name} is put into {put.pool} {when}; from then on its memory belongs to the"
        f" next Get, which overwrites what {text(late)} still refers to.",
        remedy="Put it back after its last use, and return a copy, or nothing of it at all.",
        sketch=Sketch(before=file.lines(span), after=_copy_of(file, late)),
        heat=Heat.FUNCTION,
    )


def _copy_of(file: GoFile, late: Node) -> str:
    if late.parent is not None and late.parent.parent is not None:
        statement = late.parent.parent
        if statement.type == "return_statement" and text(late).endswith(".Bytes()"):
            return file.lines(file.span(late)).replace(text(late), f"bytes.Clone({text(late)})")
    return f"… // the last use of {text(late)}\npool.Put(…)"


LOOKS = {"go": Look((b".Put(",), _go)}
