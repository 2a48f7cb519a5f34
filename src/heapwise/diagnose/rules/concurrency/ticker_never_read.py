"""A ticker is made and nobody reads it: what it was to do is never done.

What it finds:
    time.NewTicker whose result a variable or an unexported field holds, where the package never
    reads its channel C and hands it to nobody. A ticker that is ranged over, selected on, returned
    or given to a function is no finding.

Why it allocates:
    The ticker itself is small. What is missing is its work: a cache that was to expire every second
    keeps its entries for ever, a buffer that was to be flushed keeps growing.

Example:
    ```go
    type cache struct {
        entries sync.Map
        ticker  *time.Ticker // nobody reads ticker.C
    }

    func newCache() *cache { return &cache{ticker: time.NewTicker(time.Second)} }
    ```

Use instead:
    ```go
    func newCache(ctx context.Context) *cache {
        c := &cache{}
        go func() {
            ticker := time.NewTicker(time.Second)
            defer ticker.Stop()
            for {
                select {
                case <-ticker.C:
                    c.entries.Clear()
                case <-ctx.Done():
                    return
                }
            }
        }()
        return c
    }
    ```

When it does not help:
    Where nothing was to be done: then the ticker can go.

Measured:
    Read in a published cache of this form, with a second to live: its entries never expire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_pools import bound_name
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import scope_of
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import enclosing, identifiers, text
from heapwise.diagnose.source.go_values import called
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW810"
NAME = "ticker-never-read"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = ("https://pkg.go.dev/time#Ticker",)

_IDLE = (".Stop", ".Reset")


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("time.NewTicker"):
        name = bound_name(call.node)
        if name in ("", "_") or name[:1].isupper():
            continue
        statement = enclosing(call.node, "short_var_declaration", "keyed_element", "statement_list")
        local = statement is not None and statement.type == "short_var_declaration"
        idle = _is_idle_variable(file, call.node, name) if local else _is_idle_field(file, name)
        if idle:
            yield _match(file, call.node, name)


def _is_idle_variable(file: GoFile, made: Node, name: str) -> bool:
    """Whether a local ticker is at most stopped."""
    scope = scope_of(made)
    found = identifiers(scope, name) if scope is not None else ()
    return all(
        called(file, use) in _IDLE
        for use in found
        if use.start_byte > made.end_byte and declaration(use) is not None
    )


def _is_idle_field(file: GoFile, name: str) -> bool:
    """Whether all that the package does with names like this is to make, declare and stop it."""
    word = re.escape(name).encode()
    every = re.compile(rb"\b%s\b" % word)
    idle = re.compile(rb"\b%s\b(?:\.(?:Stop|Reset)\(|\s*:\s|\s*=[^=]|\s+\*?time\.Ticker\b)" % word)
    return all(
        len(every.findall(other.data)) == len(idle.findall(other.data))
        for other in file.package.mentioning(name.encode())
    )


def _match(file: GoFile, made: Node, name: str) -> Match:
    span = file.span(made)
    return Match(
        span=span,
        function=file.owner(made),
        title=f"Nobody reads the ticker {name}",
        why=f"{name}.C is read nowhere in the package, so what was to happen every"
        f" {text(made).partition('(')[2].removesuffix(')')} never does.",
        remedy=f"Range over {name}.C in a goroutine that does the work and ends with its owner, or"
        " drop the ticker.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"go func() {{\n\tfor range {name}.C {{\n\t\t… // what is to be done each time\n"
            "\t}\n}()",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b"time.NewTicker(",), _go)}
