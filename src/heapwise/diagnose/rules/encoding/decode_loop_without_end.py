"""A decoder's loop goes on after an error that the decoder never gets past.

What it finds:
    A loop around Decode of a JSON decoder that runs until io.EOF, or while More says so, and in
    which any other error leads to continue, or is not looked at. A loop that reads with Token as
    well meets the error there.

Why it allocates:
    The first bad byte, or a connection that breaks in the middle, stays the decoder's error for
    good: from then on each Decode returns it at once, and EOF never comes. The goroutine spins at
    full speed, and what the loop allocates or logs each time round has no end. Only a value of the
    wrong type is passed over, and then the loop does what was meant.

Example:
    ```go
    for {
        var event Event
        err := decoder.Decode(&event)
        if err == io.EOF {
            break
        }
        if err != nil {
            log.Print(err)
            continue
        }
        handle(event)
    }
    ```

Use instead:
    ```go
    for {
        var event Event
        err := decoder.Decode(&event)
        if err == io.EOF {
            break
        }
        if err != nil {
            return fmt.Errorf("event %d: %w", count, err)
        }
        handle(event)
    }
    ```

    Where single bad lines are to be passed over, read lines with bufio.Scanner and Unmarshal each.
    A JSON array is no sequence of values: read its bracket by Token, then Decode while More.

When it does not help:
    It saves nothing as long as the input is good. It is a defect, not a cost.

Measured:
    Go 1.26.8 and 1.27.3, a decoder over {"A":1}{bad}{"A":2} and over {"A":1 without an end: after
    1,000 rounds both loops were still at the same error. Over {"A":"x"}{"A":2} with A an int: 2
    rounds, one value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.encoding.go_json import coder_of, while_more
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_syntax import descend, enclosing, text
from heapwise.diagnose.source.go_values import binding, results
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW306"
NAME = "decode-loop-without-end"
HOLDS_FOR = "input that can be malformed or cut off, which is any from outside"
REFERENCES = ("https://pkg.go.dev/encoding/json#Decoder",)


def _find(file: GoFile) -> Iterable[Match]:
    for call in file.calls(".Decode"):
        loop, function = loop_around(call.node), file.function_at(call.node)
        if loop is None or function is None or coder_of(file, call.receiver) is None:
            continue
        made = coder_of(file, call.receiver)
        if made is not None and loop.start_byte < made.start_byte:
            continue  # a decoder of its own each time round
        going_on = _going_on(file, call, loop)
        if going_on is not None:
            yield _match(file, call, going_on, function.name)


def _going_on(file: GoFile, call: GoCall, loop: Node) -> Node | None:
    """The statement that goes on after an error; None where the loop ends, or might."""
    if _has_count(loop) or _is_read_otherwise(file, call, loop):
        return None
    if call.node.parent is not None and call.node.parent.type == "expression_statement":
        return call.node if while_more(file, loop) else None
    names, statement = results(call.node), binding(call.node)
    if (
        statement is None
        or len(names) != 1
        or names[0] == "_"
        or enclosing(statement, "for_statement") != loop
    ):
        return None
    checks = _checks(loop, statement, names[0])
    ends_well = while_more(file, loop) or any(_is_end(check) for check in checks)
    for check in checks:
        if text(check.child_by_field_name("condition")) == f"{names[0]} != nil":
            return _continue(check) if ends_well else None
    return None


def _has_count(loop: Node) -> bool:
    """Whether its head bounds it: a range, or a clause with a condition."""
    return any(each.type in ("range_clause", "for_clause") for each in loop.named_children)


def _is_read_otherwise(file: GoFile, call: GoCall, loop: Node) -> bool:
    """Whether the loop calls Token as well, say, which returns the error that stays."""
    return any(
        other.node != call.node
        and other.name != ".More"
        and text(other.receiver) == text(call.receiver)
        for other in map(file.call, descend(loop, "call_expression"))
    )


def _checks(loop: Node, statement: Node, error: str) -> list[Node]:
    """The ``if`` statements of the loop's block behind Decode, else branches included."""
    found: list[Node] = []
    for each in _behind(loop, statement):
        check: Node | None = each if each.type == "if_statement" else None
        while check is not None and check.type == "if_statement":
            if error in text(check.child_by_field_name("condition")):
                found.append(check)
            check = check.child_by_field_name("alternative")
    return found


def _behind(loop: Node, statement: Node) -> list[Node]:
    holder = statement.parent
    if holder is not None and holder.type == "if_statement":
        return [holder]
    body = loop.child_by_field_name("body")
    if body is None or holder is None or holder.parent != body:
        return []
    return [each for each in holder.named_children if each.start_byte > statement.start_byte]


def _is_end(check: Node) -> bool:
    """Whether it asks for io.EOF, and leaves."""
    condition = text(check.child_by_field_name("condition"))
    leaves = text(check.child_by_field_name("consequence"))
    return (
        "io.EOF" in condition
        and "!=" not in condition
        and ("break" in leaves or "return" in leaves)
    )


def _continue(check: Node) -> Node | None:
    """The ``continue`` of a block in which nothing else leaves the loop."""
    block = check.child_by_field_name("consequence")
    if block is None or any(word in text(block) for word in ("break", "return", "panic(", "Fatal")):
        return None
    statements = list(descend(block, "continue_statement", into=("statement_list",)))
    return statements[-1] if statements else None


def _match(file: GoFile, call: GoCall, going_on: Node, function: str) -> Match:
    decoder = text(call.receiver)
    ignored = going_on == call.node
    return Match(
        span=file.span(going_on),
        function=function,
        title=f"{function} goes on decoding after an error that stays",
        why=f"Once its input is malformed or cut off, {decoder}.Decode returns the same error for"
        " ever, and io.EOF never comes: this loop does not end then.",
        remedy="Leave the loop at any error of Decode; where single bad lines are to be passed"
        " over, read lines with bufio.Scanner and Unmarshal each.",
        sketch=Sketch(
            before=file.lines(file.span(going_on)),
            after=f"if err := {text(call.node)}; err != nil {{\n\treturn err\n}}"
            if ignored
            else "return err // or break: a decoder does not recover",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b".Decode(",), _find)}
