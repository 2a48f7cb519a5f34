r"""A regular expression is compiled at every call.

What it finds:
    regexp.MustCompile, regexp.Compile and their POSIX forms with a constant pattern inside a
    function that is called again and again. Compiled in init, in main or below sync.Once it is no
    finding, nor is a pattern that the caller gives.

Why it allocates:
    Compiling parses the pattern, builds a program from it and allocates for both: 7 KB and 70
    objects for a simple one, far more than matching costs. The result is the same every time.

    Python keeps the last 512 patterns it compiled: re.compile with a constant pattern costs 72 B
    and 0.2 us there wherever it stands, which nobody has to mend. It is no finding.

Example:
    ```go
    func valid(name string) bool {
        return regexp.MustCompile(`^[a-z][a-z0-9-]+$`).MatchString(name)
    }
    ```

Use instead:
    ```go
    var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]+$`)

    func valid(name string) bool {
        return namePattern.MatchString(name)
    }
    ```

    A Regexp may be used by many goroutines at once.

When it does not help:
    A program that compiles its patterns once, at its start, gains nothing from moving them: 2 us
    for a simple pattern, 22 us for a complex one.

Measured:
    Go 1.27.3: compiled per call 6,976 B, 70 objects and 7.6 us; kept 0 B and 92 ns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.text.regexp_edits import to_package_level
from heapwise.diagnose.source.go_file import GoCall, GoFile, GoFunction, enclosing, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW401"
NAME = "regexp-per-call"
HOLDS_FOR = "patterns that are constant, in code that runs more than once"
REFERENCES = ("https://pkg.go.dev/regexp#MustCompile",)

_COMPILERS = tuple(
    f"regexp.{name}" for name in ("MustCompile", "Compile", "MustCompilePOSIX", "CompilePOSIX")
)
_LITERALS = ("interpreted_string_literal", "raw_string_literal")
_ONCE = frozenset({"sync.OnceValue", "sync.OnceFunc", "sync.OnceValues", ".Do"})


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_COMPILERS):
        function = file.function_at(call.node)
        if function is None or function.name in ("init", "main"):
            continue
        if len(call.arguments) != 1 or call.arguments[0].type not in _LITERALS:
            continue
        if not _runs_once(file, call.node):
            yield _match(file, call, function)


def _runs_once(file: GoFile, node: Node) -> bool:
    literal = enclosing(node, "func_literal")
    call = enclosing(literal, "call_expression") if literal is not None else None
    return call is not None and file.call(call).name in _ONCE


def _match(file: GoFile, call: GoCall, function: GoFunction) -> Match:
    name = call.name.removeprefix("regexp.")
    pattern = text(call.arguments[0])
    return Match(
        span=file.span(call.node),
        function=function.name,
        title=f"regexp.{name} runs at every call of {function.name}",
        why=f"The pattern {pattern} never changes, but its program is built anew each time.",
        remedy="Compile it once, in a package variable; it may be used by many goroutines at once.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=f"var pattern = regexp.MustCompile({pattern}) // outside any function",
        ),
        saved=1.0,
        saved_allocs=1.0,
        callees=("regexp.", "regexp/syntax."),
        edits=to_package_level(file, call, function),
    )


LOOKS = {
    "go": Look((b'"regexp"',), _go),
}
