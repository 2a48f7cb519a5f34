"""What Go's own programs do for patches: formatting, rewriting, upgrading, judging."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from heapwise.diagnose.found import Found
from heapwise.diagnose.registry import RULES
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

CHI = "github.com/go-chi/chi"
SICK, FIXED = "v4.0.2+incompatible", "v4.0.3+incompatible"
UPGRADE = f"go get {CHI}@v4.0.3"


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


def proxy(folder: Path) -> Path:
    """A module proxy in a folder, with a sick release and the one that fixes it."""
    versions = folder / CHI / "@v"
    versions.mkdir(parents=True)
    for version in (SICK, FIXED):
        (versions / f"{version}.info").write_text(f'{{"Version": "{version}"}}')
        (versions / f"{version}.mod").write_text(f"module {CHI}\n")
        with zipfile.ZipFile(versions / f"{version}.zip", "w") as archive:
            archive.writestr(f"{CHI}@{version}/chi.go", "package chi\n\nconst V = 1\n")
    # The tag's plain name, as the advisory has it, leads to the version that go.mod needs.
    (versions / "v4.0.3.info").write_text(f'{{"Version": "{FIXED}"}}')
    (versions / "list").write_text(f"{SICK}\n{FIXED}\n")
    return folder


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source of a service that requires the sick release."""
    monkeypatch.setenv("GOPROXY", proxy(tmp_path / "proxy").as_uri())
    monkeypatch.setenv("GOSUMDB", "off")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    go = find_go()
    source = write(tmp_path / "src", {
        "go.mod": GO_MOD, "main.go": f'package main\n\nimport "{CHI}"\n\n'
        "func main() { println(chi.V) }\n".encode(),
    })  # fmt: skip
    env = {**go.env, "GOFLAGS": "-mod=mod -modcacherw"}
    command = [str(go.path), "get", f"{CHI}@{SICK}"]
    subprocess.run(command, cwd=source, env=env, check=True, capture_output=True)
    return source


def bump(source: Path) -> tuple[Small, Proposal]:
    """The proposal for a finding on the sick release."""
    rule = next(rule for rule in RULES if rule.CODE == "HW201")
    small = Small(source, tools=tools())
    (proposal,) = small.propose([Found(rule, finding("HW201", module=f"{CHI}@{SICK}"))])
    return small, proposal


def test_a_sick_dependency_is_moved_to_the_release_that_fixes_it(user: Path) -> None:
    """As a diff of go.mod and go.sum, with which the service builds."""
    before = (user / "go.mod").read_text()
    small, proposal = bump(user)
    assert proposal.by == UPGRADE
    assert proposal.files == ("go.mod", "go.sum")
    assert (user / "go.mod").read_text() == before
    diff = small.diff(proposal).decode()
    assert f"-require {CHI} {SICK}" in diff
    assert f"+require {CHI} {FIXED}" in diff
    checks = GoChecks(user, tools())
    checks.prepare(proposal.files)
    assert Applier(small.source, checks, lambda _text: None).apply(proposal) is None
    assert FIXED in (user / "go.mod").read_text()


def test_without_a_network_the_command_is_told(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what go get says."""
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOMODCACHE", str(user.parent / "empty"))
    _, proposal = bump(user)
    assert not proposal.edits
    assert proposal.command == UPGRADE
    assert proposal.why.startswith(f"{UPGRADE} failed: ")


def test_a_dependency_that_nobody_requires_is_not_added(tmp_path: Path) -> None:
    """The recording may be of another service."""
    _, proposal = bump(write(tmp_path, {"go.mod": GO_MOD, "a.go": b"package small\n"}))
    assert proposal.why == f"no go.mod below {tmp_path} requires {CHI}"


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
