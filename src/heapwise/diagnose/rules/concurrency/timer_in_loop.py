"""A loop makes a new timer for every message that it waits for.

What it finds:
    time.After in a case of a select in a loop that goes round with each message: another case
    receives a value and goes on, and the timer's case gives up; or another case sends. Where the
    other cases leave the loop or only tell that it is to end (ctx.Done(), quit), and where the
    timer's case does something every so often, the timer is used up, and it is no finding.

Why it allocates:
    Every round makes a timer and its channel and drops both when the message comes first, which is
    nearly always. Since Go 1.23 the collector takes them at once; before, each stayed until its
    time was over, so a minute's timeout kept a minute's timers.

Example:
    ```go
    for {
        select {
        case msg := <-in:
            handle(msg)
        case <-time.After(time.Minute):
            return errIdle
        }
    }
    ```

Use instead:
    ```go
    idle := time.NewTimer(time.Minute)
    defer idle.Stop()
    for {
        select {
        case msg := <-in:
            handle(msg)
            idle.Reset(time.Minute)
        case <-idle.C:
            return errIdle
        }
    }
    ```

    In a module whose go line is below 1.23, Stop the timer and drain idle.C before Reset.

When it does not help:
    Where messages are rare, or take far longer than a microsecond to handle.

Measured:
    One message received with a timeout, Go 1.26.8 and 1.27.3: a timer each 248 B, 3 objects and
    300-390 ns; one timer reset 0 B and 150-180 ns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import leaves
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_syntax import enclosing, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW704"
NAME = "timer-in-loop"
HOLDS_FOR = "loops that go round with each message; Reset without draining needs go 1.23 in go.mod"
REFERENCES = ("https://pkg.go.dev/time#After", "https://go.dev/wiki/Go123Timer")

_ENDINGS = ("done", "quit", "stop", "clos", "exit", "shutdown", "cancel", "finish", "kill", "abort")
_CLOCKS = ("time.", ".C", "tick", "timer", "timeout")


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("time.After"):
        case = enclosing(call.node, "communication_case", "statement_list")
        select = case.parent if case is not None and case.type == "communication_case" else None
        if case is not None and select is not None and _is_per_message(case, select):
            yield _match(file, call.node)


def _is_per_message(case: Node, select: Node) -> bool:
    """Whether a select goes round with each message, and gives up when none comes in time.

    Where the timer's case is work to be done every so often, the timer is used up.
    """
    if not _is_all_of_a_round(select):
        return False
    others = [one for one in select.named_children if one.type == "communication_case"]
    rounds = [one for one in others if one != case and not any(map(leaves, one.named_children))]
    if any(_sends(one) for one in rounds):
        return True
    return any(map(leaves, case.named_children)) and any(_brings_data(one) for one in rounds)


def _is_all_of_a_round(select: Node) -> bool:
    """Whether a select stands in a loop's body itself, and the loop goes on behind it."""
    statements, loop = select.parent, loop_around(select)
    body = loop.child_by_field_name("body") if loop is not None else None
    return statements is not None and statements.parent == body and not leaves(statements)


def _sends(case: Node) -> bool:
    what = case.child_by_field_name("communication")
    return what is not None and what.type == "send_statement"


def _brings_data(case: Node) -> bool:
    """Whether a case receives a value, and neither the time nor the end."""
    what = case.child_by_field_name("communication")
    if what is None or what.child_by_field_name("left") is None:
        return False
    channel = text(what.child_by_field_name("right")).removeprefix("<-").strip()
    ends = any(word in channel.lower() for word in _ENDINGS)
    return not ends and not any(each in channel for each in _CLOCKS)


def _match(file: GoFile, call: Node) -> Match:
    span = file.span(call)
    name = file.owner(call)
    wait = text(call).partition("(")[2].removesuffix(")")
    return Match(
        span=span,
        function=name,
        title=f"{name} makes a new timer each time round its loop",
        why=f"{text(call)} allocates a timer and a channel for each message, which are dropped when"
        " the message comes first.",
        remedy="Make one timer before the loop and Reset it after each message.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"timer := time.NewTimer({wait}) // before the loop\ndefer timer.Stop()\n"
            f"case <-timer.C: // and timer.Reset({wait}) where a message was handled",
        ),
        saved=1.0,
        saved_allocs=1.0,
        callees=("time.",),
    )


LOOKS = {"go": Look((b"time.After(",), _go)}
