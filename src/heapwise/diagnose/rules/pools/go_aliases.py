"""Which expressions of a function are the memory of something that came from a pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.pools.go_pools import Taken
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_syntax import bare, text
from heapwise.diagnose.source.go_values import assignments

if TYPE_CHECKING:
    from tree_sitter import Node

_SHARING_METHODS = frozenset({".Bytes", ".Next", ".AvailableBuffer"})
_SHARING = frozenset(
    f"bytes.{name}"
    for name in ("TrimSpace", "Trim", "TrimLeft", "TrimRight", "TrimSuffix", "TrimPrefix")
)


def root(file: GoFile, node: Node) -> str:
    """The variable whose memory an expression is: ``b`` for ``b[:n]``, ``append(b, …)``, ``*b``.

    For a buffer ``buf.Bytes()`` as well. Empty where the expression is memory of its own, or that
    cannot be told.
    """
    node = bare(node)
    if node.type == "identifier":
        return text(node)
    if node.type in ("slice_expression", "type_assertion_expression") or (
        node.type == "unary_expression" and text(node).startswith("*")
    ):
        return root(file, node.named_children[0])
    if node.type != "call_expression":
        return ""
    call = file.call(node)
    if call.name in _SHARING_METHODS and call.receiver is not None:
        return root(file, call.receiver)
    if (call.name == "append" or call.name in _SHARING) and call.arguments:
        return root(file, call.arguments[0])
    return ""


def aliases(file: GoFile, each: Taken) -> frozenset[str]:
    """The variables that at some time share memory with what was taken from a pool."""
    names = {each.name}
    for place, value in _later(each):
        if root(file, value) in names:
            names.add(text(place))
    return frozenset(names - {"_"})


def only_aliases(file: GoFile, each: Taken) -> frozenset[str]:
    """Those of `aliases` that never hold anything else after the Get."""
    names = aliases(file, each)
    other = {text(place) for place, value in _later(each) if root(file, value) not in names}
    return names - other


def _later(each: Taken) -> Iterator[tuple[Node, Node]]:
    """The assignments to variables that follow the Get."""
    for place, value in assignments(each.scope):
        if place.start_byte > each.call.node.end_byte and place.type == "identifier":
            yield place, value
