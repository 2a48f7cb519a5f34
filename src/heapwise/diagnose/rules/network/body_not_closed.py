"""The body of a response is never closed, so its connection is never used again.

What it finds:
    The result of http.Get, http.Post, Client.Do and their like whose Body is nowhere closed in the
    function and that is not handed on: not returned, stored, or passed to another function. A
    response that is dropped (``_, err := http.Get(url)``) is one, too.

Why it allocates:
    The transport takes a connection back when its body was read to the end and closed. One that
    is not closed keeps its connection, two goroutines and two buffers of 4 KiB until the other
    side hangs up, and the next call dials anew: about one connection for each call.

Example:
    ```go
    resp, err := client.Get(url)
    if err != nil {
        return nil, err
    }
    return decode(json.NewDecoder(resp.Body))
    ```

Use instead:
    ```go
    resp, err := client.Get(url)
    if err != nil {
        return nil, err
    }
    defer resp.Body.Close()
    return decode(json.NewDecoder(resp.Body))
    ```

When it does not help:
    A short body that is read to its very end gives its connection back by itself; the missing
    Close costs only where reading stops early or fails, as a JSON decoder's does. From Go 1.27 on
    Close reads what is left, up to 256 KiB, so a closed body need not be drained.

Measured:
    A call over loopback whose answer of 20 KB is not read. Go 1.26.8: left open 18.1 KB, 123
    objects, 137 us; drained and closed 5.1 KB, 65 objects, 52 us. Go 1.27.3: 19.0 KB and 125
    objects against 5.1 KB and 66. Without TLS, the other side's part included.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.network.bodies import is_read_up, leaves_open
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import meanings, own
from heapwise.diagnose.source.go_syntax import enclosing, home, text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW702"
NAME = "body-not-closed"
EXPLAINS = ("HW708",)
HOLDS_FOR = "responses of net/http that nobody else closes"
REFERENCES = ("https://pkg.go.dev/net/http#Response",)

_SENDERS = frozenset(
    {f"net/http.{name}" for name in ("Get", "Post", "PostForm")}
    | {f".{name}" for name in ("Do", "Get", "Post", "PostForm")}
)
_REQUESTS = frozenset({"net/http.NewRequest", "net/http.NewRequestWithContext"})
_CLIENTS = frozenset({"http.Client", "*http.Client"})
_CONSUMERS = frozenset(
    {"io.ReadAll", "io/ioutil.ReadAll", "io.Copy", "io.CopyN", "io.CopyBuffer", "io.ReadFull"}
)
_HEAD = ("http.MethodHead", '"HEAD"')


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_SENDERS):
        function = file.function_at(call.node)
        if function is None or function.name in ("main", "init") or not _answers(file, call):
            continue
        target = _target(call.node)
        if target is not None and _stays_open(file, target):
            yield _match(file, call, function, target)


def _answers(file: GoFile, call: GoCall) -> bool:
    """Whether a call sends a request with net/http and its answer may have a body."""
    if call.name.startswith("net/http."):
        return True
    if call.receiver is None:
        return False
    client = text(call.receiver) == "http.DefaultClient" or (
        type_of(file, call.receiver) in _CLIENTS
    )
    if call.name != ".Do":
        return client
    request = _request(file, call)
    if request is None:
        return client
    return request.name in _REQUESTS and not any(text(each) in _HEAD for each in request.arguments)


def _request(file: GoFile, call: GoCall) -> GoCall | None:
    """The call that made the request of ``.Do(request)``; None where it is not in sight."""
    known = own(call.arguments[0]) if len(call.arguments) == 1 else None
    made = known.value() if known is not None else None
    return file.call(made) if made is not None and made.type == "call_expression" else None


def _target(call: Node) -> Node | None:
    """The first of the two names that the results of a call are put in."""
    right = call.parent
    statement = right.parent if right is not None and right.type == "expression_list" else None
    if right is None or statement is None or right.named_child_count != 1:
        return None
    if statement.type not in ("short_var_declaration", "assignment_statement"):
        return None
    left = statement.child_by_field_name("left")
    names = left.named_children if left is not None else []
    return names[0] if len(names) == 2 and names[0].type == "identifier" else None


def _stays_open(file: GoFile, target: Node) -> bool:
    if text(target) == "_":
        return True
    uses = meanings(target)
    if uses is None:
        return False
    return all(use == target or leaves_open(file, use) for use in uses)


def _match(file: GoFile, call: GoCall, function: GoFunction, target: Node) -> Match:
    name, span = text(target), file.span(call.node)
    dropped = name == "_"
    reads_all = not dropped and any(is_read_up(file, use) for use in meanings(target) or ())
    kept = "resp" if dropped else name
    before = file.lines(span)
    after = before.replace("_, ", f"{kept}, ", 1) if dropped else before
    return Match(
        span=span,
        function=function.name,
        title=f"{function.name} never closes the body that"
        f" {text(call.node.child_by_field_name('function'))} returns",
        why=_why(function.name, name, reads_all=reads_all),
        remedy=(
            "Keep the response and close its body."
            if dropped
            else f"Close {name}.Body on every way out, with defer right behind the check of the"
            " error; in a loop in a function of its own."
        ),
        sketch=Sketch(before=before, after=f"{after}\n…\ndefer {kept}.Body.Close()"),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM if reads_all else Confidence.HIGH,
        edits=() if dropped else _edits(file, call.node, target),
    )


def _why(function: str, name: str, *, reads_all: bool) -> str:
    if name == "_":
        open_ = "The response is thrown away with its body open"
    else:
        open_ = f"Nothing in {function} closes {name}.Body or hands {name} on"
    if reads_all:
        return (
            f"{open_}: one that is not read to its end, as where reading fails, keeps its"
            " connection with goroutines and buffers."
        )
    return f"{open_}: its connection is not used again, and stays with its goroutines and buffers."


def _edits(file: GoFile, call: Node, target: Node) -> tuple[Edit, ...]:
    """``defer …Close()`` behind the check of the error, where one directly follows and leaves."""
    statement = enclosing(call, "short_var_declaration", "assignment_statement")
    check = statement.next_named_sibling if statement is not None else None
    while check is not None and check.type == "comment":
        check = check.next_named_sibling
    uses = meanings(target) or ()
    if check is None or loop_around(call) or any(home(use) != home(call) for use in uses):
        return ()
    if not _leaves_on_error(check, target):
        return ()
    line = f"\n{file.indent(check)}defer {text(target)}.Body.Close()"
    return (Edit(file.path, check.end_byte, check.end_byte, line),)


def _leaves_on_error(check: Node, target: Node) -> bool:
    """Whether a statement is ``if err != nil { … return … }``, without an ``else``.

    ``err`` is the name that the call's error was put in, beside the response.
    """
    others = (check.child_by_field_name(role) for role in ("initializer", "alternative"))
    if check.type != "if_statement" or any(others):
        return False
    error = target.next_named_sibling
    block = check.child_by_field_name("consequence")
    inner = block.named_children[0].named_children if block and block.named_children else []
    return (
        text(check.child_by_field_name("condition")) == f"{text(error)} != nil"
        and bool(inner)
        and inner[-1].type == "return_statement"
    )


LOOKS = {"go": Look((b'"net/http"',), _go)}
