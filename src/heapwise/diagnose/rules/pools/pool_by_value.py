"""A slice or struct is put into a pool by value, and boxed each time.

What it finds:
    Put of a sync.Pool that is given a slice, an array or a struct instead of a pointer to one. A
    map, a channel or a pointer is no finding: it fits into an interface as it is. Nor is the very
    any that Get returned.

Why it allocates:
    Put takes an any. What is larger than a pointer does not fit into one, so a copy of the slice's
    header (24 B), or of the whole struct, goes to the heap at every Put, and the pool that was to
    save an allocation makes one.

Example:
    ```go
    var bufPool = sync.Pool{New: func() any { return make([]byte, 0, 4096) }}

    func handle(w http.ResponseWriter, r *http.Request) {
        buf := bufPool.Get().([]byte)
        buf = render(buf[:0], r)
        w.Write(buf)
        bufPool.Put(buf)
    }
    ```

Use instead:
    ```go
    var bufPool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

    func handle(w http.ResponseWriter, r *http.Request) {
        buf := bufPool.Get().(*[]byte)
        *buf = render((*buf)[:0], r)
        w.Write(*buf)
        bufPool.Put(buf)
    }
    ```

    Keep the pointer that came from Get: Put(&local) would allocate again.

When it does not help:
    Where Put runs a few times a second: it is one small object each.

Measured:
    A number formatted in a pooled buffer of 4 KB: by value 24 B, 1 object and 43 ns (Go 1.26.8; 72
    ns in Go 1.27.3), by pointer 0 B and 20 ns (33 ns).
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.diagnose.rules.pools.go_pools import (
    Returned,
    pools,
    returned,
    taken,
)
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

CODE = "HW601"
NAME = "pool-by-value"
HOLDS_FOR = "pools of slices, arrays and structs; the pointer that Get gave is the one put back"
REFERENCES = ("https://staticcheck.dev/docs/checks/#SA6002", "https://pkg.go.dev/sync#Pool")

_KNOWN_STRUCTS = frozenset({"bytes.Buffer", "strings.Builder"})


def _go(file: GoFile) -> Iterable[Match]:
    known = pools(file.package)
    held = {(each.scope, each.pool, each.name): each for each in taken(file)}
    for put in returned(file):
        value = text(put.value)
        mine = held.get((put.scope, put.pool, value))
        if value.startswith("&") or (mine is not None and not mine.type):
            continue  # what Get returned is an any already, and goes back as it is
        kind = mine.type if mine is not None else known[put.pool].made or _asserted(file, put.pool)
        if _is_value(file, kind):
            yield _match(file, put, kind)


def _asserted(file: GoFile, pool: str) -> str:
    """The type that the whole package takes from a pool; empty if there are several."""
    kinds = {
        each.type
        for other in file.package.mentioning(b".Get(")
        for each in taken(other)
        if each.pool == pool and not each.copied
    }
    return kinds.pop() if len(kinds) == 1 else ""


def _is_value(file: GoFile, kind: str) -> bool:
    """Whether a type is a slice, array or struct for certain: it does not fit into a pointer."""
    if kind.startswith("[") or kind in _KNOWN_STRUCTS:
        return True
    declared = file.package.type(kind)
    if declared is None:
        return False
    meant = declared[1].child_by_field_name("type")
    return meant is not None and meant.type in ("slice_type", "array_type", "struct_type")


def _match(file: GoFile, put: Returned, kind: str) -> Match:
    what, span = "slice" if kind.startswith("[]") else "value", file.span(put.call.node)
    value = text(put.value)
    return Match(
        span=span,
        function=file.owner(put.call.node),
        title=f"{put.pool} holds {kind} by value, so every Put allocates",
        why=f"Put takes an any, and a {kind} does not fit into one: a copy of the {what}'s"
        f" {'header' if what == 'slice' else 'memory'} goes to the heap at each Put.",
        remedy=f"Let {put.pool} hold *{kind}: New returns a pointer, and the pointer that Get gave"
        " is the one put back.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"p := {put.pool}.Get().(*{kind}) // New returns the address of a {kind}\n"
            f"*p = … // instead of {value}\n"
            f"{put.pool}.Put(p)",
        ),
        saved=1.0,
        saved_allocs=1.0,
        callees=("", "runtime."),
    )


LOOKS = {"go": Look((b".Put(",), _go)}
