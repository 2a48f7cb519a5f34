"""JSON is decoded into a map, and then read at keys that are written in the source.

What it finds:
    json.Unmarshal and Decode into a map[string]any, or a slice of them, of which the function then
    reads nothing but constant keys. A map that is handed on, ranged over, changed, or read at
    computed keys is left alone: there the keys are data. Without a recording only what a handler or
    a loop decodes is told.

Why it allocates:
    Every object becomes a map, every key a string, every number a boxed float64, fields that nobody
    asks for included. A struct has room for its fields, its keys are known by the decoder, and what
    it does not name is skipped. An integer above 2**53 is not even kept as it was.

Example:
    ```go
    var message map[string]any
    if err := json.Unmarshal(data, &message); err != nil {
        return err
    }
    store(message["id"].(string), message["size"].(float64))
    ```

Use instead:
    ```go
    var message struct {
        ID   string `json:"id"`
        Size int64  `json:"size"`
    }
    if err := json.Unmarshal(data, &message); err != nil {
        return err
    }
    store(message.ID, message.Size)
    ```

    The types are yours to choose: a wrong type in the input is now an error of the decoder, where
    it was a panic of the assertion, or nothing. Keys match without regard to case. A field that may
    be absent, and must be told from zero, is a pointer.

When it does not help:
    Documents whose keys nobody knows before they come. A pool of maps does not help either: the
    maps are the smaller part, and what is not cleared is read by the next message.

Measured:
    A message of 160 bytes with two nested objects. Go 1.27.3: map 1,384 B and 33 objects, struct
    128 B and 1. Go 1.26.8: 1,528 B and 43, 456 B and 14.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.encoding.go_json import unmarshalled
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import Variable, pointed_at
from heapwise.diagnose.source.go_often import often
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW302"
NAME = "untyped-decode"
HOLDS_FOR = "documents whose keys are known when the program is written"
REFERENCES = ("https://pkg.go.dev/encoding/json#Unmarshal",)

_MAP = re.compile(r"(\[\])?map\[string\](any|interface\{\})")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def _find(file: GoFile) -> Iterable[Match]:
    for call, target in unmarshalled(file):
        read, function = pointed_at(target), runs_again(file, call)
        kind = _kind(file, read) if read is not None else ""
        if read is None or function is None or not _MAP.fullmatch(kind):
            continue
        keys = _keys(read)
        if keys:
            yield _match(file, call, read.name, kind, keys, function.name)


def _kind(file: GoFile, read: Variable) -> str:
    """The type of a variable, as text without blanks; that of ``make(T)`` too."""
    kind, value = read.type(), read.value()
    if kind is None and value is not None and value.type == "call_expression":
        made = file.call(value)
        kind = made.arguments[0] if made.name in ("make", "new") and made.arguments else None
    return text(kind).replace(" ", "")


def _keys(read: Variable) -> dict[str, str] | None:
    """The keys it is read at with the types asserted of them; None where it is used otherwise."""
    found: dict[str, str] = {}
    for use in read.uses():
        parent = use.parent
        if parent is None or _is_address_or_length(use, parent):
            continue
        below = _keys_of_element(use, parent)
        if below is None:
            return None
        found.update(below)
    return found


def _is_address_or_length(use: Node, parent: Node) -> bool:
    if parent.type == "unary_expression":
        return True
    call = parent.parent
    length = call is not None and text(call.child_by_field_name("function")) == "len"
    return parent.type == "argument_list" and length and parent.named_children == [use]


def _keys_of_element(use: Node, parent: Node) -> dict[str, str] | None:
    if parent.type == "range_clause" and parent.child_by_field_name("right") == use:
        left = parent.child_by_field_name("left")
        names = left.named_children if left is not None else []
        if len(names) != 2 or names[1].type != "identifier":
            return None
        return _keys(Variable(text(names[1]), parent))
    index = parent.child_by_field_name("index")
    if parent.type != "index_expression" or index is None or use == index:
        return None
    outer = parent.parent
    if index.type == "int_literal" and outer is not None and outer.type == "index_expression":
        parent, index, outer = outer, outer.child_by_field_name("index"), outer.parent
    if index is None or index.type != "interpreted_string_literal" or _is_changed(parent):
        return None
    asserted = outer if outer is not None and outer.type == "type_assertion_expression" else None
    kind = text(asserted.child_by_field_name("type")) if asserted is not None else ""
    return {text(index)[1:-1]: kind}


def _is_changed(element: Node) -> bool:
    """Whether it is assigned to."""
    outer = element.parent
    statement = outer.parent if outer is not None else None
    return (
        statement is not None
        and statement.type in ("assignment_statement", "inc_statement")
        and statement.child_by_field_name("left") == outer
    )


def _match(
    file: GoFile, call: Node, name: str, kind: str, keys: dict[str, str], function: str
) -> Match:
    some = ", ".join(list(keys)[:4]) + (", …" if len(keys) > 4 else "")
    return Match(
        span=file.span(call),
        function=function,
        title=f"{function} decodes JSON into a {kind} and reads constant keys of it",
        why=f"Of {name} only {some} is read, but each object in the input becomes a map, each key"
        " a string and each number a boxed float64.",
        remedy=f"Give {name} a struct type with these fields; what it does not name is skipped."
        " Wrong types in the input are then an error of the decoder.",
        sketch=Sketch(before=file.lines(file.span(call)), after=_struct(name, kind, keys)),
        saved=0.85,
        saved_allocs=0.9,
        callees=("encoding/json",),
        needs_evidence=not often(file, call),
    )


def _struct(name: str, kind: str, keys: dict[str, str]) -> str:
    lines = [f"var {name} {'[]' if kind.startswith('[]') else ''}struct {{"]
    for key, asserted in keys.items():
        field = "".join(word[:1].upper() + word[1:] for word in _WORD.findall(key)) or "Field"
        lines.append(f'\t{field} {asserted or "/* its type */"} `json:"{key}"`')
    return "\n".join((*lines, "}"))


LOOKS = {"go": Look((b'"encoding/json"',), _find)}
