"""What is started for a round: builds and copies, which later patches do not reach."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import UsageError
from heapwise.fix.builds import Builds, CopiedSource, chosen
from heapwise.fix.go_tools import GoTools
from heapwise.runtimes.go.toolchain import Go
from support.fixing import GO_MOD, write

MAIN = b"package main\n\nfunc main() {}\n"
NO_GO = GoTools(Go(path=Path("/nonexistent/go"), version="go1.27.0", env={}))


def go_builds(folder: Path, command: str, build: str = "") -> Builds:
    """Builds of a Go service, by a toolchain that is not asked."""
    return chosen(SourceTree(folder, "go"), NO_GO, (command, build), folder)


def test_a_copy_runs_what_the_source_was(tmp_path: Path) -> None:
    """Its arguments are those of the command, its paths those of the copy; data comes along."""
    root = write(tmp_path / "src", {
        "app/serve.py": b"import sys\nprint(open(sys.argv[1]).read(), sys.argv[2:])",
        "app/data.txt": b"old", ".git/config": b"", "run.hw/log": b"",
    })  # fmt: skip
    (tmp_path / "to").mkdir()
    command = f"{sys.executable} {root}/app/serve.py {root}/app/data.txt --port 80"
    made = CopiedSource(root, command, tmp_path / "to").make()
    (root / "app" / "data.txt").write_text("new")
    said = subprocess.run(["sh", "-c", made], capture_output=True, text=True, check=True)
    assert said.stdout == "old ['--port', '80']\n"
    assert not list((tmp_path / "to").glob("*/.git"))
    assert not list((tmp_path / "to").glob("*/run.hw"))


def test_a_copy_runs_in_the_folder_of_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where heapwise is called within the source, and nothing in the command names it."""
    root = write(tmp_path / "src", {"serve.py": b"print('old')"})
    (tmp_path / "to").mkdir()
    monkeypatch.chdir(root)
    made = CopiedSource(root, f"NAME=1 {sys.executable} -m serve", tmp_path / "to").make()
    (root / "serve.py").write_text("print('new')")
    said = subprocess.run(["sh", "-c", made], capture_output=True, text=True, check=True)
    assert made.startswith("NAME=1 sh -c ")
    assert said.stdout == "old\n"


def test_a_command_that_runs_something_else_is_refused(tmp_path: Path) -> None:
    """Both sides would be the same, and every patch gain nothing."""
    with pytest.raises(UsageError, match="starts nothing in"):
        CopiedSource(write(tmp_path / "src", {"a.py": b""}), "gunicorn app:app", tmp_path)


@pytest.mark.parametrize(
    ("files", "command", "build", "why"),
    [
        (["main.go"], "go run . -addr :80", "", "the build's place in 'go run . -addr :80'"),
        (["a/main.go", "b/main.go"], "./a", "", "2 programs are below"),
        ([], "./a", "", "0 programs are below"),
        (["main.go"], "./a", "make service", "--build does not say where the program goes"),
    ],
)
def test_a_build_that_is_not_clear_is_asked_for(
    tmp_path: Path, files: list[str], command: str, build: str, why: str
) -> None:
    """Nothing is guessed where another program would be measured."""
    write(tmp_path, {"go.mod": GO_MOD, **dict.fromkeys(files, MAIN)})
    with pytest.raises(UsageError, match=why):
        go_builds(tmp_path, command, build)


def test_the_users_own_build_is_taken(tmp_path: Path) -> None:
    """It is run in the source, and its program stands where the command has its place."""
    write(tmp_path, {"go.mod": GO_MOD, "service": b"#!/bin/sh\n"})
    made = go_builds(tmp_path, "A=1 nice {out} -addr :80", "cp service {out}").make()
    assert made == f"A=1 nice {tmp_path}/service-1 -addr :80"
    assert (tmp_path / "service-1").is_file()
