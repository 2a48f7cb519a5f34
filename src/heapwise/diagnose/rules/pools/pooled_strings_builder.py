"""A strings.Builder comes from a pool, and its memory does not.

What it finds:
    A sync.Pool whose values are *strings.Builder, at each Get. A pool of *bytes.Buffer is no
    finding.

Why it allocates:
    The string that String returns is the Builder's own memory, so Reset has to let go of it. What
    goes back into the pool is an empty struct of 32 B, and the next user grows it from nothing. All
    that is left of the pool is what Get and Put cost.

Example:
    ```go
    sb := builderPool.Get().(*strings.Builder)
    defer builderPool.Put(sb)
    sb.Reset()
    sb.WriteString(prefix)
    sb.WriteString(id)
    return sb.String()
    ```

Use instead:
    ```go
    var sb strings.Builder
    sb.Grow(len(prefix) + len(id))
    sb.WriteString(prefix)
    sb.WriteString(id)
    return sb.String()
    ```

    For a single expression prefix + id is as fast.

When it does not help:
    Where hardly any string is built there: the pool costs tens of nanoseconds a call.

Measured:
    A key of two parts, 50 B: pooled 88 B, 2 objects and 113 ns (Go 1.27.3); local and grown 64 B, 1
    object and 57 ns. Go 1.26.8: 217 ns and 56 ns.
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.diagnose.rules.pools.go_pools import Taken, taken
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

CODE = "HW608"
NAME = "pooled-strings-builder"
HOLDS_FOR = "every strings.Builder: Reset lets go of its memory"
REFERENCES = ("https://pkg.go.dev/strings#Builder.Reset",)


def _go(file: GoFile) -> Iterable[Match]:
    for each in taken(file):
        if each.type == "*strings.Builder":
            yield _match(file, each)


def _match(file: GoFile, each: Taken) -> Match:
    function, span = file.owner(each.call.node), file.span(each.call.node)
    return Match(
        span=span,
        function=function,
        title=f"{function} takes a strings.Builder from {each.pool}, which saves nothing",
        why=f"Reset lets go of a Builder's memory, so {each.name} grows from nothing at each call;"
        " Get and Put come on top.",
        remedy=f"Use a local strings.Builder, and Grow it where the length is known; drop"
        f" {each.pool}.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"var {each.name} strings.Builder\n{each.name}.Grow(n) // n: the length to come",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b".Get(",), _go)}
