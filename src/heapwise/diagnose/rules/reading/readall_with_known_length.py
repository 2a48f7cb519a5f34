"""A request's body is read into a buffer that grows, although its length was announced.

What it finds:
    io.ReadAll of the body of a request that a function was given, also through io.LimitReader or
    http.MaxBytesReader. Without a recording nothing is told: up to 512 bytes nothing is to be
    gained.

Why it allocates:
    ReadAll begins with 512 bytes and grows by a quarter or more each time, copying what it has. A
    body of 64 KB takes 138 KB in 17 pieces, all but the last garbage before it is used.

Example:
    ```go
    body, err := io.ReadAll(r.Body)
    ```

Use instead:
    ```go
    const maxBody = 1 << 20

    func readBody(r *http.Request) ([]byte, error) {
        if r.ContentLength < 0 || r.ContentLength > maxBody { // not announced, or not believed
            return io.ReadAll(io.LimitReader(r.Body, maxBody))
        }
        body := make([]byte, r.ContentLength)
        _, err := io.ReadFull(r.Body, body)
        return body, err
    }
    ```

    The bound is not there for speed: without it a client that announces 10 GB and sends nothing
    makes the service allocate 10 GB. The server hands out no more than was announced, and
    io.ErrUnexpectedEOF where less came. Say 413 where the bound is reached.

When it does not help:
    Bodies that are sent in chunks have no length. A body of less than 512 bytes costs one buffer
    either way. A JSON decoder in place of ReadAll and Unmarshal is no remedy: for one small body it
    takes 1,000 B and 8 objects against 688 B and 3 (Go 1.27.3).

Measured:
    Go 1.26.8 and 1.27.3. 1 KB: 2,224 B and 5 objects, announced 1,072 B and 2. 64 KB: 138,160 B and
    17, announced 65,584 B and 2, in half of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import functions_around, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW703"
NAME = "readall-with-known-length"
HOLDS_FOR = "requests that announce their length, as nearly all with a body do"
REFERENCES = ("https://pkg.go.dev/net/http#Request",)

_READ_ALL = ("io.ReadAll", "io/ioutil.ReadAll")
_BOUNDS = {"io.LimitReader": 0, "net/http.MaxBytesReader": 1}
"""What bounds a reader, and which of its arguments that is."""


def _find(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_READ_ALL):
        request = _request(file, call.arguments[0]) if call.arguments else ""
        function = runs_again(file, call.node)
        if function is not None and request and not _asks_for_length(call.node, request):
            yield _match(file, call.node, request, function.name)


def _request(file: GoFile, stream: Node) -> str:
    """The name of the request whose body a stream is; empty where it is something else."""
    if stream.type == "call_expression":
        bounded = file.call(stream)
        index = _BOUNDS.get(bounded.name)
        if index is None or index >= len(bounded.arguments):
            return ""
        return _request(file, bounded.arguments[index])
    if stream.type != "selector_expression":
        return ""
    known = variable(stream.child_by_field_name("operand"))
    is_body = text(stream.child_by_field_name("field")) == "Body"
    given = known is not None and known.node.type == "parameter_declaration"
    if known is None or not given or not is_body:
        return ""
    return known.name if text(known.type()) == "*http.Request" else ""


def _asks_for_length(call: Node, request: str) -> bool:
    """Whether the function looks at the announced length: this is what it does without one."""
    return any(f"{request}.ContentLength" in text(each) for each in functions_around(call))


def _match(file: GoFile, call: Node, request: str, function: str) -> Match:
    length = f"{request}.ContentLength"
    return Match(
        span=file.span(call),
        function=function,
        title=f"{function} reads a body of known length into a growing buffer",
        why=f"io.ReadAll does not know {length}: it begins with 512 bytes and copies what it has"
        " each time it grows, twice the body altogether.",
        remedy=f"Make the slice of {length} bytes and io.ReadFull into it, but only up to a bound"
        " of yours: what a client announces is not to be believed.",
        sketch=Sketch(
            before=file.lines(file.span(call)),
            after=f"if {length} < 0 || {length} > maxBody {{\n"
            f"\treturn io.ReadAll(io.LimitReader({request}.Body, maxBody))\n}}\n"
            f"body := make([]byte, {length})\n"
            f"_, err := io.ReadFull({request}.Body, body)",
        ),
        saved=0.5,
        saved_allocs=0.8,
        callees=("io.ReadAll", "io/ioutil.ReadAll"),
        needs_evidence=True,
    )


LOOKS = {"go": Look((b"ReadAll(",), _find)}
