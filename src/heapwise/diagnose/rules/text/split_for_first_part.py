r"""A string is split into all its parts, and one is used.

What it finds:
    ``strings.Split(s, sep)[0]`` and its like in bytes, and the parts of ``SplitN(s, sep, 2)`` in a
    variable of which only the first, the second and the length are looked at; with a separator that
    is a constant of at least one character. Fields, and a Split whose other parts are used, are no
    finding. Without a recording only what a handler splits is told.

Why it allocates:
    Split counts the separators and makes a slice with room for every part, for one of them to be
    looked at. Cut finds the first separator, stops, and allocates nothing.

Example:
    ```go
    host := strings.Split(address, ":")[0]
    ```

Use instead:
    ```go
    host, _, _ := strings.Cut(address, ":")
    ```

    Cut is there since Go 1.18. Without a separator it gives the whole string, as Split does.

When it does not help:
    Where a later part than the second is wanted; then Split with a limit, or Index.

Measured:
    A short string on Go 1.27.3 and 1.26.8: Split 32 B and 1 object; Cut 0 B and none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, serves
from heapwise.diagnose.source.go_names import Local
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_values import called, is_written
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW406"
NAME = "split-for-first-part"
HOLDS_FOR = "separators that are constants, from Go 1.18 on"
REFERENCES = ("https://pkg.go.dev/strings#Cut",)

_SPLITTERS = tuple(
    f"{package}.{name}" for package in ("strings", "bytes") for name in ("Split", "SplitN")
)
_CUT_SINCE = (1, 18)


def _go(file: GoFile) -> Iterable[Match]:
    if not file.package.module.speaks(_CUT_SINCE):
        return
    for call in file.calls(*_SPLITTERS):
        if not _is_constant_split(call) or runs_again(file, call.node) is None:
            continue
        around = call.node.parent
        if around is not None and around.type == "index_expression":
            if text(around.child_by_field_name("index")) == "0":
                yield _first(file, call, around)
        else:
            yield from _pair(file, call)


def _is_constant_split(call: GoCall) -> bool:
    """Whether a call splits at a constant; an empty one means each character to Split."""
    if len(call.arguments) < 2:
        return False
    separator = call.arguments[1]
    if separator.type == "type_conversion_expression":
        separator = separator.named_children[-1]
    limited = call.name.endswith("N")
    return (
        separator.type in STRINGS
        and len(text(separator)) > 2
        and (not limited or text(call.arguments[-1]) == "2")
    )


def _first(file: GoFile, call: GoCall, indexed: Node) -> Match:
    value = text(call.arguments[0])
    cut = _cut(call)
    # bytes.Split ends the capacity of a part with it, so that append copies; bytes.Cut does not.
    edit = _edit(file, indexed, cut) if call.name.startswith("strings.") else None
    return Match(
        span=file.span(indexed),
        function=file.owner(call.node),
        title=f"{value} is split into all its parts for the first one",
        why=f"{_written(call)} makes a slice of every part of {value}, and only [0] is used.",
        remedy=f"Cut stops at the first {text(call.arguments[1])} and allocates nothing.",
        sketch=Sketch(text(indexed), f"first, _, _ := {cut}"),
        saved=1.0,
        saved_allocs=1.0,
        callees=("strings.", "bytes."),
        edits=(edit,) if edit is not None else (),
        needs_evidence=not serves(call.node),
    )


def _written(call: GoCall) -> str:
    return text(call.node.child_by_field_name("function"))


def _cut(call: GoCall) -> str:
    package = _written(call).partition(".")[0]
    return f"{package}.Cut({', '.join(text(each) for each in call.arguments[:2])})"


def _edit(file: GoFile, indexed: Node, cut: str) -> Edit | None:
    """``x, _, _ := Cut(…)`` where the part is all that a statement assigns."""
    right = indexed.parent
    statement = right.parent if right is not None else None
    if right is None or statement is None or right.named_child_count != 1:
        return None
    left = statement.child_by_field_name("left")
    if left is None or statement.child_by_field_name("right") != right:
        return None
    operator = ":=" if statement.type == "short_var_declaration" else "="
    plain = operator == ":=" or text(statement.child_by_field_name("operator")) == "="
    if left.named_child_count != 1 or not plain:
        return None
    return file.edit(statement, f"{text(left)}, _, _ {operator} {cut}")


def _pair(file: GoFile, call: GoCall) -> Iterator[Match]:
    """The parts in a variable of which no more than the first two are used."""
    right = call.node.parent
    statement = right.parent if right is not None else None
    local = Local.declared_by(statement) if statement is not None else None
    if local is None or local.value() != call.node or local.captured():
        return
    looked_at = {_look(file, use) for use in local.uses()}
    # Only of SplitN is it known that there are no more than two parts.
    wanted = {"0", "1", "len"} if call.name.endswith("N") else {"0"}
    if "0" in looked_at <= wanted:
        yield _pair_match(file, call, local.name)


def _look(file: GoFile, use: Node) -> str:
    """What a use of the parts looks at: ``0`` or ``1``, ``len``; anything else is empty."""
    parent = use.parent
    if parent is not None and parent.type == "index_expression":
        return "" if is_written(parent) else text(parent.child_by_field_name("index"))
    return "len" if called(file, use) == "len" else ""


def _pair_match(file: GoFile, call: GoCall, name: str) -> Match:
    value = text(call.arguments[0])
    return Match(
        span=file.span(call.node),
        function=file.owner(call.node),
        title=f"{value} is split into a slice of which two parts at most are used",
        why=f"{_written(call)} makes a slice for the parts; {name} never leaves the function.",
        remedy="Cut gives what is before and behind the separator, and whether there was one.",
        sketch=Sketch(file.lines(file.span(call.node)), f"before, after, found := {_cut(call)}"),
        saved=1.0,
        saved_allocs=1.0,
        callees=("strings.", "bytes."),
        case="pair",
        needs_evidence=not serves(call.node),
    )


LOOKS = {"go": Look((b".Split",), _go)}
