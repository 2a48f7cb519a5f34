"""What Go's own programs do for patches: formatting, rewriting, judging."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heapwise.diagnose.source.match import Edit
from heapwise.errors import ToolchainError
from heapwise.fix.apply import Applier
from heapwise.fix.go_checks import GoChecks
from heapwise.fix.go_tools import GoTools
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.render import Renderer
from heapwise.runtimes.go.toolchain import find_go
from support.fixing import GO_MOD, Small, write
from support.runs import finding

pytestmark = pytest.mark.go


def tools() -> GoTools:
    """The toolchain of these tests."""
    return GoTools(find_go())


JOINS = b"""package small

func first(parts []string) string {
\tall := ""
\tfor _, part := range parts {
\t\tall += part
\t}
\treturn all
}

func second(parts []string) string {
\tall := ""
\tfor _, part := range parts {
\t\tall += part
\t}
\treturn all
}
"""


def test_go_fix_rewrites_the_function_that_was_found_and_no_other(tmp_path: Path) -> None:
    """Its import comes with it, once; the other finding has a patch of its own."""
    go = tools()
    if "stringsbuilder" not in go.analyzers:
        pytest.skip(f"{go.go.version} has no such analyzer")
    small = Small(write(tmp_path, {"go.mod": GO_MOD, "join.go": JOINS}), "HW403", tools=go)
    first, second = small.propose()
    assert first.by == "go fix -stringsbuilder"
    after = small.after("join.go", first)
    assert "var all strings.Builder" in after.partition("func second")[0]
    assert after.partition("func second")[2] == JOINS.decode().partition("func second")[2]
    both = small.after("join.go", first, second)
    assert both.count("strings.Builder") == 2
    assert both.count('import "strings"') == 1


def test_go_fix_keeps_the_ends_of_lines(tmp_path: Path) -> None:
    """Its diffs have Go's own, whatever the file has; no other line is changed for it."""
    go = tools()
    if "stringsbuilder" not in go.analyzers:
        pytest.skip(f"{go.go.version} has no such analyzer")
    source = JOINS.replace(b"\n", b"\r\n")
    small = Small(write(tmp_path, {"go.mod": GO_MOD, "join.go": source}), "HW403", tools=go)
    first, second = small.propose()
    assert first.by == "go fix -stringsbuilder"
    (after,) = small.source.after([first, second]).values()
    assert after.count(b"\n") == after.count(b"\r\n")
    assert after.count(b"var all strings.Builder\r\n") == 2
    removed = [line for line in small.diff(first).split(b"\n") if line.startswith(b"-\t")]
    assert removed == [b'-\tall := ""\r', b"-\t\tall += part\r", b"-\treturn all\r"]


UNFORMATTED = b"""package small
import "regexp"
var x   =   1
func f(s string) bool { return regexp.MustCompile(`a`).MatchString(s) }
"""


def test_only_what_gofmt_wrote_is_formatted(tmp_path: Path) -> None:
    """Else the patch would be of every line; and what was formatted stays so."""
    small = Small(write(tmp_path, {"go.mod": GO_MOD, "a.go": UNFORMATTED}), "HW401", tools=tools())
    assert "var x   =   1\n" in small.after("a.go")
    formatted = tools().formatted(UNFORMATTED)
    assert formatted is not None
    write(tmp_path, {"a.go": formatted.out})
    after = Small(tmp_path, "HW401", tools=tools()).after("a.go").encode()
    again = tools().formatted(after)
    assert again is not None
    assert again.out == after != formatted.out


JUDGED = b"""package small

import "fmt"

func Twice(n int) int { return n * 2 }

func Say() { fmt.Printf("%d\\n", "old complaint") }
"""

