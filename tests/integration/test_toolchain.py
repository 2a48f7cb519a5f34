"""Finding a Go toolchain, and building with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError
from heapwise.runtimes.go.buildinfo import go_version
from heapwise.runtimes.go.toolchain import find_go

pytestmark = pytest.mark.go
MODULE = "module example.com/tiny\n\ngo 1.21\n"
PROGRAM = 'package main\n\nfunc main() { println("tiny") }\n'


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A module of one line."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "go.mod").write_text(MODULE)
    (folder / "main.go").write_text(PROGRAM)
    return folder


def script(folder: Path, version: str) -> None:
    """Put a `go` that only tells a version into a folder."""
    go = folder / "go"
    go.write_text(f"#!/bin/sh\necho go version {version} linux/amd64\n")
    go.chmod(0o755)


def test_a_program_is_built_and_tells_its_toolchain(tiny: Path, tmp_path: Path) -> None:
    """What `find_go` finds builds, and the version it states is in what it built."""
    go = find_go()
    go.build(tiny, tmp_path / "out", flags=["-ldflags=-s"], env={"CGO_ENABLED": "0"})
    assert go_version(tmp_path / "out") == go.version
    done = subprocess.run([tmp_path / "out"], capture_output=True, check=True)
    assert done.stderr == b"tiny\n"


def test_without_go_on_path_the_one_from_pypi_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher beside the interpreter stands in; where it is missing, the error names it."""
    monkeypatch.setenv("PATH", "/nowhere")
    beside = Path(sys.executable).parent / "go"
    if beside.exists():
        assert find_go().path == beside
    else:
        with pytest.raises(ToolchainError, match=r"pip install 'heapwise\[go\]'"):
            find_go()


def test_an_old_toolchain_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `go` below the minimum on PATH is not used, and is named where there is no other."""
    script(tmp_path, "go1.19.8")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    with pytest.raises(ToolchainError) as caught:
        find_go()
    assert str(caught.value) == (
        f"no Go toolchain of 1.21 or newer: {tmp_path}/go is go1.19.8; "
        "pip install 'heapwise[go]', or put Go 1.21 or newer on PATH"
    )
    assert find_go(minimum=(1, 19)).version == "go1.19.8"


def test_a_go_that_is_no_toolchain_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program of that name, or a broken one, is not taken for Go."""
    (tmp_path / "go").write_bytes(b"\x7fELF broken")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    with pytest.raises(ToolchainError, match=r"no Go toolchain of 1\.21 or newer; pip"):
        find_go()


def test_what_does_not_compile_says_so_in_the_compilers_words(tiny: Path, tmp_path: Path) -> None:
    """The compiler's first lines are in the error, without its package headers."""
    (tiny / "main.go").write_text(PROGRAM.replace("println", "printline"))
    with pytest.raises(ToolchainError) as caught:
        find_go().build(tiny, tmp_path / "out")
    assert caught.value.what == f"{tiny} does not build with {find_go().version}"
    assert caught.value.why == "./main.go:3:15: undefined: printline"


def test_a_build_neither_edits_go_mod_nor_fetches_a_toolchain(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A go.mod that asks for a newer Go is an error, whatever GOFLAGS and GOTOOLCHAIN say."""
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    asked = MODULE.replace("1.21", "1.99")
    (tiny / "go.mod").write_text(asked)
    with pytest.raises(ToolchainError, match=r"requires go >= 1\.99"):
        find_go().build(tiny, tmp_path / "out")
    assert (tiny / "go.mod").read_text() == asked
