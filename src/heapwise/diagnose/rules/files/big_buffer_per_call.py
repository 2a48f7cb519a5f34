"""A buffer of 64 KiB or more is made anew for each call or each round of a loop.

What it finds:
    buf := make([]byte, n) with a constant of 64 KiB or more, and bufio.NewReaderSize and
    NewWriterSize with such a size, in a handler, in a loop, or in a function that is given what it
    reads or writes, where the buffer stays in the function. One that is returned, stored, sent or
    appended to is no finding: it is wanted afterwards.

Why it allocates:
    The whole buffer is cleared and garbage after the call, however few bytes passed through it.
    Objects beyond 32 KiB are not served from a thread's cache: each takes a lock, pages and a
    part of the next collection.

Example:
    ```go
    func (s *store) put(w io.Writer, r io.Reader) error {
        buf := make([]byte, 1<<20)
        _, err := io.CopyBuffer(w, r, buf)
        return err
    }
    ```

Use instead:
    ```go
    var buffers = sync.Pool{New: func() any { return new([1 << 20]byte) }}

    func (s *store) put(w io.Writer, r io.Reader) error {
        buf := buffers.Get().(*[1 << 20]byte)
        defer buffers.Put(buf)
        _, err := io.CopyBuffer(w, r, buf[:])
        return err
    }
    ```

    In a loop, make it before the loop. For copying, 32 KiB is seldom slower than 1 MiB: io.Copy
    takes that by itself.

When it does not help:
    A call that comes once a minute: a pool is emptied by two collections in a row. Verify it on
    your own load before you keep a pool.

Measured:
    100 KB through a buffer of 256 KiB, Go 1.26.8: made per call 262 KB and 185 us, pooled 49 B and
    15 us. Ten such rounds of a loop: 2.6 MB and 1.9 ms, made once before it 262 KB and 1.0 ms. Go
    1.27.3: the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import integer
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction, in_handler
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import meanings
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import ancestors, home, text
from heapwise.diagnose.source.go_values import assigned_to
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Confidence, Sketch
from heapwise.units import format_size

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW709"
NAME = "big-buffer-per-call"
HOLDS_FOR = "calls that come more often than collections; pools only after verify"
REFERENCES = ("https://pkg.go.dev/sync#Pool", "https://pkg.go.dev/io#CopyBuffer")

BIG = 64 << 10
"""Bytes; below, buffers are cheap and often on the stack."""

_SIZED = ("bufio.NewReaderSize", "bufio.NewWriterSize")
_STREAMS = frozenset({
    "io.Reader", "io.Writer", "io.ReadCloser", "io.WriteCloser", "io.ReadWriter",
    "io.ReadWriteCloser", "net.Conn", "*net.TCPConn", "*os.File", "*multipart.Part",
    "multipart.File", "http.ResponseWriter", "*http.Request", "*http.Response",
})  # fmt: skip
_BORROWING = frozenset({
    "Read", "ReadAt", "ReadFull", "ReadAtLeast", "ReadFrom", "ReadFromUDP", "Buffer", "Write",
    "WriteAt", "WriteTo", "WriteToUDP", "Copy", "CopyN", "CopyBuffer", "Sum", "Equal", "Contains",
    "Index", "IndexByte", "LastIndexByte", "HasPrefix", "HasSuffix", "Count", "len", "cap", "copy",
    "clear", "string",
})  # fmt: skip
"""The names of functions that look at a buffer, or fill it, and give it back."""

_LEAVING = frozenset({"return_statement", "break_statement"})


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("make", *_SIZED):
        if call.name == "make" and (not call.arguments or text(call.arguments[0]) != "[]byte"):
            continue
        if len(call.arguments) != 2:
            continue  # with a capacity of its own it is filled by append
        size = integer(file, call.arguments[1])
        function = file.function_at(call.node)
        if size is None or size < BIG or function is None or runs_again(file, call.node) is None:
            continue
        if _runs_often(call.node, function) and _stays(file, call.node):
            yield _match(file, call, function, size)


def _runs_often(node: Node, function: GoFunction) -> bool:
    if in_handler(node) or _each_round(node):
        return True
    return any(text(kind) in _STREAMS for _, kind in function.parameters())


def _each_round(node: Node) -> bool:
    """Whether a loop comes by a node again: not where the block around leaves the loop."""
    loop = loop_around(node)
    if loop is None:
        return False
    for each in ancestors(node):
        if each == loop:
            break
        if each.type == "statement_list" and each.named_children[-1].type in _LEAVING:
            return False
    return True


def _stays(file: GoFile, made: Node) -> bool:
    """Whether nothing but the function has the buffer: it is read into, sliced, measured."""
    target = assigned_to(made)
    if target is None or target.type != "identifier":
        return False
    uses = [use for use in meanings(target) or () if use != target]
    return bool(uses) and all(home(use) == home(made) and _is_lent(file, use) for use in uses)


def _is_lent(file: GoFile, use: Node) -> bool:
    """Whether a mention gives the buffer back: an argument, a receiver, ``buf[i]``, ``buf[:n]``."""
    node = use
    while node.parent is not None and node.parent.type == "slice_expression":
        node = node.parent
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("index_expression", "range_clause"):
        return True
    if parent.type == "selector_expression":
        return parent.parent is not None and parent.parent.type == "call_expression"
    call = parent.parent
    if parent.type != "argument_list" or call is None or call.type != "call_expression":
        return False
    return file.call(call).name.rpartition(".")[2] in _BORROWING


def _match(file: GoFile, call: GoCall, function: GoFunction, size: int) -> Match:
    loops = _each_round(call.node)
    per_request = in_handler(call.node)
    often = "in every round of a loop" if loops else f"at every call of {function.name}"
    span = file.span(call.node)
    made = file.lines(span)
    what = "make" if call.name == "make" else call.name
    return Match(
        span=span,
        function=function.name,
        title=f"{what} takes {format_size(size)} {often}",
        why="The buffer never leaves the function, so all of it is cleared and thrown away each"
        " time, however little is read into it.",
        remedy=(
            "Make it once, before the loop."
            if loops
            else "Keep buffers of this one size in a sync.Pool, by pointer, or take a smaller one:"
            " io.Copy does with 32 KiB."
        ),
        sketch=Sketch(before=made, after=_instead(call, made, loops=loops)),
        saved=1.0,
        saved_allocs=1.0,
        callees=("",) if call.name == "make" else (what,),
        case="loop" if loops else "",
        confidence=Confidence.HIGH if loops or per_request else Confidence.MEDIUM,
    )


def _instead(call: GoCall, made: str, *, loops: bool) -> str:
    if loops:
        return f"{made} // before the loop"
    if call.name != "make":
        kind = call.name.removeprefix("bufio.New").removesuffix("Size")
        stream = text(call.arguments[0])
        return (
            f"buffered := pool.Get().(*bufio.{kind})\n"
            f"buffered.Reset({stream})\n"
            "defer pool.Put(buffered)"
        )
    size = text(call.arguments[1])
    return (
        f"var buffers = sync.Pool{{New: func() any {{ return new([{size}]byte) }}}}"
        " // outside any function\n"
        f"buf := buffers.Get().(*[{size}]byte)\n"
        "defer buffers.Put(buf)"
    )


LOOKS = {
    "go": Look((b"make([]byte, ", b"NewReaderSize(", b"NewWriterSize("), _go),
}
