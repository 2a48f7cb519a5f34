"""A dependency moved to the release that fixes it, in modules of every kind."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from heapwise.diagnose.found import Found
from heapwise.diagnose.registry import RULES
from heapwise.fix.apply import Applier
from heapwise.fix.go_checks import GoChecks
from heapwise.fix.go_tools import GoTools
from heapwise.fix.proposal import Proposal
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
    assert "\n" not in proposal.why


def test_a_dependency_that_nobody_requires_is_not_added(tmp_path: Path) -> None:
    """The recording may be of another service."""
    _, proposal = bump(write(tmp_path, {"go.mod": GO_MOD, "a.go": b"package small\n"}))
    assert proposal.why == f"no go.mod below {tmp_path} requires {CHI}"


def test_one_patch_for_two_findings_is_made_once(user: Path) -> None:
    """What the release allocates, and that it is known for it, are mended together."""
    rule = next(rule for rule in RULES if rule.CODE == "HW201")
    both = [Found(rule, finding(code, module=f"{CHI}@{SICK}")) for code in ("HW101", "HW201")]
    first, second = Small(user, tools=tools()).propose(both)
    assert first.edits
    assert (second.edits, second.same_as, second.command) == ((), 1, "")
    assert second.why == "the patch of finding 1 is this one's too"


def test_a_replacement_beside_the_module_is_found(user: Path) -> None:
    """Its relative path counts from the module, wherever the new go.mod is worked out."""
    write(user.parent / "lib", {"go.mod": b"module a.example/lib\n", "lib.go": b"package lib\n"})
    go_mod = (user / "go.mod").read_text()
    (user / "go.mod").write_text(
        f"{go_mod}\nrequire a.example/lib v0.0.0\n\nreplace a.example/lib => ../lib\n"
    )
    _, proposal = bump(user)
    assert proposal.files == ("go.mod", "go.sum")


@pytest.mark.parametrize("flags", ["-mod=readonly", "-mod=vendor", "-mod=readonly -modcacherw"])
def test_flags_that_forbid_to_change_go_mod_hold_for_builds(
    user: Path, monkeypatch: pytest.MonkeyPatch, flags: str
) -> None:
    """The new go.mod is worked out in spite of them."""
    monkeypatch.setenv("GOFLAGS", flags)
    _, proposal = bump(user)
    assert proposal.files == ("go.mod", "go.sum")


def test_vendored_dependencies_are_left_to_go_mod_vendor(user: Path) -> None:
    """A go.mod alone would no longer fit what lies there."""
    command = [str(find_go().path), "mod", "vendor"]
    subprocess.run(command, cwd=user, env=tools().env, check=True, capture_output=True)
    _, proposal = bump(user)
    assert not proposal.edits
    assert proposal.command == UPGRADE
    assert proposal.why == (
        "dependencies are vendored: type this and go mod vendor in the module's folder"
    )


def test_the_source_is_not_touched_for_it(user: Path) -> None:
    """Neither its files nor its folders."""
    before = {path: path.stat().st_mtime_ns for path in (user, *user.rglob("*"))}
    assert bump(user)[1].edits
    assert {path: path.stat().st_mtime_ns for path in (user, *user.rglob("*"))} == before
