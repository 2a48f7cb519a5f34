"""heapwise bench go and py: real benchmarks, run and compared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GO_SOURCE = """package a

var Sink []byte

func Make(n int) { Sink = make([]byte, n) }
"""
GO_TEST = """package a

import "testing"

func BenchmarkMake(b *testing.B) {
	b.Run("size=4k", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			Make(4096)
		}
	})
}
"""
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@localhost")


def heapwise(
    *args: str, cwd: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it, in an environment without surprises."""
    env = {**os.environ, "VIRTUAL_ENV": str(Path(python).parents[1])}
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *args], cwd=cwd, env=env, capture_output=True,
        text=True, timeout=280, check=False,
    )  # fmt: skip


def commit(folder: Path, message: str) -> None:
    """Everything as it is."""
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    subprocess.run(["git", *IDENTITY, "commit", "-qm", message], cwd=folder, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A module in a folder of a repository: 4,096 bytes in its first commit, 1,024 in the next."""
    module = tmp_path / "repository" / "module"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module ex.com/a\n\ngo 1.21\n")
    (module / "a.go").write_text(GO_SOURCE)
    (module / "a_test.go").write_text(GO_TEST)
    subprocess.run(["git", "init", "-q"], cwd=module.parent, check=True)
    commit(module, "one")
    (module / "a.go").write_text(GO_SOURCE.replace("byte, n)", "byte, n/4)"))
    commit(module, "two")
    return module


@pytest.mark.go
def test_two_revisions_take_turns_and_are_compared(repository: Path) -> None:
    """Both outputs are kept, and nothing is left in the repository."""
    done = heapwise(
        "bench", "go", "-base", "HEAD~1", "-new", "HEAD", "-count", "4", "-benchtime=200x",
        "-o", "../../kept", "-filter", ".unit:(B/op OR allocs/op)", cwd=repository,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "-75.00% (p=0.029 n=4)" in done.stdout
    assert "all samples are equal" in done.stdout
    assert done.stdout.endswith("2 comparisons: 1 better, 1 same\n")
    kept = repository / "../../kept"
    assert sorted(path.name for path in kept.iterdir()) == ["base.txt", "new.txt"]
    assert (kept / "base.txt").read_text().count("BenchmarkMake/size=4k-") == 4
    trees = subprocess.run(
        ["git", "worktree", "list"], cwd=repository, check=True, capture_output=True, text=True
    )
    assert len(trees.stdout.splitlines()) == 1
    again = heapwise("bench", f"{kept}/new.txt", f"{kept}/base.txt", "--fail-above=10%", "-q",
                     "-filter=.unit:B/op", cwd=repository)  # fmt: skip
    assert again.returncode == 3
    assert again.stderr.startswith("heapwise: worse: Make/size=4k-")


@pytest.mark.go
def test_a_benchmark_that_fails_is_no_silence(repository: Path) -> None:
    """The files as they are; the package that panics is named, and the exit code is not 0."""
    (repository / "a.go").write_text(GO_SOURCE.replace("make([]byte, n)", "Sink[n:]"))
    done = heapwise("bench", "go", "-base", "HEAD", "-count", "1", "-benchtime=10x", cwd=repository)
    assert done.returncode == 4
    assert "heapwise: benchmarks failed: heapwise-bench-" in done.stderr
    assert "panic: runtime error" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.go
@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        ("-base nope", 2, "no revision 'nope'"),
        ("./nothing/...", 1, "no such file or directory"),
        ("-benchtime soon", 2, "not a -benchtime"),
        ("-o ..", 2, ".. exists already"),
    ],
)
def test_what_cannot_be_run_is_one_line(repository: Path, args: str, code: int, why: str) -> None:
    """With what to do about it."""
    done = heapwise("bench", "go", *args.split(), cwd=repository)
    assert done.returncode == code
    assert why in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.go
def test_a_folder_that_a_revision_lacks_is_named(repository: Path) -> None:
    """With the side that lacks it."""
    (repository / "fresh").mkdir()
    done = heapwise("bench", "go", "-base", "HEAD", cwd=repository / "fresh")
    assert done.returncode == 2
    assert done.stderr == f"heapwise: base has no folder {repository / 'fresh'}\n"


@pytest.mark.go
def test_a_package_cannot_be_a_flag_of_go(repository: Path) -> None:
    """Else it could start any program."""
    done = heapwise("bench", "go", "--", "-toolexec=touch", cwd=repository)
    assert done.returncode == 1
    assert "leading dash" in done.stderr


@pytest.mark.go
def test_code_that_does_not_compile_is_one_line(repository: Path) -> None:
    """With the compiler's own words."""
    (repository / "a.go").write_text("package a\n\nfunc Make(n int) { nope }\n")
    done = heapwise("bench", "go", cwd=repository)
    assert done.returncode == 1
    assert "undefined: nope" in done.stderr


MODULE = """
import json

DATA = [{"id": number, "tags": ["a", "b"]} for number in range(SIZE)]


class Case:
    @staticmethod
    def encode():
        return json.dumps(DATA)


def three():
    return bytes(100), bytes(100), bytes(100)


def fails():
    raise ValueError("no data")


async def later():
    return bytes(100)


def one_by_one():
    yield bytes(100)


def leaves():
    import os
    os._exit(0)
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder with a module."""
    (tmp_path / "code.py").write_text(MODULE.replace("SIZE", "50"))
    return tmp_path


def test_a_python_function_s_allocations_are_exact(module: Path) -> None:
    """Three blocks are three allocations of 133 bytes; the loop around them counts nothing."""
    done = heapwise("bench", "py", "code:three", "-count=2", "-benchtime=10ms", "-o", "three.txt",
                    cwd=module)  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (module / "three.txt").read_text().splitlines()
    assert lines[0] == "Unit allocs/op assume=exact"
    assert len([line for line in lines if line.endswith(" 399 B/op 3 allocs/op")]) == 2
    assert "three   3.000 ± 0%" in done.stdout
    assert "bench py code:three --base three.txt" in done.stderr


def test_two_states_of_a_python_function_are_compared(module: Path) -> None:
    """The results of the first are kept as a file; fewer rows are fewer allocations."""
    first = heapwise("bench", "py", "code:Case.encode", "-count=2", "-benchtime=10ms", "-q",
                     "-o", "base.txt", cwd=module)  # fmt: skip
    assert first.returncode == 0, first.stderr
    (module / "code.py").write_text(MODULE.replace("SIZE", "20"))
    done = heapwise("bench", "py", "code:Case.encode", "-count=2", "-benchtime=10ms", "-q",
                    "-filter=.unit:allocs/op", "--base=base.txt", cwd=module)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("1 comparison: 1 better\n")


@pytest.mark.parametrize(
    ("target", "code", "why"),
    [
        ("code:fails", 1, "code:fails failed: ValueError: no data"),
        ("code:nope", 1, "has no attribute 'nope'"),
        ("nope:three", 1, "No module named 'nope'"),
        ("code:DATA", 1, "code:DATA is not callable"),
        ("code:later", 1, "a call only makes its coroutine"),
        ("code:one_by_one", 1, "a call only makes its generator"),
        ("code:leaves", 1, "code:leaves ended the process early"),
        ("code", 2, "not a function: 'code'"),
        ("code:three()", 2, "not a function"),
    ],
)
def test_a_function_that_cannot_be_measured_is_one_line(
    module: Path, target: str, code: int, why: str
) -> None:
    """Without the traceback of a process that nobody knows of."""
    done = heapwise("bench", "py", target, "-count=1", "-benchtime=10ms", cwd=module)
    assert done.returncode == code
    assert why in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_python_without_the_agent_is_told_how_to_get_it(module: Path) -> None:
    """The line to type is in the hint."""
    bare = module / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    done = heapwise("bench", "py", "code:three", f"--python={bare}/bin/python", cwd=module)
    assert done.returncode == 1
    assert "has no heapwise-agent" in done.stderr
    assert "-m pip install heapwise-agent" in done.stderr
