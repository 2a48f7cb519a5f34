"""Goroutines of a loop share its variable, because the file is compiled as older than Go 1.22.

What it finds:
    A function literal that uses the variable of the loop around it and runs later, by go, defer or
    the Go method of a WaitGroup or errgroup, in a file that is compiled as Go 1.21 or older: by the
    go line of its go.mod, or by a //go:build go1.N line. Literals that are given the variable as
    an argument or that use a copy are no finding.

Why it allocates:
    Before Go 1.22 there is one variable for the whole loop, and the literals refer to it. By the
    time they run it holds a later value, often the last, so some items are handled many times and
    others never. Which toolchain builds it does not matter, only the go line does.

Example:
    ```go
    for _, job := range jobs { // go.mod says go 1.21
        go func() { run(job) }()
    }
    ```

Use instead:
    ```go
    for _, job := range jobs {
        job := job
        go func() { run(job) }()
    }
    ```

    Or raise the go line to 1.22 or later, once every loop of the module was looked at.

When it does not help:
    Where the loop leaves after starting the first one.

Measured:
    100 goroutines in a module of go 1.24, in a file with //go:build go1.18: Go 1.26.8 saw 3
    different values, Go 1.27.3 one, 100 times. With //go:build go1.22 both saw all 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import leaves
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import declaration, declared_names
from heapwise.diagnose.source.go_syntax import ancestors, descend, identifiers, text
from heapwise.diagnose.source.go_values import is_target
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW803"
NAME = "loop-variable-shared"
HOLDS_FOR = "files that are compiled as Go 1.21 or older; correctness, not speed"
REFERENCES = ("https://go.dev/blog/loopvar-preview", "https://go.dev/wiki/LoopvarExperiment")

_OWN_VARIABLES = (1, 22)
_BUILD = re.compile(rb"^//go:build\s+(.*)$", re.MULTILINE)
_VERSION = re.compile(rb"go1\.(\d+)")
_OLDEST_OF_A_FILE = 21


def _head(file: GoFile) -> bytes:
    """What stands before the package clause, where build constraints count."""
    return file.data.partition(b"\npackage ")[0]


def _language(file: GoFile) -> tuple[int, int] | None:
    """What a file is compiled as; None where nothing says so."""
    said = _BUILD.search(_head(file))
    versions = _VERSION.findall(said[1]) if said is not None else []
    if versions:
        plain = said is not None and not set(said[1]) & set(b"!|")
        return (1, max(_OLDEST_OF_A_FILE, int(versions[-1]))) if plain else None
    return file.package.module.go if file.package.module.path else None


def _go(file: GoFile) -> Iterable[Match]:
    language = _language(file)
    if language is None or language >= _OWN_VARIABLES:
        return
    for loop in descend(file.root, "for_statement"):
        variables = _variables(loop)
        if variables is not None:
            shared = tuple(_shared(file, loop, variables))
            if shared:
                yield _match(file, loop, shared, language)


def _variables(loop: Node) -> Node | None:
    """What declares the variables of a loop; None where it has none of its own."""
    for clause in loop.named_children:
        if clause.type == "range_clause":
            return clause if ":=" in (text(child) for child in clause.children) else None
        if clause.type == "for_clause":
            first = clause.child_by_field_name("initializer")
            return first if first is not None and first.type == "short_var_declaration" else None
    return None


def _shared(file: GoFile, loop: Node, variables: Node) -> Iterator[Node]:
    """The uses of a loop's variables in literals that run later."""
    body = loop.child_by_field_name("body")
    if body is None or any(leaves(statements) for statements in body.named_children):
        return
    names = [text(name) for name in declared_names(variables) if text(name) != "_"]
    for literal in descend(body, "func_literal"):
        if loop_around(literal) != loop or _waits(body, literal):
            continue
        if _runs_later(file, literal):
            for name in names:
                for use in identifiers(literal, name):
                    if declaration(use) == variables:
                        yield use
                        break


def _waits(body: Node, literal: Node) -> bool:
    """Whether the same round waits for something behind a literal: it may be done by then."""
    behind = body.text[literal.end_byte - body.start_byte :] if body.text is not None else b""
    return b"<-" in behind or b".Wait(" in behind


def _runs_later(file: GoFile, literal: Node) -> bool:
    """Whether a literal is started by go, deferred, or given to the Go method of a group."""
    call = next((each for each in ancestors(literal) if each.type == "call_expression"), None)
    if call is None or call.parent is None:
        return False
    if call.child_by_field_name("function") == literal:
        return call.parent.type in ("go_statement", "defer_statement")
    made = file.call(call)
    return made.name == ".Go" and literal in made.arguments


def _match(file: GoFile, loop: Node, shared: tuple[Node, ...], language: tuple[int, int]) -> Match:
    name = file.owner(loop)
    names = tuple(dict.fromkeys(text(use) for use in shared))
    listed, version = ", ".join(names), f"Go {language[0]}.{language[1]}"
    span = file.span(shared[0])
    copies = ", ".join(names) + " := " + ", ".join(names)
    return Match(
        span=span,
        function=name,
        title=f"{name} starts functions that share the loop's {listed}",
        why=f"The file is compiled as {version}, in which the loop has one {listed} for all its"
        " rounds: when the functions run, it holds a later value.",
        remedy=f"Copy it at the top of the loop's body, or raise {_said_by(file)} to 1.22.",
        sketch=Sketch(
            before=file.lines(file.span(loop)).partition("\n")[0],
            after=f"{file.lines(file.span(loop)).partition(chr(10))[0]}\n\t{copies}",
        ),
        heat=Heat.FUNCTION,
        edits=_edits(file, loop, names, copies),
    )


def _said_by(file: GoFile) -> str:
    """What decides as what a file is compiled."""
    said = _BUILD.search(_head(file))
    return "the file's //go:build line" if said and _VERSION.search(said[1]) else "the go line"


def _edits(file: GoFile, loop: Node, names: tuple[str, ...], copies: str) -> tuple[Edit, ...]:
    """Copies at the top of the body; none where the body itself moves the loop on."""
    body = loop.child_by_field_name("body")
    first = body.named_children[0] if body is not None and body.named_children else None
    if body is None or first is None or first.start_point.row == body.start_point.row:
        return ()
    moved = ("inc_statement", "dec_statement")
    for use in (use for name in names for use in identifiers(body, name)):
        if is_target(use) or (use.parent is not None and use.parent.type in moved):
            return ()
    start = file.data.rfind(b"\n", 0, first.start_byte) + 1
    indent = file.data[start : first.start_byte].decode("utf-8", "replace")
    return (Edit(file.path, first.start_byte, first.start_byte, f"{copies}\n{indent}"),)


LOOKS = {"go": Look((b"go func(", b"defer func(", b".Go(func("), _go)}
