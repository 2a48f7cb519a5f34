"""Two changes at once are noticed, whatever they are."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.model.finding import Finding
from heapwise.model.verify import BASE, NEW, FileChange, Side, SideKind
from heapwise.record.command import split_command
from heapwise.verify.changes import between_commands, between_revisions, between_runs
from heapwise.verify.git import changes, checkout, top_level
from heapwise.verify.sides import in_folder
from support import runs
from support.repository import Repository

HERE = runs.finding(where="main.evaluate /build/svc/server.go:88")


def warnings(*paths: str, findings: tuple[Finding, ...] = (HERE,)) -> str:
    """What is said of two revisions in which these files differ."""
    changed = [FileChange(path, 1, 1) for path in paths]
    return "; ".join(each.what for each in between_revisions(changed, findings))


def commands(base: str, new: str) -> str:
    """What is said of two commands."""
    sides = [
        Side(name=name, kind=SideKind.COMMAND, command=command)
        for name, command in ((BASE, base), (NEW, new))
    ]
    return "; ".join(each.what for each in between_commands(sides))


def test_a_change_where_the_finding_is_passes() -> None:
    """The finding's file, its tests and its manual may differ."""
    assert warnings("server.go", "server_test.go", "testdata/in.json", "README.md") == ""


def test_files_beside_the_finding_are_a_second_change() -> None:
    """They are named."""
    assert warnings("server.go", "cache/lru.go") == (
        "two changes at once: besides server.go, where the finding is, cache/lru.go differ"
    )


def test_a_change_elsewhere_is_asked_about() -> None:
    """What does not touch the finding's file may be the wrong change, not two."""
    assert warnings("cache/lru.go") == (
        "the change is in cache/lru.go; what was found is in server.go"
    )


def test_two_findings_are_mended_one_after_the_other() -> None:
    """A change in the files of two findings answers both, and nobody can tell them apart."""
    other = runs.finding("HW201", "main.load /build/svc/load.go:12")
    assert warnings("server.go", "load.go", findings=(HERE, other)).startswith(
        "two changes at once: the change touches HW101 main.evaluate, HW201 main.load"
    )


@pytest.mark.parametrize("bumped", ["go.mod", "svc/requirements-dev.txt", "vendor/a/b.go"])
def test_an_upgrade_with_a_rewrite_is_two_changes(bumped: str) -> None:
    """Dependencies and code differ."""
    said = warnings(bumped, "server.go", findings=())
    assert said == f"two changes at once: dependencies ({bumped}) and code (server.go) differ"
    assert warnings(bumped, findings=()) == ""


def test_a_finding_inside_a_dependency_is_mended_anywhere() -> None:
    """Nothing is said of the files that stop calling it."""
    inside = runs.finding(where="chi.Close compress.go:312", module="github.com/go-chi/chi@v3.3.4")
    assert warnings("server.go", "routes.go", findings=(inside,)) == ""


@pytest.mark.parametrize(
    ("base", "new", "what"),
    [
        ("./old -addr :1", "./new -addr :1", ""),
        ("./svc -c=1", "./svc -c=2", ""),
        ("./svc", "GOGC=400 ./svc", ""),
        ("./old", "GOGC=400 ./new", "GOGC, the program"),
        ("./old -c=1", "./new", "the program, its arguments"),
        ("A=1 B=1 ./svc", "A=2 B=2 ./svc", "A, B"),
    ],
)
def test_two_commands_may_differ_in_one_thing(base: str, new: str, what: str) -> None:
    """Program, arguments and each variable count as one."""
    said = commands(base, new)
    assert said == (f"two changes at once: the two commands differ in {what}" if what else "")


def test_a_variable_that_both_sides_have_is_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one command sets to what the other inherits is the same."""
    monkeypatch.setenv("GOMAXPROCS", "2")
    assert commands("GOMAXPROCS=2 ./old", "./new") == ""


def test_another_toolchain_is_a_change_of_its_own() -> None:
    """Two revisions built by different releases of Go differ in two things."""
    base, new = (
        Side(name=name, kind=SideKind.REVISION, command="./svc", commit=commit)
        for name, commit in ((BASE, "a"), (NEW, "b"))
    )
    old, young = runs.report(), runs.report(runtime_version="go1.28.0")
    (said,) = between_runs((base, old), (new, young))
    assert "go1.27.3 before, go1.28.0 after; different code" in said.what
    assert not list(between_runs((base, old), (new, old)))
    assert not list(between_runs((base, old), (base, young))), "the toolchain alone is one change"


def test_git_says_what_differs(tmp_path: Path) -> None:
    """Added, changed, removed and binary files are told, and whether the tree is clean."""
    repository = Repository(tmp_path / "repository")
    base = repository.commit("one", a__py="1\n2\n", gone__py="x\n")
    (repository.folder / "gone.py").unlink()
    (repository.folder / "raw.bin").write_bytes(bytes(range(256)))
    new = repository.commit("two", a__py="1\n3\n4\n", b__py="5\n")
    assert changes(repository.folder, base, new) == (
        FileChange("a.py", 2, 1),
        FileChange("b.py", 1, 0),
        FileChange("gone.py", 0, 1),
        FileChange("raw.bin", 0, 0),
    )
    state = checkout(repository.folder)
    assert state is not None
    assert (state.commit, state.dirty) == (new, False)
    (repository.folder / "a.py").write_text("changed")
    state = checkout(repository.folder)
    assert state is not None
    assert state.dirty
    assert top_level(repository.folder) == repository.folder.resolve()


def test_outside_a_repository_revisions_are_refused(tmp_path: Path) -> None:
    """The error offers commands instead; nothing is known of a checkout."""
    with pytest.raises(UsageError, match="lies in no work tree of git"):
        top_level(tmp_path)
    assert checkout(tmp_path) is None


@given(st.lists(st.text(min_size=1).filter(lambda word: "\0" not in word), min_size=1))
def test_a_command_in_a_folder_keeps_its_words(words: list[str]) -> None:
    """Whatever a command holds, moving it to a folder adds words in front and changes none."""
    words = ["./svc", *words]
    _, moved = split_command(in_folder(shlex.join(["A=b c", *words]), Path("/tmp/x y")))
    assert moved[:5] == ["sh", "-c", 'cd -- "$1" && shift && exec "$@"', "sh", "/tmp/x y"]
    assert moved[5:] == words
    assert split_command(in_folder(shlex.join(["A=b c", *words]), Path("/tmp")))[0] == {"A": "b c"}
