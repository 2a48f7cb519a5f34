"""Info is called for a directory entry that knows the answer already.

What it finds:
    info, err := entry.Info() of an os.DirEntry in a callback of WalkDir or in a loop over
    os.ReadDir, where the result is asked only for Name, IsDir and the type bits of Mode.

Why it allocates:
    An entry holds its name and type from reading the directory. Info calls lstat, a system call
    and a new FileInfo of about 250 B, to have them again.

Example:
    ```go
    for _, entry := range entries {
        info, err := entry.Info()
        if err == nil && info.Mode().IsRegular() {
            names = append(names, info.Name())
        }
    }
    ```

Use instead:
    ```go
    for _, entry := range entries {
        if entry.Type().IsRegular() {
            names = append(names, entry.Name())
        }
    }
    ```

When it does not help:
    Sizes, times and permissions stand only in what Info returns; ask for them behind the checks
    on name and type. An entry that was deleted since no longer shows as an error.

Measured:
    A tree of 1,021 entries walked with WalkDir, Go 1.26.8: Info for each 538 KB, 6,353 objects,
    4.0 ms; the entry's own type 195 KB, 3,293 objects, 1.7 ms. Go 1.27.3: the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.files.walk_callbacks import asks_only_type
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, parameters
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import declaration, meanings
from heapwise.diagnose.source.go_syntax import ancestors, home, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW706"
NAME = "info-per-entry"
HOLDS_FOR = "entries of which only name and type are wanted, Go 1.16 or newer"
REFERENCES = ("https://pkg.go.dev/io/fs#DirEntry",)

_ENTRIES = frozenset({"os.DirEntry", "fs.DirEntry"})
_READERS = frozenset({"os.ReadDir", "io/fs.ReadDir"})


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(".Info"):
        entry = call.receiver
        if call.arguments or entry is None or entry.type != "identifier":
            continue
        function, info = file.function_at(call.node), _result(call.node)
        if function is None or info is None or not _is_entry(file, entry):
            continue
        uses = [use for use in meanings(info) or () if use != info]
        if uses and all(asks_only_type(use) is not None for use in uses):
            yield _match(file, call, info, uses, function.name)


def _result(call: Node) -> Node | None:
    """The first of two names that a call's results are put in by ``:=``."""
    statement = call.parent.parent if call.parent is not None else None
    if statement is None or statement.type != "short_var_declaration":
        return None
    left = statement.child_by_field_name("left")
    names = left.named_children if left is not None else []
    return names[0] if len(names) == 2 and text(names[0]) != "_" else None


def _is_entry(file: GoFile, name: Node) -> bool:
    """Whether a name is the entry of a walk's callback, or of a loop over a directory."""
    spec = declaration(name)
    if spec is None:
        return False
    if spec.type == "parameter_declaration":
        return text(spec.child_by_field_name("type")) in _ENTRIES and _is_walked(name)
    if spec.type != "range_clause" or loop_around(name) is None:
        return False
    over = spec.child_by_field_name("right")
    return over is not None and over.type == "identifier" and _is_read(file, over)


def _is_walked(name: Node) -> bool:
    """Whether the function around is shaped as a walk's callback: path, entry, error."""
    function = home(name)
    kinds = [text(kind) for _, kind in parameters(function)] if function is not None else []
    return kinds[:1] == ["string"] and kinds[2:] == ["error"]


def _is_read(file: GoFile, entries: Node) -> bool:
    spec = declaration(entries)
    values = spec.child_by_field_name("right") if spec is not None else None
    read = values.named_children[0] if values is not None and values.named_children else None
    return read is not None and read.type == "call_expression" and file.call(read).name in _READERS


def _match(file: GoFile, call: GoCall, info: Node, uses: list[Node], function: str) -> Match:
    entry = text(call.receiver)
    span = file.span(call.node)
    lines = "\n".join(dict.fromkeys(_statement(file, use) for use in uses))
    after = lines.replace(f"{text(info)}.Mode()", f"{entry}.Type()")
    return Match(
        span=span,
        function=function,
        title=f"{entry}.Info() in {function} asks the system for what {entry} knows",
        why=f"Of {text(info)} only name and type are used, which {entry} has from reading the"
        " directory; Info calls lstat and allocates for each entry.",
        remedy=f"Ask {entry} itself: Name, IsDir, and Type in place of Mode.",
        sketch=Sketch(
            before=f"{file.lines(span)}\n{lines}",
            after=after.replace(f"{text(info)}.", f"{entry}."),
        ),
        saved=1.0,
        saved_allocs=1.0,
    )


def _statement(file: GoFile, node: Node) -> str:
    """The first line of what a node stands in."""
    inner = node
    for each in ancestors(node):
        if each.start_point.row != node.start_point.row:
            break
        inner = each
    return file.lines(file.span(inner)).partition("\n")[0].strip()


LOOKS = {"go": Look((b".Info()",), _go)}
