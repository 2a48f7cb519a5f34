"""A function hands work to goroutines by a channel, and ends before they have done it.

What it finds:
    A function that makes a channel, starts goroutines that take from it, sends into it in a loop
    that ends, and then waits for nothing: no Wait, no receive, no select. Where a goroutine answers
    by another channel, counts itself in a WaitGroup or an errgroup, or is given anything that it
    may report to, it is no finding, and neither is a channel that somebody else gets.

Why it allocates:
    It does not: it loses data. A send ends when the item is in the channel or in a worker's hand,
    not when the work is done. Whoever takes the function's return for the end of the work reads too
    few results; where it is main, what was not done by then is never done. Without close the
    goroutines stay besides, and all that they refer to.

Example:
    ```go
    func load(rows [][]string) {
        chunks := make(chan []string)
        for range 4 {
            go func() {
                for chunk := range chunks {
                    insert(chunk)
                }
            }()
        }
        for _, row := range rows {
            chunks <- row
        }
        close(chunks)
    }
    ```

Use instead:
    ```go
    func load(rows [][]string) {
        chunks := make(chan []string)
        var busy sync.WaitGroup
        for range 4 {
            busy.Add(1)
            go func() {
                defer busy.Done()
                for chunk := range chunks {
                    insert(chunk)
                }
            }()
        }
        for _, row := range rows {
            chunks <- row
        }
        close(chunks)
        busy.Wait()
    }
    ```

    A worker that stops at its first error leaves the sender waiting: keep the error and go on
    taking, or cancel both.

When it does not help:
    Where the work may be done at any time later, in a service that goes on.

Measured:
    Go 1.26.8, four workers that take 1 ms a chunk, 12 chunks of 1,000 rows and one of 345: in three
    runs none, one and one of them were in the table when the first form ended, and all of them
    when the second did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import scope_of
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_loops import ends, loop_around
from heapwise.diagnose.source.go_names import Variable, variable
from heapwise.diagnose.source.go_syntax import descend, text, within
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.go_values import bound
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW813"
NAME = "workers-not-awaited"
HOLDS_FOR = "work that has to be done when the function returns; correctness, not speed"
REFERENCES = ("https://pkg.go.dev/sync#WaitGroup", "https://go.dev/ref/mem#goexit")

_STAYING = ("ListenAndServe", ".Serve(", "signal.Notify", "time.Sleep")
"""Words of functions that go on, or wait in some way of their own."""

_REPORTING = frozenset({".Done", ".Wait", "close", "cancel", "done", "stop"})
"""Calls by which goroutines and whoever started them tell each other that they are done."""

_HEARING = ("chan", "WaitGroup", "Group", "func", "Cond")
"""Words in the types of what a goroutine can report to."""


def _go(file: GoFile) -> Iterable[Match]:
    for made in file.calls("make"):
        kind = made.arguments[0] if made.arguments else None
        channel = bound(made.node) if kind is not None and kind.type == "channel_type" else None
        scope = scope_of(made.node)
        if channel is None or scope is None or text(kind).endswith("struct{}"):
            continue
        workers = [*_workers(channel, scope)]
        if workers and _feeds(channel, scope, workers) and not _hears(file, scope, workers):
            yield _match(file, channel, workers[0])


def _workers(channel: Variable, scope: Node) -> Iterator[Node]:
    """The ``go`` statements of a function that know a channel."""
    uses = channel.uses()
    for started in descend(scope, "go_statement"):
        mine = scope_of(started) == scope
        if mine and any(within(use, started) for use in uses):
            yield started


def _feeds(channel: Variable, scope: Node, workers: list[Node]) -> bool:
    """Whether all that is done with a channel is to feed those workers, until a loop ends."""
    fed = False
    for use in channel.uses():
        if any(within(use, each) for each in workers):
            continue
        around, loop = use.parent, loop_around(use)
        if scope_of(use) != scope or around is None:
            return False
        if around.type == "send_statement" and around.child_by_field_name("channel") == use:
            fed = fed or (loop is not None and ends(loop))
        elif around.type != "argument_list" or not _is_closed(around):
            return False
    return fed


def _is_closed(arguments: Node) -> bool:
    call = arguments.parent
    return call is not None and text(call.child_by_field_name("function")) in ("close", "len")


def _hears(file: GoFile, scope: Node, workers: list[Node]) -> bool:
    """Whether a function waits for something, or its workers have a way to report."""
    said = text(scope)
    if any(word in said for word in _STAYING):
        return True
    reports = any(_reports(file, worker) for worker in workers)
    return reports or any(
        not any(within(each, worker) for worker in workers) for each in _waits(file, scope)
    )


def _waits(file: GoFile, scope: Node) -> Iterator[Node]:
    """Everything in a function that waits, or prepares to."""
    yield from descend(scope, "select_statement")
    yield from (each for each in descend(scope, "unary_expression") if text(each)[:2] == "<-")
    for call in file.calls(".Wait", ".Add", ".Go"):
        if within(call.node, scope):
            yield call.node
    for clause in descend(scope, "range_clause"):
        over = clause.child_by_field_name("right")
        if over is not None and "chan" in _kind(file, over):
            yield clause


def _reports(file: GoFile, worker: Node) -> bool:
    """Whether a goroutine tells somebody that it is done, or is given what it can tell it by."""
    started = next(map(file.call, descend(worker, "call_expression")), None)
    if started is None or any(_tells(*body) for body in _bodies(file, worker, started)):
        return True
    return any(
        each.type in ("selector_expression", "unary_expression")
        or (each.type == "identifier" and _is_told(file, each))
        for each in started.arguments
    )


def _bodies(file: GoFile, worker: Node, started: GoCall) -> Iterator[tuple[GoFile, Node]]:
    """What a goroutine runs: the statement itself, and functions of the name that it calls."""
    yield file, worker
    name = started.name.rpartition(".")[2]
    for other in file.package.mentioning(name.encode()) if name else ():
        for function in other.functions:
            if function.short == name:
                yield other, function.node


def _tells(file: GoFile, body: Node) -> bool:
    """Whether something sends to somebody, or says that it is done."""
    calls = (file.call(each).name for each in descend(body, "call_expression"))
    sends = next(descend(body, "send_statement"), None) is not None
    return sends or any(name in _REPORTING for name in calls)


def _is_told(file: GoFile, given: Node) -> bool:
    """Whether an argument beside the channel of the work can be reported to."""
    known = variable(given)
    sent = known is not None and any(
        use.parent is not None and use.parent.type == "send_statement" for use in known.uses()
    )
    return not sent and any(word in _kind(file, given) for word in _HEARING)


def _kind(file: GoFile, value: Node) -> str:
    """The type of a value as far as it is told; of what is made in place, how."""
    known = variable(value)
    made = known.value() if known is not None else None
    return type_of(file, value) or text(made)


def _match(file: GoFile, channel: Variable, worker: Node) -> Match:
    span, name = file.span(worker), file.owner(worker)
    return Match(
        span=span,
        function=name,
        title=f"{name} returns before its workers have done what it sent into {channel.name}",
        why=f"A send into {channel.name} ends when the item is taken, not when the work is done,"
        " and nothing waits for the goroutines that take it.",
        remedy=f"Close {channel.name} behind the last item and wait for the goroutines by a"
        " sync.WaitGroup or an errgroup, which also brings their errors.",
        sketch=Sketch(
            before=f"{file.lines(span).partition(chr(10))[0]}\n\t…\n{channel.name} <- …",
            after="busy.Add(1)\ngo func() {\n\tdefer busy.Done()\n\t…\n}()\n"
            f"{channel.name} <- …\nclose({channel.name})\nbusy.Wait()",
        ),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM,
    )


LOOKS = {"go": Look((b"make(chan ",), _go)}
