"""An http.Transport is made, used and dropped by a function that runs for each call.

What it finds:
    &http.Transport{…}, or a Clone of http.DefaultTransport, in a function that also uses it,
    through an http.Client or httputil.ReverseProxy of its own, and lets nobody else have it. A
    client without a Transport is no finding: those all share http.DefaultTransport. Nor is one that
    the function returns or keeps, that has DisableKeepAlives, or whose idle connections it closes.
    A dialer that uses what only this call knows cannot be shared. Without a recording only
    transports of handlers and loops are told.

Why it allocates:
    The transport owns the idle connections. Whoever drops it after one call dials for the next,
    TLS and all, while the old connection stays open with two goroutines and two buffers of 4 KiB
    until one side times out.

Example:
    ```go
    func fetch(url string) (*http.Response, error) {
        client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}}
        return client.Get(url)
    }
    ```

Use instead:
    ```go
    var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}}

    func fetch(url string) (*http.Response, error) {
        return client.Get(url)
    }
    ```

    Transports and clients may be used by many goroutines at once.

When it does not help:
    A program that makes one call in its life, and a service that calls so seldom that connections
    would have timed out in between.

Measured:
    Go 1.26.8 and 1.27.3, a call over loopback without TLS: a transport of its own 21.2 KB, 146
    objects and 88 us; a kept one 5.1 KB, 62 objects and 22 us, the other side's part included. 200
    calls in a row left 200 connections and 600 goroutines behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import in_handler
from heapwise.diagnose.source.go_names import declaration, meanings, own
from heapwise.diagnose.source.go_often import often
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import descend, home, query, text
from heapwise.diagnose.source.go_values import assigned_to, holder, keyed
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW701"
NAME = "transport-per-call"
EXPLAINS = ("HW708",)
HOLDS_FOR = "code that makes more than one call to the same host"
REFERENCES = ("https://pkg.go.dev/net/http#Transport",)

_HOLDERS = frozenset({"net/http.Client", "net/http/httputil.ReverseProxy"})
"""What has a field ``Transport`` and uses it."""

_CALLING = frozenset({"Do", "Get", "Head", "Post", "PostForm", "RoundTrip", "ServeHTTP"})

_DEPTH = 4
"""Variables that a transport goes through: itself, a client, and not many more."""


def _go(file: GoFile) -> Iterable[Match]:
    for made in (*_literals(file), *_clones(file)):
        function = file.function_at(made)
        if function is None or runs_again(file, made) is None or function.name == "main":
            continue
        if _dies_here(file, made) and not _dials_for_caller(made):
            yield _match(file, made, function.name)


def _literals(file: GoFile) -> Iterable[Node]:
    for literal in descend(file.root, "composite_literal"):
        kind = literal.child_by_field_name("type")
        if kind is not None and file.qualified(kind) == "net/http.Transport":
            fields = dict(keyed(literal))
            if text(fields.get("DisableKeepAlives")) != "true":
                yield literal


def _clones(file: GoFile) -> Iterable[Node]:
    for call in file.calls(".Clone"):
        if call.receiver is not None and text(call.receiver) == (
            "http.DefaultTransport.(*http.Transport)"
        ):
            yield call.node


def _dials_for_caller(made: Node) -> bool:
    """Whether a function in it uses what only this call knows: it cannot serve another call."""
    names = (
        name
        for literal in descend(made, "func_literal")
        for found in query("(identifier) @name", literal)
        for name in found["name"]
    )
    return any(
        declared is not None
        and not made.start_byte <= declared.start_byte < made.end_byte
        and not _is_receiver(declared)
        for declared in map(declaration, names)
    )


def _is_receiver(declared: Node) -> bool:
    given = declared.parent
    method = given.parent if given is not None else None
    return method is not None and method.child_by_field_name("receiver") == given


def _dies_here(file: GoFile, made: Node) -> bool:
    """Whether a value is used by the function that made it, and gets nowhere else."""
    place = _place(file, holder(made))
    if place is None:
        return False
    if place.type == "call_expression":
        return True
    uses = meanings(place)
    if not uses:
        return False
    roles = [_role(file, use) for use in uses if use != place]
    return all(roles) and "calls" in roles


def _place(file: GoFile, value: Node) -> Node | None:
    """The local variable that a transport ends up in, the call that uses it at once, or None."""
    while True:
        target = assigned_to(value)
        if target is not None and target.type == "selector_expression":
            target = _base(target) if _field(target) == "Transport" else None
        if target is not None:
            return target if target.type == "identifier" else None
        parent = value.parent
        if parent is not None and parent.type == "selector_expression":
            calls = _field(parent) in _CALLING
            return parent.parent if calls and _is_called(parent) else None
        literal = _literal_with(file, value)
        if literal is None:
            return None
        value = holder(literal)


def _literal_with(file: GoFile, value: Node) -> Node | None:
    """The client or proxy literal whose ``Transport`` a value is."""
    element = value.parent.parent if value.parent is not None else None
    body = element.parent if element is not None and element.type == "keyed_element" else None
    literal = body.parent if body is not None else None
    kind = literal.child_by_field_name("type") if literal is not None else None
    if literal is None or kind is None or file.qualified(kind) not in _HOLDERS:
        return None
    return literal if dict(keyed(literal)).get("Transport") == value else None


def _role(file: GoFile, use: Node, depth: int = _DEPTH) -> str:
    """What a mention of the variable does: ``calls``, ``sets``, or empty where it may get out."""
    known = own(use)
    if known is None or home(use) != home(known.node):
        return ""
    if use.parent is not None and use.parent.type == "selector_expression":
        return _selected(use.parent)
    place = _place(file, holder(use))
    if place is None or place == use or not depth:
        return ""
    if place.type == "call_expression":
        return "calls"
    others = [each for each in meanings(place) or () if each not in (place, use)]
    roles = [_role(file, each, depth - 1) for each in others]
    return "calls" if all(roles) and "calls" in roles else ""


def _selected(selector: Node) -> str:
    field = _field(selector)
    if _is_called(selector):
        if field == "CloseIdleConnections":
            return ""
        return "calls" if field in _CALLING else "sets"
    # What stands on the left is set; a field that is read may be handed on.
    left = selector.parent
    statement = left.parent if left is not None and left.type == "expression_list" else None
    is_left = statement is not None and statement.child_by_field_name("left") == left
    return "sets" if is_left else ""


def _base(selector: Node) -> Node | None:
    return selector.child_by_field_name("operand")


def _field(selector: Node) -> str:
    return text(selector.child_by_field_name("field"))


def _is_called(selector: Node) -> bool:
    call = selector.parent
    return (
        call is not None
        and call.type == "call_expression"
        and call.child_by_field_name("function") == selector
    )


def _match(file: GoFile, made: Node, function: str) -> Match:
    per_request = in_handler(made)
    span = file.span(made)
    return Match(
        span=span,
        function=function,
        title=f"{function} makes an http.Transport for every call",
        why="The idle connections belong to the transport: this one is dropped after use, so every"
        " call dials anew, and leaves an open connection with two goroutines behind.",
        remedy="Make the transport and its client once, in a package variable or a field; many"
        " goroutines may use them at once.",
        sketch=Sketch(
            before=file.lines(span),
            after="var client = &http.Client{Transport: "
            f"{text(holder(made)) if span.line == span.end_line else '&http.Transport{…}'}}}"
            " // outside any function",
        ),
        heat=Heat.FUNCTION,
        confidence=Confidence.HIGH if per_request else Confidence.MEDIUM,
        needs_evidence=not often(file, made),
    )


LOOKS = {"go": Look((b"http.Transport",), _go)}
