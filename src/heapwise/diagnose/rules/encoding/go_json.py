"""What the Go rules about JSON have in common: which calls encode and decode, and what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import variable

if TYPE_CHECKING:
    from tree_sitter import Node

MARSHALLERS = ("encoding/json.Marshal", "encoding/json.MarshalIndent")
_CODERS = frozenset({"encoding/json.NewEncoder", "encoding/json.NewDecoder"})


def marshalled(file: GoFile) -> Iterator[tuple[Node, Node]]:
    """The calls that turn a value into JSON, each with the value.

    Beside those of encoding/json the methods JSON of web frameworks, which take a status first.
    """
    for call in file.calls(*MARSHALLERS):
        if call.arguments:
            yield call.node, call.arguments[0]
    for call in file.calls(".Encode"):
        if len(call.arguments) == 1 and coder_of(file, call.receiver) is not None:
            yield call.node, call.arguments[0]
    for call in file.calls(".JSON", ".AbortWithStatusJSON"):
        if len(call.arguments) in (1, 2):
            yield call.node, call.arguments[-1]


def unmarshalled(file: GoFile) -> Iterator[tuple[Node, Node]]:
    """The calls that read JSON, each with the pointer to what they read into."""
    for call in file.calls("encoding/json.Unmarshal"):
        if len(call.arguments) == 2:
            yield call.node, call.arguments[1]
    for call in file.calls(".Decode"):
        if len(call.arguments) == 1 and coder_of(file, call.receiver) is not None:
            yield call.node, call.arguments[0]


def coder_of(file: GoFile, receiver: Node | None) -> Node | None:
    """The call of NewEncoder or NewDecoder of encoding/json that a receiver comes from."""
    known = variable(receiver)
    made = known.value() if known is not None else receiver
    if made is None or made.type != "call_expression":
        return None
    return made if file.call(made).name in _CODERS else None


def while_more(file: GoFile, loop: Node) -> bool:
    """Whether a ``for`` runs as long as More of a decoder says so."""
    head = loop.named_children[0]
    return head.type == "call_expression" and file.call(head).name == ".More"
