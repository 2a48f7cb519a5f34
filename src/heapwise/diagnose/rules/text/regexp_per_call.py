r"""A regular expression is compiled at every call.

What it finds:
    regexp.MustCompile, regexp.Compile and their POSIX forms with a constant pattern inside a
    function that is called again and again. Compiled in init, in main or below sync.Once it is no
    finding, nor is a pattern that the caller gives. Without a recording only what the source shows
    to be repeated is told: in a handler, in a loop, or matched against text that the function is
    given.

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
from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_often import is_given_text, often
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_values import bound
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


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_COMPILERS):
        function = runs_again(file, call.node)
        if function is None or function.name in ("init", "main"):
            continue
        if len(call.arguments) == 1 and call.arguments[0].type in STRINGS:
            yield _match(file, call, function)


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
        needs_evidence=not (often(file, call.node) or _matches_given_text(file, call.node)),
    )


def _matches_given_text(file: GoFile, compiled: Node) -> bool:
    """Whether the pattern is there for what the function is called with."""
    kept = bound(compiled)
    selectors = (use.parent for use in (compiled, *(kept.uses() if kept is not None else ())))
    calls = (
        selector.parent
        for selector in selectors
        if selector is not None and selector.type == "selector_expression"
    )
    return any(
        is_given_text(each)
        for call in calls
        if call is not None and call.type == "call_expression"
        for each in file.call(call).arguments
    )


LOOKS = {
    "go": Look((b'"regexp"',), _go),
}
