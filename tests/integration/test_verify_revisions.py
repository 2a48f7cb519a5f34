"""Two revisions are checked out apart, built, compared, and leave nothing behind."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from heapwise.errors import ToolchainError, UsageError
from heapwise.lab.ports import free_ports
from heapwise.model.verify import BASE, NEW, Side
from heapwise.runtimes.go.toolchain import find_go
from heapwise.verify.revisions import checked_out, side_of_revision
from support.repository import Repository

POOLED = Path(__file__).parents[1] / "data" / "verify" / "pooled"


def sides(repository: Repository, base: str, new: str, command: str = "./run") -> list[Side]:
    """Two revisions as sides."""
    return [
        side_of_revision(repository.folder, name, revision, command=command, service=None)
        for name, revision in ((BASE, base), (NEW, new))
    ]


def ignore(_text: str) -> None:
    """Nobody is told."""


def test_each_revision_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """The build runs in each with its own files; afterwards folders and git's list are gone."""
    repository = Repository(tmp_path / "repository")
    repository.commit("one", source__txt="one")
    repository.commit("two", source__txt="two")
    both = sides(repository, "HEAD~1", "main")
    with checked_out(repository.folder, both, "cp source.txt built.txt", ignore) as folders:
        built = {name: (folder / "built.txt").read_text() for name, folder in folders.items()}
        kept = list(folders.values())
    assert built == {BASE: "one", NEW: "two"}
    assert not any(folder.exists() for folder in kept)
    assert repository.git("worktree", "list").count("\n") == 0
    assert repository.git("status", "--porcelain") == ""


def test_a_build_that_fails_shows_what_the_compiler_said(tmp_path: Path) -> None:
    """The error holds the first lines of its output, and nothing is left behind."""
    repository = Repository(tmp_path / "repository")
    repository.commit("one", fine__py="x = 1\n")
    repository.commit("two", fine__py="x = = 1\n")
    build = shlex.join([sys.executable, "-m", "py_compile", "fine.py"])
    both = sides(repository, "HEAD~1", "HEAD")
    with (
        pytest.raises(ToolchainError, match=r"HEAD does not build: .* exit code 1") as failed,
        checked_out(repository.folder, both, build, ignore),
    ):
        pytest.fail("it was built")
    assert "SyntaxError: invalid syntax" in failed.value.why
    assert repository.git("worktree", "list").count("\n") == 0


def test_a_folder_of_the_repository_is_worked_in(tmp_path: Path) -> None:
    """One that a revision does not have yet is named, and nothing is left behind."""
    repository = Repository(tmp_path / "repository")
    repository.commit("one", source__txt="one")
    (repository.folder / "api").mkdir()
    for number in ("two", "three"):
        (repository.folder / "api" / "name").write_text(number)
        repository.commit(number)
    both = sides(repository, "HEAD~1", "HEAD")
    inside = PurePath("api")
    with checked_out(repository.folder, both, "cp name built", ignore, inside) as folders:
        built = {name: (folder / "built").read_text() for name, folder in folders.items()}
    assert built == {BASE: "two", NEW: "three"}
    older = sides(repository, "HEAD~2", "HEAD")
    with (
        pytest.raises(ToolchainError, match="HEAD~2 has no folder api"),
        checked_out(repository.folder, older, "", ignore, inside),
    ):
        pytest.fail("it was checked out")
    assert repository.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD~9", ""])
def test_what_is_no_revision_is_refused(tmp_path: Path, revision: str) -> None:
    """A name that git does not know, or takes for an option, is a usage error."""
    repository = Repository(tmp_path / "repository")
    repository.commit("one", a="1")
    with pytest.raises(UsageError, match="no revision"):
        side_of_revision(repository.folder, BASE, revision, command="./run", service=None)


@pytest.mark.go
@pytest.mark.load
def test_the_pooled_request_buffer_is_refused(tmp_path: Path) -> None:
    """Of the 60 % fewer allocations that are foretold none come, and it says so."""
    repository = Repository(tmp_path / "repository")
    for source in POOLED.iterdir():
        shutil.copy(source, repository.folder / source.name)
    repository.commit("marshal every answer")
    changed = (POOLED / "variant.go").read_text().replace("marshal", "pool")
    repository.commit("pool request buffers", variant__go=changed)
    (port,) = free_ports(1)
    done = subprocess.run(
        [
            sys.executable, "-m", "heapwise", "verify", f"http://127.0.0.1:{port}/users",
            "--base-rev", "HEAD~1", "--new-rev", "main", "-rate", "1500", "-duration", "500ms",
            "-warmup", "200ms", "--cooldown", "0", "--max-repeats", "0",
            "--build", f"{find_go().path} build -buildvcs=false -o service .",
            "--exec", f"./service -addr 127.0.0.1:{port}", "-o", str(tmp_path / "pool.verify"),
            "--predict", "allocs/req -60%",
        ],
        cwd=repository.folder, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr
    assert "Not better where it was promised" in done.stdout
    assert "allocs/req: -60.0 % was foretold, " in done.stdout
    state = json.loads((tmp_path / "pool.verify" / "verify.json").read_text())
    assert state["changed"] == [{"path": "variant.go", "added": 1, "removed": 1}]
    assert [side["subject"] for side in state["sides"]] == [
        "marshal every answer", "pool request buffers",
    ]  # fmt: skip
    shown = subprocess.run(
        [sys.executable, "-m", "heapwise", "verify", "--resume", "pool.verify", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    rows = {row["metric"]: row for row in json.loads(shown.stdout)["data"]["comparison"]["rows"]}
    for metric in ("bytes/work", "allocs/work"):
        assert rows[metric]["verdict"] != "better"
        assert rows[metric]["delta_low"] > -0.1, "not even the interval's better end is near"
    assert repository.git("worktree", "list").count("\n") == 0
