"""A struct is given to json.Marshal by value, where its address does.

What it finds:
    json.Marshal and json.MarshalIndent of a local variable, a parameter, a dereferenced pointer, a
    field behind a pointer, or a literal, whose type is a struct with three fields or more, declared
    in the same package. Types that marshal themselves through a pointer are left out: there the two
    are not the same. Without a recording nothing is told: a copy is little by itself.

Why it allocates:
    An interface holds a struct by a pointer to a copy of it. Since Go 1.27 the encoder copies it
    once more, because it needs a value that it can take the address of. A pointer is stored as it
    is and nothing is copied.

Example:
    ```go
    data, err := json.Marshal(*order)
    ```

Use instead:
    ```go
    data, err := json.Marshal(order)
    ```

    The output is the same, down to the byte, unless the type or the type of one of its fields has
    MarshalJSON or MarshalText with a pointer receiver: through a pointer such a method is called,
    by value it is passed over.

When it does not help:
    Before Go 1.27 the address of a local variable gains nothing, because the variable then is what
    is allocated, nor does a pointer to what would not be on the heap otherwise; what is there
    already is copied for nothing in every release. Large outputs cost more than the copies. A nil
    pointer marshals to null, where its dereference would panic.

Measured:
    Four fields. Go 1.27.3: local variable 176 B and 3 objects, its address 128 B and 2; *p 176 B
    and 3, p 80 B and 1. Go 1.26.8: 128 B and 2 both for the variable; *p 128 B and 2, p 80 B and 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from heapwise.diagnose.rules.encoding.go_json import MARSHALLERS
from heapwise.diagnose.rules.encoding.go_marshalers import same_by_pointer, struct_of
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW304"
NAME = "value-marshalled"
HOLDS_FOR = "structs whose output does not depend on methods with pointer receivers"
REFERENCES = ("https://pkg.go.dev/encoding/json#Marshal",)

_MIN_FIELDS = 3
"""A smaller struct is a copy of some bytes beside an output of more."""


class _Given(NamedTuple):
    """What is given by value: its type, what does instead, and what of the cost goes."""

    kind: str
    instead: str
    case: str
    saved: float
    saved_allocs: float


_COPIED_TWICE = "", 0.27, 0.33
"""Case and shares of what has to be on the heap once."""

_ON_THE_HEAP = "dereferenced", 0.55, 0.67
"""Of what is there already."""


def _find(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*MARSHALLERS):
        function = runs_again(file, call.node)
        given = _given(file, call.arguments[0]) if call.arguments else None
        if function is None or given is None:
            continue
        struct = struct_of(file, given.kind)
        if struct is not None and len(struct) >= _MIN_FIELDS and same_by_pointer(file, given.kind):
            yield _match(file, call, given, function.name)


def _given(file: GoFile, argument: Node) -> _Given | None:
    if argument.type == "composite_literal":
        kind = text(argument.child_by_field_name("type"))
        return _Given(kind, f"&{text(argument)}", *_COPIED_TWICE)
    if variable(argument) is not None:
        return _Given(type_of(file, argument), f"&{text(argument)}", *_COPIED_TWICE)
    pointer = argument.child_by_field_name("operand")
    if pointer is None or variable(pointer) is None:
        return None
    kind = type_of(file, pointer)
    if not kind.startswith("*"):
        return None
    if argument.type == "selector_expression":
        return _Given(type_of(file, argument), f"&{text(argument)}", *_ON_THE_HEAP)
    dereferenced = argument.type == "unary_expression" and text(argument).startswith("*")
    return _Given(kind[1:], text(pointer), *_ON_THE_HEAP) if dereferenced else None


def _match(file: GoFile, call: GoCall, given: _Given, function: str) -> Match:
    argument = call.arguments[0]
    shown = given.kind if argument.type == "composite_literal" else text(argument)
    instead = f"&{shown}{{…}}" if argument.type == "composite_literal" else given.instead
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} marshals a {given.kind} by value",
        why=f"{shown} is copied to the heap to be given to {call.name.rpartition('/')[2]}, and the"
        " encoder of Go 1.27 copies it again; a pointer is passed as it is.",
        remedy=f"Pass {instead}; the output is the same.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=text(call.node).replace(text(argument), given.instead, 1),
        ),
        saved=given.saved,
        saved_allocs=given.saved_allocs,
        callees=("", "encoding/json"),
        edits=(file.edit(argument, given.instead),),
        case=given.case,
        confidence=Confidence.MEDIUM,  # what it points at may be on the heap only then
        needs_evidence=True,
    )


LOOKS = {"go": Look((b"json.Marshal",), _find)}
