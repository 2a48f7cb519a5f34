"""A new decompressor is built for every request or message.

What it finds:
    gzip.NewReader, zlib.NewReader and flate.NewReader in a function that is given a request, in a
    loop, or over bytes that are in memory already. A reader of a file that the function opens
    itself is no finding: its memory is little beside the file. Nor is one that is handed on to the
    caller. Without a recording bytes in memory count where the function is given them.

Why it allocates:
    Each has a window of 32 KB and the tables of its codes, and where the input cannot be read byte
    by byte a buffer of 4 KB before it: 41 KB, whether the body has 200 bytes or 200 MB. It is dead
    as soon as the body is read.

Example:
    ```go
    func receive(w http.ResponseWriter, r *http.Request) {
        zr, err := gzip.NewReader(r.Body)
        if err != nil {
            http.Error(w, err.Error(), http.StatusBadRequest)
            return
        }
        defer zr.Close()
        body, err := io.ReadAll(zr)
        ...
    ```

Use instead:
    ```go
    var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

    func receive(w http.ResponseWriter, r *http.Request) {
        zr := gzipReaders.Get().(*gzip.Reader)
        defer gzipReaders.Put(zr)
        if err := zr.Reset(r.Body); err != nil {
            http.Error(w, err.Error(), http.StatusBadRequest)
            return
        }
        defer zr.Close()
        body, err := io.ReadAll(zr)
        ...
    ```

    The readers of zlib and flate are an io.ReadCloser, whose Reset is behind zlib.Resetter and
    flate.Resetter. zlib.NewReader needs a stream to begin with, so its pool has no New.

When it does not help:
    Long streams: 41 KB are nothing beside a file of 100 MB. A reader that somebody still holds when
    the function returns must not go back to a pool. Nothing here bounds what a small body unpacks
    to; an io.LimitReader around the reader does. A pooled reader holds on to its last input until
    it is used again or the collector has run twice.

Measured:
    Go 1.26.8 and 1.27.3, a JSON message of 160 bytes: gzip 41,232 B and 6 objects, 14 us; pooled
    52 B and 1 object, 2.5 us. zlib 40,612 B, flate 40,528 B, pooled 52 B both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from heapwise.diagnose.rules.compression.go_pools import (
    BORROWERS,
    above,
    in_memory,
    per_message,
    pool_name,
)
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import declares_anew
from heapwise.diagnose.source.go_often import is_given_text, often
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_values import binding, bound, results, stays
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW102"
NAME = "decompressor-per-call"
HOLDS_FOR = "readers of short streams that are done with when the function returns"
REFERENCES = (
    "https://pkg.go.dev/compress/gzip#Reader.Reset",
    "https://pkg.go.dev/compress/flate#Resetter",
)


class _Kind(NamedTuple):
    """A package: the pool's variable, what it holds, and how one is used again."""

    pool: str
    new: str
    held: str
    reset: str


_KINDS = {
    "compress/gzip.NewReader": _Kind(
        "gzipReaders",
        "sync.Pool{New: func() any { return new(gzip.Reader) }}",
        "*gzip.Reader",
        "{name}.Reset({input})",
    ),
    "compress/flate.NewReader": _Kind(
        "flateReaders",
        "sync.Pool{New: func() any { return flate.NewReader(nil) }}",
        "io.ReadCloser",
        "{name}.(flate.Resetter).Reset({input}, nil)",
    ),
    "compress/zlib.NewReader": _Kind(
        "zlibReaders",
        "sync.Pool{} // its first reader is put there by whoever finds it empty",
        "io.ReadCloser",
        "{name}.(zlib.Resetter).Reset({input}, nil)",
    ),
}


def _find(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_KINDS):
        function = runs_again(file, call.node)
        if function is not None and results(call.node) and per_message(file, call):
            reader = bound(call.node)
            if reader is None or not any(_is_result(use) for use in reader.uses()):
                yield _match(file, call, function)


def _is_result(use: Node) -> bool:
    """Whether a variable is handed to the caller, bare or as a part of something."""
    parent = use.parent
    while parent is not None and parent.type in (
        "expression_list",
        "literal_element",
        "keyed_element",
        "literal_value",
        "composite_literal",
        "unary_expression",
    ):
        parent = parent.parent
    return parent is not None and parent.type == "return_statement"


def _match(file: GoFile, call: GoCall, function: GoFunction) -> Match:
    kind, stream = _KINDS[call.name], call.arguments[0]
    reader, package = bound(call.node), call.name.split("/")[1].partition(".")[0]
    name = reader.name if reader is not None else results(call.node)[0]
    local = reader is not None and stays(file, reader, BORROWERS)
    reset = kind.reset.format(name=name, input=text(stream))
    return Match(
        span=file.span(call.node),
        function=function.name,
        title=f"{function.name} builds a {package} reader at every call",
        why=f"{text(call.node)} makes a window of 32 KB and its tables, 41 KB together, and"
        f" {name} is thrown away when {text(stream)} has been read.",
        remedy=f"Keep the readers in a sync.Pool that is a package variable, and Reset one to"
        f" {text(stream)}; put it back when nobody reads from it any more.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=f"var {kind.pool} = {kind.new}\n\n"
            f"{name} := {kind.pool}.Get().({kind.held})\n"
            f"defer {kind.pool}.Put({name})\n"
            f"err := {reset}",
        ),
        saved=0.99 if in_memory(file, stream) else 0.9,
        saved_allocs=0.8 if in_memory(file, stream) else 0.6,
        callees=(call.name,),
        edits=_edits(file, call, function) if local and package == "gzip" else (),
        imports=("sync",),
        confidence=Confidence.HIGH if local else Confidence.MEDIUM,
        needs_evidence=not (often(file, call.node) or is_given_text(stream)),
    )


def _edits(file: GoFile, call: GoCall, function: GoFunction) -> tuple[Edit, ...]:
    """For ``zr, err := gzip.NewReader(input)`` as a statement of its own, outside of loops."""
    statement, names = binding(call.node), results(call.node)
    if (
        statement is None
        or statement.parent is None
        or statement.parent.type != "statement_list"
        or len(names) != 2
        or loop_around(statement) is not None
    ):
        return ()
    package, pool = text(call.receiver), pool_name(file, function, "readers")
    made = f"sync.Pool{{New: func() any {{ return new({package}.Reader) }}}}"
    name, error = names
    sign = ":=" if error != "_" and declares_anew(statement, error) else "="
    lines = (
        f"{name} := {pool}.Get().(*{package}.Reader)",
        f"defer {pool}.Put({name})",
        f"{error} {sign} {name}.Reset({text(call.arguments[0])})",
    )
    declared = above(file, function, f"var {pool} = {made}")
    return declared, file.edit(statement, f"\n{file.indent(statement)}".join(lines))


LOOKS = {"go": Look((b"compress/",), _find)}
