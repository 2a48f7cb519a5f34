"""A function holds a slot of a semaphore while it waits for itself to get another one.

What it finds:
    A function that sends into a channel to get a slot (sem <- struct{}{}), or calls Acquire of a
    weighted semaphore, and calls itself before it gives the slot back: directly while it holds one
    (released by defer, or further down), or in a goroutine that took a slot for the call. A slot
    that is asked for in a select is no finding, nor is one that is given back before the call, nor
    recursion by go while nobody waits.

Why it allocates:
    It does not: it deadlocks. As soon as all slots are held by callers that wait for their
    children, no child gets one. A tree that is less deep than there are slots works, which is why
    tests pass. The goroutines that hang keep all they refer to.

Example:
    ```go
    func walk(dir string, sem chan struct{}) {
        sem <- struct{}{}
        defer func() { <-sem }()
        for _, child := range children(dir) {
            walk(child, sem) // waits for a slot and holds one
        }
    }
    ```

Use instead:
    ```go
    func walk(dir string, sem chan struct{}) {
        var all sync.WaitGroup
        for _, child := range children(dir) {
            select {
            case sem <- struct{}{}:
                all.Go(func() { defer func() { <-sem }(); walk(child, sem) })
            default:
                walk(child, sem) // no slot free: do it here
            }
        }
        all.Wait()
    }
    ```

    Or hold the slot for the work alone (reading the directory), and give it back before descending.

When it does not help:
    It always does.

Measured:
    Go 1.27.3: with 8 slots the first form was stuck after 236 files of Go's own source tree; the
    second read all of it in 8 ms, one goroutine alone in 17 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import came_by, deferred, scope_of
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_syntax import descend, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW801"
NAME = "semaphore-held-across-recursion"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = ("https://pkg.go.dev/golang.org/x/sync/semaphore#Weighted.Acquire",)

_TOKENS = ("struct{}{}", "true", "1", "0")


def _go(file: GoFile) -> Iterable[Match]:
    for function in file.functions:
        if not any(word in text(function.node) for word in ("<-", ".Acquire(")):
            continue
        calls = tuple(_own_calls(file, function))
        for taking, semaphore in _acquisitions(file, function) if calls else ():
            own = (call.node for call in calls if _is_itself(call, function, semaphore))
            held = next((call for call in own if _holds(file, taking, semaphore, call)), None)
            if held is not None:
                yield _match(file, function, taking, semaphore, held)
                break


def _own_calls(file: GoFile, function: GoFunction) -> Iterator[GoCall]:
    """The calls of a function by what may be itself: of a method, those of its name."""
    method = function.node.type == "method_declaration"
    for call in file.calls("." + function.short if method else function.short):
        if _within(call, function):
            yield call


def _is_itself(call: GoCall, function: GoFunction, semaphore: str) -> bool:
    """Whether a method calls itself, and not the method of that name of what it wraps.

    It does where the receiver is the same, or is told which semaphore to ask.
    """
    around = function.node.child_by_field_name("receiver")
    if call.receiver is None or around is None:
        return True
    own = [text(each.child_by_field_name("name")) for each in around.named_children]
    return text(call.receiver) in own or semaphore in map(text, call.arguments)


def _acquisitions(file: GoFile, function: GoFunction) -> Iterator[tuple[Node, str]]:
    """Where a function waits for a slot, and of which semaphore."""
    for send in descend(function.node, "send_statement"):
        token = text(send.child_by_field_name("value")).replace(" ", "")
        waits = send.parent is not None and send.parent.type == "statement_list"
        if waits and token in _TOKENS:
            yield send, text(send.child_by_field_name("channel"))
    for call in file.calls(".Acquire"):
        if text(call.arguments[-1] if call.arguments else None) == "1" and _within(call, function):
            yield call.node, text(call.receiver)


def _releases(file: GoFile, semaphore: str, function: GoFunction) -> Iterator[Node]:
    """Where slots are given back."""
    for receive in descend(function.node, "unary_expression"):
        if text(receive).replace(" ", "") == f"<-{semaphore}":
            yield receive
    for call in file.calls(".Release"):
        if text(call.receiver) == semaphore and _within(call, function):
            yield call.node


def _within(call: GoCall, function: GoFunction) -> bool:
    """Whether a function makes a call."""
    return function.node.start_byte <= call.node.start_byte < function.node.end_byte


def _holds(file: GoFile, taking: Node, semaphore: str, call: Node) -> bool:
    """Whether a slot that was taken is held while a call runs, and somebody waits for the call."""
    function = file.function_at(call)
    if function is None or not came_by(taking, call):
        return False
    releases = tuple(_releases(file, semaphore, function))
    if not releases or any(
        not deferred(each) and each.start_byte < call.start_byte and came_by(each, call)
        for each in releases
    ):
        return False
    goroutine = scope_of(call)
    if goroutine == scope_of(taking):
        return not _is_started(call) or _waited_for(file, call, call)
    own = [each for each in releases if scope_of(each) == goroutine]
    if goroutine is None or not own:
        return goroutine is not None and _waited_for(file, goroutine, taking)
    # The slot was taken for a goroutine, which holds it until it gives it back itself.
    return any(deferred(each) or each.start_byte > call.start_byte for each in own)


def _is_started(call: Node) -> bool:
    """Whether ``go f(x)`` runs it elsewhere."""
    return call.parent is not None and call.parent.type == "go_statement"


def _waited_for(file: GoFile, started: Node, taking: Node) -> bool:
    """Whether who took the slot waits, further down, for a WaitGroup that a goroutine knows."""
    return any(
        wait.node.start_byte > started.end_byte
        and scope_of(wait.node) == scope_of(taking)
        and text(wait.receiver) in text(started)
        for wait in file.calls(".Wait")
    )


def _match(file: GoFile, function: GoFunction, taking: Node, semaphore: str, held: Node) -> Match:
    span = file.span(held)
    return Match(
        span=span,
        function=function.name,
        title=f"{function.name} holds a slot of {semaphore} while it waits for itself to get one",
        why=f"{text(taking)} in line {file.span(taking).line} is given back only when {text(held)}"
        " is done, and that waits for a slot too: once all are held by callers, nothing moves.",
        remedy="Give the slot back before the call, or ask for it in a select whose default does"
        " the work in place.",
        sketch=Sketch(
            before=f"{text(taking)}\n{text(held)}",
            after=f"select {{\ncase {text(taking)}:\n\tgo … // {text(held)}, then give it back\n"
            f"default:\n\t{text(held)} // no slot free: do it here\n}}",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b"struct{}{}", b"<- true", b"<- 1", b".Acquire("), _go)}