PASSES = b"""package small

import "testing"

func TestTwice(t *testing.T) {
\tif Twice(2) != 4 {
\t\tt.Error("not twice")
\t}
}
"""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("n * 2", "m * 2", "it does not build: .*undefined: m"),
        ("n * 2", "n * 3", ".* test -vet=off . fails: .*not twice"),
        (
            "fmt.Printf(",
            'fmt.Printf("%s\\n", 1); fmt.Printf(',
            "go vet complains: .*wrong type int",
        ),
        ("n * 2", "n + n", ""),
    ],
)
def test_a_patch_has_to_build_and_pass(tmp_path: Path, old: str, new: str, why: str) -> None:
    """What vet said before is no fault of the patch; what fails is undone."""
    write(tmp_path, {"go.mod": GO_MOD, "a.go": JUDGED, "a_test.go": PASSES})
    at = JUDGED.index(old.encode())
    patch = Proposal(number=1, finding=finding(), edits=(Edit("a.go", at, at + len(old), new),))
    # `go test` vets as well, and would refuse the old complaint.
    checks = GoChecks(tmp_path, tools(), f"{find_go().path} test -vet=off .")
    checks.prepare(["a.go"])
    source = Source(tmp_path, Renderer("go", None))
    failure = Applier(source, checks, lambda _text: None).apply(patch)
    if why:
        assert re.match(why, str(failure))
        assert (tmp_path / "a.go").read_bytes() == JUDGED
    else:
        assert failure is None
        assert new in (tmp_path / "a.go").read_text()


def test_a_module_that_does_not_build_is_not_judged(tmp_path: Path) -> None:
    """The compiler's first line is told."""
    write(tmp_path, {"go.mod": GO_MOD, "a.go": b"package small\n\nvar x int = y\n"})
    with pytest.raises(ToolchainError, match=r"does not build as it is.*undefined: y"):
        GoChecks(tmp_path, tools()).prepare(["a.go"])


FAILS = PASSES.replace(b"!= 4", b"!= 5")
HANGS = PASSES.replace(b"if Twice(2)", b"for Twice(2) == 4 {\n\t}\n\tif Twice(2)")


@pytest.mark.parametrize(
    ("test", "seconds", "why", "stays"),
    [
        (FAILS, 60.0, r"its tests fail: a_test\.go:7: not twice", True),
        (HANGS, 2.0, r".*/go \w+ did not end within 2 seconds", False),
    ],
)
def test_a_patch_is_judged_by_tests_that_ended_and_passed_before(
    tmp_path: Path, test: bytes, seconds: float, why: str, *, stays: bool
) -> None:
    """Tests that failed prove nothing against it; without an end they prove nothing for it."""
    source = JUDGED.replace(b'"old complaint"', b"1")
    write(tmp_path, {"go.mod": GO_MOD, "a.go": source, "a_test.go": test})
    at = source.index(b"n * 2")
    patch = Proposal(number=1, finding=finding(), edits=(Edit("a.go", at, at + 5, "n + n"),))
    checks = GoChecks(tmp_path, tools())
    checks.prepare(["a.go"])
    checks.tools = GoTools(find_go(), seconds)
    applier = Applier(Source(tmp_path, Renderer("go", None)), checks, lambda _text: None)
    failure = applier.apply(patch)
    assert failure is not None
    assert re.fullmatch(why, str(failure))
    assert failure.earlier == stays
    assert (b"n + n" in (tmp_path / "a.go").read_bytes()) == stays


def test_a_module_of_a_workspace_is_judged_as_its_user_builds_it(tmp_path: Path) -> None:
    """Another module of it is found by go.work alone, and the one that is patched lies below."""
    write(tmp_path, {
        "go.work": b"go 1.24\n\nuse (\n\t./lib\n\t./svc\n)\n",
        "lib/go.mod": b"module example.com/lib\n\ngo 1.24\n",
        "lib/lib.go": b"package lib\n\nconst Two = 2\n",
        "svc/go.mod": b"module example.com/svc\n\ngo 1.24\n",
        "svc/in/a.go": b'package in\n\nimport "example.com/lib"\n\nvar X = 2 * lib.Two\n',
    })  # fmt: skip
    patch = Proposal(number=1, finding=finding(), edits=(Edit("svc/in/a.go", 46, 47, "3"),))
    checks = GoChecks(tmp_path, tools())
    checks.prepare(patch.files)
    source = Source(tmp_path, Renderer("go", None))
    assert Applier(source, checks, lambda _text: None).apply(patch) is None
    assert "3 * lib.Two" in (tmp_path / "svc" / "in" / "a.go").read_text()
