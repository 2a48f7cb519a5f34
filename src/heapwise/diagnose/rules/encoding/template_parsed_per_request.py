"""A template is parsed at every request.

What it finds:
    Parse, ParseFiles, ParseGlob and ParseFS of html/template and text/template with constant texts
    and names, in a function that is given a request or what answers one, or in a loop. A template
    whose functions are made on the spot, or that is parsed again because some mode of development
    says so, is left alone, and so is a text that comes from elsewhere.

Why it allocates:
    The text is split and parsed into a tree of nodes, one object each, and html/template walks the
    tree once more at the first Execute to put escaping in. A file is read for it, too. The result
    is the same every time, and Execute costs a small part of that.

Example:
    ```go
    func page(w http.ResponseWriter, r *http.Request) {
        t := template.Must(template.ParseFiles("page.html"))
        t.Execute(w, data)
    }
    ```

Use instead:
    ```go
    var pageTemplate = template.Must(template.ParseFiles("page.html"))

    func page(w http.ResponseWriter, r *http.Request) {
        pageTemplate.Execute(w, data)
    }
    ```

    A parsed template may be executed by many goroutines at once. Functions that depend on the
    request become data or methods of the data; what is left is a Clone of the parsed template.
    With embed, the files are in the program and cannot be missing when it starts.

When it does not help:
    Templates that are edited while the service runs.

Measured:
    A page with a title and a list of two items. Go 1.27.3: html/template parsed each time 14,626 B
    and 141 objects, 21.6 us; once 592 B and 24, 2.0 us. text/template 4,360 B and 65, 6.4 us; 256 B
    and 9, 0.9 us. Go 1.26.8 the same within 1 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, serves
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import variable
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import ancestors, descend, enclosing, text
from heapwise.diagnose.source.go_values import bound
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match, Span
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW407"
NAME = "template-parsed-per-request"
HOLDS_FOR = "templates that stay what they are while the service runs"
REFERENCES = ("https://pkg.go.dev/html/template#Template",)

_PACKAGES = ("html/template", "text/template")
_PARSERS = ("Parse", "ParseFiles", "ParseGlob", "ParseFS")
_REREAD = re.compile(r"dev|debug|reload|watch|live|nil", re.IGNORECASE)


def _find(file: GoFile) -> Iterable[Match]:
    names = [f"{package}.{name}" for package in _PACKAGES for name in _PARSERS[1:]]
    for call in file.calls(*names, *(f".{name}" for name in _PARSERS)):
        package, function = _package(file, call), runs_again(file, call.node)
        if not package or function is None or _has_own_functions(call) or _is_reread(call.node):
            continue
        often = serves(call.node) or loop_around(call.node) is not None
        if often and _is_constant(call):
            yield _match(file, call, package, function.name)


def _package(file: GoFile, call: GoCall) -> str:
    """Which package's template it is; empty where the receiver is not made in the same chain."""
    while call.receiver is not None and call.receiver.type == "call_expression":
        call = file.call(call.receiver)
    package, _, name = call.name.rpartition(".")
    return package if package in _PACKAGES and name in ("New", *_PARSERS) else ""


def _is_constant(call: GoCall) -> bool:
    """Whether it is given literals, and names that the package declares."""
    return bool(call.arguments) and all(
        each.type in STRINGS or (each.type == "identifier" and variable(each) is None)
        for each in call.arguments
    )


def _has_own_functions(call: GoCall) -> bool:
    """Whether function literals are part of it, as Funcs takes them: they may know the request."""
    return any(True for _ in descend(call.node, "func_literal"))


def _is_reread(node: Node) -> bool:
    """Whether a condition says when it is parsed: in development, or as long as it is not."""
    return any(
        each.type == "if_statement" and _REREAD.search(text(each.child_by_field_name("condition")))
        for each in ancestors(node)
    )


def _match(file: GoFile, call: GoCall, package: str, function: str) -> Match:
    parsed = call.name.rpartition(".")[2]
    what = "the same text" if parsed == "Parse" else "the same files"
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} parses a template at every call",
        why=f"{parsed} makes the tree of {what} anew each time"
        + (", and html/template its escaping at the first Execute." if package[0] == "h" else "."),
        remedy="Parse it once, in a package variable; it may be executed by many goroutines.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=f"var pageTemplate = template.Must({text(call.node)}) // outside any function",
        ),
        saved=0.95,
        saved_allocs=0.85,
        more=tuple(_executions(file, call)),
        callees=("html/template.", "text/template.", "text/template/parse.", "os.", "io/fs."),
    )


def _executions(file: GoFile, call: GoCall) -> Iterator[Span]:
    """Where it is executed, which is when html/template puts its escaping in."""
    around = enclosing(call.node, "call_expression", "block")
    wrapped = around is not None and around.type == "call_expression"
    kept = bound(call.node) or (bound(around) if around is not None and wrapped else None)
    for use in kept.uses() if kept is not None else ():
        executed = enclosing(use, "call_expression", "block")
        if executed is not None and executed.type == "call_expression":
            yield file.span(executed)


LOOKS = {"go": Look((b'/template"',), _find)}
