"""An error of JSON is dropped, and what came of it is used.

What it finds:
    Unmarshal and Decode as a statement of their own, so that their error goes nowhere, and Marshal
    with its error assigned to the blank in a function that answers requests, where the value's type
    may hold something that has no JSON. An error dropped by ``_ =`` is taken as meant, and so is
    one of a body that came with an error anyway.

Why it allocates:
    It does not; it is found because its function is busy. Unmarshal that fails leaves the variable
    as it was, or half filled: an object from a pool keeps what the last message put into it.
    Marshal that fails returns no bytes, and the client gets an empty body with status 200.

Example:
    ```go
    json.Unmarshal(body, &order)
    save(order)
    ```

Use instead:
    ```go
    if err := json.Unmarshal(body, &order); err != nil {
        http.Error(w, err.Error(), http.StatusBadRequest)
        return
    }
    save(order)
    ```

When it does not help:
    Strings, numbers, booleans, and structs, slices and maps of them cannot fail to marshal, except
    for NaN and infinity; these are not reported, nor are values whose type the function does not
    say.

Measured:
    Go 1.26.8 and 1.27.3, into a struct with the ID, number and kind of the message before: a
    message that was cut off left all three as they were; one with a word for the number set ID and
    kind and left the number. Marshal of a map that holds a function: no bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.encoding.go_json import MARSHALLERS, unmarshalled, while_more
from heapwise.diagnose.rules.encoding.go_marshalers import can_fail
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, serves
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import ancestors, text
from heapwise.diagnose.source.go_values import bound, results
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW309"
NAME = "encode-error-dropped"
HOLDS_FOR = "every release: a defect, whatever it costs"
REFERENCES = ("https://pkg.go.dev/encoding/json#Marshal",)

_FAILING = ("err", "Status", "status", "code", "Code")
"""Words of conditions under which an answer tells of a failure anyway."""


def _find(file: GoFile) -> Iterable[Match]:
    for call, target in unmarshalled(file):
        function = runs_again(file, call)
        if function is not None and _stands_alone(file, call) and not _tells_of_failure(call):
            yield _decoded(file, call, target, function.name)
    for marshal in file.calls(*MARSHALLERS):
        function = runs_again(file, marshal.node)
        if function is not None and serves(marshal.node) and _dropped(file, marshal):
            yield _encoded(file, marshal, function.name)


def _stands_alone(file: GoFile, call: Node) -> bool:
    """Whether a call is a statement; of a loop that does not end then, another rule tells."""
    loop = loop_around(call)
    endless = loop is not None and while_more(file, loop)
    return call.parent is not None and call.parent.type == "expression_statement" and not endless


def _tells_of_failure(call: Node) -> bool:
    conditions = (
        text(each.child_by_field_name("condition"))
        for each in ancestors(call)
        if each.type == "if_statement"
    )
    return any(word in condition for condition in conditions for word in _FAILING)


def _dropped(file: GoFile, call: GoCall) -> bool:
    """Whether the error goes to the blank, the bytes are used, and it can happen."""
    names, data = results(call.node), bound(call.node)
    if len(names) != 2 or names[1] != "_" or data is None or not data.uses():
        return False
    given = call.arguments[0] if call.arguments else None
    kind = _kind(given) if given is not None else None
    return kind is not None and can_fail(file, kind)


def _kind(given: Node) -> Node | None:
    """The type of what is given, as far as a parameter, a variable or a struct literal says it."""
    if given.type == "unary_expression":
        operand = given.child_by_field_name("operand")
        return _kind(operand) if operand is not None else None
    known = variable(given)
    kind = known.type() if known is not None else given.child_by_field_name("type")
    if given.type == "call_expression" or (kind is not None and kind.type == "map_type"):
        return None  # of a map the values are seen, or not, somewhere else
    return kind


def _decoded(file: GoFile, call: Node, target: Node, function: str) -> Match:
    name = text(target).lstrip("&")
    return Match(
        span=file.span(call),
        function=function,
        title=f"{function} uses {name} whether or not it could be decoded",
        why=f"The error of {text(call.child_by_field_name('function'))} goes nowhere: after bad"
        f" input {name} is what it was before, or half of something.",
        remedy="Look at the error, and answer 400 or return it.",
        sketch=Sketch(
            before=file.lines(file.span(call)),
            after=f"if err := {text(call)}; err != nil {{\n\treturn err\n}}",
        ),
        heat=Heat.FUNCTION,
    )


def _encoded(file: GoFile, call: GoCall, function: str) -> Match:
    data, given = results(call.node)[0], " ".join(text(call.arguments[0]).split())
    shown = given if len(given) <= 40 else "the value"
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} sends {data} whether or not {shown} could be marshalled",
        why=f"Where {shown} holds something that has no JSON, {data} is empty and the client gets"
        " an empty answer with status 200.",
        remedy="Look at the error before the first byte is written, and answer 500.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=f"{data}, err := {text(call.node)}\nif err != nil {{\n"
            "\thttp.Error(w, err.Error(), http.StatusInternalServerError)\n\treturn\n}",
        ),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM,
    )


LOOKS = {"go": Look((b'"encoding/json"',), _find)}
