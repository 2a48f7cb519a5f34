"""A pool is made for one call, and is empty whenever somebody asks it.

What it finds:
    A sync.Pool that is made inside a function which answers a request, or made as a local variable
    and asked by the same call. A pool in a package variable, in a long-lived struct, or made by a
    constructor for the handlers it returns is no finding.

Why it allocates:
    A new pool holds nothing, so every Get calls New. The pool itself comes on top: its bookkeeping
    is 128 B per processor, allocated at the first use.

Example:
    ```go
    func page(w http.ResponseWriter, r *http.Request) {
        pool := sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
        zw := pool.Get().(*gzip.Writer)
        defer pool.Put(zw)
        zw.Reset(w)
    }
    ```

Use instead:
    ```go
    var pool = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

    func page(w http.ResponseWriter, r *http.Request) {
        zw := pool.Get().(*gzip.Writer)
        defer pool.Put(zw)
        zw.Reset(w)
    }
    ```

    Prove it with heapwise verify: what is now reused has to be reset in every field.

When it does not help:
    Where what the pool holds is small: a plain allocation is then as cheap, and the pool can go.

Measured:
    64 KB of scratch memory, Go 1.26.8 and 1.27.3: a new pool per call 65,866 B, 3 objects and more
    than 11 us; a kept one 0 B and 10-18 ns. A service that made its pool per request went from
    1.21 MB to 1.9 KB a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_pools import bound_name, literals
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import scope_of, statement_of
from heapwise.diagnose.source.go_functions import GoCall, is_handler
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import query, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW604"
NAME = "pool-per-request"
HOLDS_FOR = "pools of objects larger than a few hundred bytes that are reset before they are used"
REFERENCES = ("https://github.com/TecharoHQ/anubis/pull/1694", "https://pkg.go.dev/sync#Pool")

_DECLARED = "(var_spec type: (qualified_type) @type) @spec"


def _go(file: GoFile) -> Iterable[Match]:
    for made in _made(file):
        scope = scope_of(made)
        function = file.owner(made)
        if scope is None or function in ("", "main", "init"):
            continue
        name = text(made.child_by_field_name("name")) or bound_name(made)
        uses = [call for call in file.calls(".Get", ".Put") if _is_of(call, name, made)]
        if is_handler(scope) or any(_asks_at_once(call, scope) for call in uses):
            yield _match(file, made, name or "sync.Pool", uses)


def _made(file: GoFile) -> Iterator[Node]:
    """Where functions make pools: literals, and declarations without one."""
    yield from literals(file)
    for found in query(_DECLARED, file.root):
        spec, kind = found["spec"][0], found["type"][0]
        if not spec.child_by_field_name("value") and file.qualified(kind) == "sync.Pool":
            yield spec


def _is_of(call: GoCall, name: str, made: Node) -> bool:
    """Whether a call is of the local pool of that name."""
    receiver = call.receiver
    if receiver is None or receiver.type != "identifier" or text(receiver) != name:
        return False
    declared = declaration(receiver)
    return declared is not None and statement_of(declared) == statement_of(made)


def _asks_at_once(call: GoCall, scope: Node) -> bool:
    """Whether the call that made the pool asks it, and not again and again."""
    return call.name == ".Get" and scope_of(call.node) == scope and loop_around(call.node) is None


def _match(file: GoFile, made: Node, name: str, uses: list[GoCall]) -> Match:
    function, statement = file.owner(made), statement_of(made) or made
    span = file.span(made)
    return Match(
        span=span,
        function=function,
        title=f"{function} makes a new sync.Pool at every call",
        why="A new pool is empty, so each Get calls New, and the pool's own bookkeeping is"
        " allocated on top.",
        remedy=f"Make {name} once, in a package variable or a field that outlives the call, reset"
        " what comes out of it, and prove it with heapwise verify.",
        sketch=Sketch(
            before=file.lines(file.span(statement)),
            after=f"var {name} = sync.Pool{{New: …}} // outside any function",
        ),
        saved=0.9,
        saved_allocs=0.9,
        callees=("", "sync.(*Pool)", "runtime."),
        more=tuple(file.span(call.node) for call in uses),
    )


LOOKS = {"go": Look((b"sync.Pool", b".Pool{"), _go)}
