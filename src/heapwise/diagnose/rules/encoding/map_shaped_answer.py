"""An answer is built as a map, although its keys are written in the source.

What it finds:
    A map literal with constant string keys that is given to json.Marshal, to Encode of a JSON
    encoder, or to a method JSON as web frameworks have it: map[string]any, map[string]string,
    gin.H, echo.Map, fiber.Map; also where it is first put into a variable that nobody else sees.
    Maps that are filled by a loop, or whose keys are computed, are what maps are for. Answers to
    errors are left out. Without a recording only what a handler or a loop encodes is told.

Why it allocates:
    The map takes its groups of slots, each value that is no pointer is boxed into an interface, and
    the encoder collects the keys and sorts them and looks at every value's type anew. A struct is
    one object, and what its type needs is worked out once per program.

Example:
    ```go
    json.NewEncoder(w).Encode(map[string]any{"id": user.ID, "name": user.Name})
    ```

Use instead:
    ```go
    type answer struct {
        ID   int64  `json:"id"`
        Name string `json:"name"`
    }

    json.NewEncoder(w).Encode(&answer{user.ID, user.Name})
    ```

    A map is written in the order of its keys, a struct in that of its fields: sort the fields by
    their JSON names where somebody compares bytes. An empty omitted field needs omitempty.

When it does not help:
    Answers that are mostly one large value: the map around it is some 400 bytes.

Measured:
    Four fields to 68 bytes of JSON. Go 1.27.3: map 616 B and 18 objects, 1.6 us; struct by pointer
    128 B, 2 objects, 0.4 us. Go 1.26.8: 744 B and 15, 128 B and 2. One field: 408 B and 7 against
    32 B and 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from heapwise.diagnose.rules.encoding.go_json import marshalled
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoFunction
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_often import often
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import ancestors, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW301"
NAME = "map-shaped-answer"
HOLDS_FOR = "answers whose keys are known when the program is written"
REFERENCES = ("https://pkg.go.dev/encoding/json#Marshal",)

_MAPS = frozenset({"map[string]any", "map[string]interface{}", "map[string]string"})
_NAMED_MAPS = frozenset({"gin.H", "echo.Map", "fiber.Map"})
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ERROR = re.compile(r"(?:\b|_)err|Err|[Ff]ail|[Bb]ad(?!ge)|[Rr]eject")
_OF_LITERALS = {
    "interpreted_string_literal": "string",
    "raw_string_literal": "string",
    "int_literal": "int",
    "float_literal": "float64",
    "true": "bool",
    "false": "bool",
}


class _Field(NamedTuple):
    """An entry of the map as a field of a struct."""

    key: str
    value: str
    kind: str


def _find(file: GoFile) -> Iterable[Match]:
    for call, given in marshalled(file):
        literal = _literal(given)
        if literal is None:
            continue
        fields, function = _fields(literal), runs_again(file, call)
        if function is not None and fields and not _tells_an_error(call, fields, function):
            yield _match(file, call, literal, fields, function.name)


def _literal(given: Node) -> Node | None:
    """The map literal that an argument is, or that its variable begins as and stays."""
    if given.type == "identifier":
        known = variable(given)
        if known is None or known.node.type != "short_var_declaration" or len(known.uses()) != 1:
            return None
        value = known.value()
        if value is None:
            return None
        given = value
    kind = text(given.child_by_field_name("type")).replace(" ", "")
    is_map = given.type == "composite_literal" and kind in _MAPS | _NAMED_MAPS
    return given if is_map else None


def _tells_an_error(call: Node, fields: tuple[_Field, ...], function: GoFunction) -> bool:
    """Whether it is only reached where something failed."""
    names = (function.short, *(field.key for field in fields))
    return any(_ERROR.search(name) for name in names) or any(
        each.type == "if_statement" and "err" in text(each.child_by_field_name("condition"))
        for each in ancestors(call)
    )


def _fields(literal: Node) -> tuple[_Field, ...]:
    """The entries; none where a key is computed or a value is a map again."""
    body, found = literal.child_by_field_name("body"), []
    for entry in body.named_children if body is not None else ():
        if entry.type == "comment":
            continue
        parts = [each.named_children[0] for each in entry.named_children if each.named_children]
        if entry.type != "keyed_element" or len(parts) != 2:
            return ()
        if parts[0].type != "interpreted_string_literal":
            return ()
        found.append(_Field(text(parts[0])[1:-1], text(parts[1]), _kind(parts[1])))
    return tuple(found)


def _kind(value: Node) -> str:
    known = variable(value)
    declared = known.type() if known is not None else None
    if declared is not None and declared.type in ("type_identifier", "pointer_type", "slice_type"):
        return text(declared)
    if text(value).endswith(".Error()"):
        return "string"
    return _OF_LITERALS.get(value.type, "/* its type */")


def _match(
    file: GoFile, call: Node, literal: Node, fields: tuple[_Field, ...], function: str
) -> Match:
    keys = ", ".join(field.key for field in fields[:4]) + (", …" if len(fields) > 4 else "")
    return Match(
        span=file.span(literal),
        function=function,
        title=f"{function} makes a map of {len(fields)} constant keys into JSON",
        why=f"The keys {keys} never change, but each call makes a map for them, boxes the values"
        " and has the encoder sort them.",
        remedy="Declare a struct with these fields and pass its address; its fields are written in"
        " the order of their declaration, those of a map sorted.",
        sketch=Sketch(
            before=file.lines(file.span(literal)),
            after="\n".join(_struct(fields)),
        ),
        saved=0.75,
        saved_allocs=0.85,
        more=(file.span(call),) if call.start_byte > literal.end_byte else (),
        needs_evidence=not often(file, call),
    )


def _struct(fields: tuple[_Field, ...]) -> Iterator[str]:
    yield "type answer struct {"
    for field in fields:
        name = "".join(word[:1].upper() + word[1:] for word in _WORD.findall(field.key))
        yield f'\t{name or "Field"} {field.kind} `json:"{field.key}"`'
    yield "}\n"
    yield "&answer{" + ", ".join(" ".join(field.value.split()) for field in fields) + "}"


LOOKS = {"go": Look((b'"encoding/json"', b".JSON("), _find)}
