"""What allocates on a line without a word from escape analysis: told by the syntax.

The compiler does not report that maps grow and goroutines start, and whatever "does not escape"
is still allocated where it does not fit the 32 bytes that the stack has for it. The profile says
that the line itself allocates, so the only thing on it that can is the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_syntax import text
from heapwise.model.escape import Reason
from heapwise.names import visible

if TYPE_CHECKING:
    from tree_sitter import Node

_LONGEST = 60
_MOST_NODES = 2_000
_BUILTINS = {"append": Reason.APPEND, "string": Reason.CONVERSION}
_PACKAGES = {"reflect": Reason.REFLECTION, "runtime": Reason.RUNTIME}

_CLAUSES = {
    Reason.GOROUTINE: "a goroutine starts: its function and what that captures lie on the heap",
    Reason.MAP: "{what} allocates when the map grows, which the compiler never reports",
    Reason.CHANNEL: "{what} always lies on the heap",
    Reason.VARIABLE_SIZE: "{what} has a size that is only known at run time: even where it does "
    "not escape, only the first 32 B find room on the stack",
    Reason.APPEND: "{what} copies the slice into a larger array when its capacity is used up",
    Reason.CONVERSION: "{what} copies the bytes",
    Reason.DEFERRED: "a call deferred in a loop stays on the heap until the function returns",
    Reason.REFLECTION: "{what} makes the value by reflection, always on the heap",
    Reason.RUNTIME: "{what} is the runtime's own, which allocates",
    Reason.CONCATENATION: "{what} makes a new string",
}
"""In words, the surest first."""

_RANK = {reason: rank for rank, reason in enumerate(_CLAUSES)}
_SURE = frozenset({Reason.GOROUTINE, Reason.CHANNEL})


class Told(NamedTuple):
    """What a line says.

    Attributes:
        reason: why it allocates.
        clause: in words.
        sure: it allocates whatever the lines around it do.
    """

    reason: Reason
    clause: str
    sure: bool


def told_by_line(file: GoFile, line: int) -> Told | None:
    """The likeliest thing on a line, from 1, that allocates without being logged."""
    found = [told for node in _nodes(file, line - 1) if (told := _told(file, node, line - 1))]
    return min(found, key=lambda told: (not told.sure, _RANK[told.reason]), default=None)


def _nodes(file: GoFile, row: int) -> Iterator[Node]:
    """The nodes that touch a row, outermost first."""
    stack, seen = [file.root], 0
    while stack and seen < _MOST_NODES:
        node = stack.pop()
        for each in node.named_children:
            if each.start_point.row <= row <= each.end_point.row:
                seen += 1
                stack.append(each)
                yield each


def _told(file: GoFile, node: Node, row: int) -> Told | None:
    reason = _reason(file, node)
    if reason is None or _row(node) != row:
        return None
    shown = " ".join(text(node).split())
    what = visible(shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…")
    sure = reason in _SURE or (reason is Reason.MAP and node.type in _ASSIGNMENTS)
    return Told(reason, _CLAUSES[reason].format(what=what), sure)


def _reason(file: GoFile, node: Node) -> Reason | None:
    look = _LOOKS.get(node.type)
    return look(file, node) if look is not None else None


def _assignment(_file: GoFile, node: Node) -> Reason | None:
    """An element that is assigned to is a map's: those of slices and arrays cost nothing."""
    left = node.child_by_field_name("left") or node
    if any(each.type == "index_expression" for each in left.named_children):
        return Reason.MAP
    return Reason.CONCATENATION if _operator(node) == "+=" else None


def _call(file: GoFile, node: Node) -> Reason | None:
    call = file.call(node)
    if call.name == "make" and call.arguments:
        return _make(call.arguments)
    package = call.name.rpartition(".")[0]
    return _BUILTINS.get(call.name) or _PACKAGES.get(package)


def _binary(_file: GoFile, node: Node) -> Reason | None:
    return Reason.CONCATENATION if _operator(node) == "+" else None


def _of_type(_file: GoFile, node: Node) -> Reason | None:
    """A literal of a map, or a conversion to a slice."""
    made = node.child_by_field_name("type")
    of = made.type if made is not None else ""
    return {
        ("composite_literal", "map_type"): Reason.MAP,
        ("type_conversion_expression", "slice_type"): Reason.CONVERSION,
    }.get((node.type, of))


def _go(_file: GoFile, _node: Node) -> Reason:
    return Reason.GOROUTINE


def _defer(_file: GoFile, node: Node) -> Reason | None:
    return Reason.DEFERRED if loop_around(node) is not None else None


_ASSIGNMENTS = frozenset({"assignment_statement", "inc_statement", "dec_statement"})
_LOOKS: dict[str, Callable[[GoFile, Node], Reason | None]] = {
    **dict.fromkeys(_ASSIGNMENTS, _assignment),
    "call_expression": _call,
    "binary_expression": _binary,
    "composite_literal": _of_type,
    "type_conversion_expression": _of_type,
    "go_statement": _go,
    "defer_statement": _defer,
}


def _make(arguments: tuple[Node, ...]) -> Reason | None:
    made, sizes = arguments[0].type, arguments[1:]
    if made == "channel_type":
        return Reason.CHANNEL
    if made == "map_type" or not sizes:
        return Reason.MAP
    return None if sizes[-1].type == "int_literal" else Reason.VARIABLE_SIZE


def _operator(node: Node) -> str:
    return text(node.child_by_field_name("operator"))


def _row(node: Node) -> int:
    """The row that the compiler gives a node: of a call its parenthesis, else the operator."""
    mark = node.child_by_field_name("arguments") or node.child_by_field_name("operator")
    return (mark or node).start_point.row
