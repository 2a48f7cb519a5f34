"""What a mention of a response does with its body: closes it, hands it on, or only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_syntax import enclosing, text

if TYPE_CHECKING:
    from tree_sitter import Node

_TO_THE_END = frozenset({"io.ReadAll", "io/ioutil.ReadAll", "io.Copy", "io.CopyBuffer"})
_CONSUMERS = _TO_THE_END | {"io.CopyN", "io.ReadFull", "io.ReadAtLeast"}
_WRAPPERS = frozenset(
    {"io.LimitReader", "io.TeeReader", "bufio.NewReader", "bufio.NewScanner"}
    | {"encoding/json.NewDecoder", "encoding/xml.NewDecoder"}
)
"""What reads from a body later, and cannot close it."""

_HARMLESS = frozenset({"Cookies", "Location", "ProtoAtLeast"})
"""The methods of a response that do not touch its body."""


def leaves_open(file: GoFile, use: Node) -> bool:
    """Whether a mention of a response neither closes its body nor hands it on."""
    parent = use.parent
    if parent is None:
        return False
    if parent.type == "binary_expression":
        return True
    if parent.type == "expression_list":
        statement = parent.parent
        return statement is not None and statement.child_by_field_name("left") == parent
    if parent.type != "selector_expression":
        return False
    field = text(parent.child_by_field_name("field"))
    if field == "Body":
        return _only_read(file, parent)
    outer = parent.parent
    is_method = outer is not None and outer.child_by_field_name("function") == parent
    return not is_method or field in _HARMLESS


def is_read_up(file: GoFile, use: Node) -> bool:
    """Whether a body is given to what reads to the end: its connection is free without a Close."""
    call = _taker(use.parent) if use.parent is not None else None
    return call is not None and file.call(call).name in _TO_THE_END


def _only_read(file: GoFile, body: Node) -> bool:
    """Whether a body is read where it stands, or through a reader that stays in the function."""
    parent = body.parent
    if parent is not None and parent.type == "selector_expression":
        return text(parent.child_by_field_name("field")) == "Read"
    call = _taker(body)
    while call is not None and file.call(call).name in _WRAPPERS:
        outer = _taker(call)
        if outer is None:
            used = call.parent is not None and call.parent.type == "selector_expression"
            return used or enclosing(call, "return_statement", "composite_literal") is None
        call = outer
    return call is not None and file.call(call).name in _CONSUMERS


def _taker(argument: Node) -> Node | None:
    """The call that takes an expression as an argument."""
    call = argument.parent.parent if argument.parent is not None else None
    taken = argument.parent is not None and argument.parent.type == "argument_list"
    return call if taken else None
