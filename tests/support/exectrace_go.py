"""Fresh traces of the real Go, and what its own tool says of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from heapwise.runtimes.go.toolchain import find_go
from support.exectrace_data import FOLDER


@cache
def toolchains() -> dict[str, Path]:
    """Every Go on this machine by its version; the builds it makes are its own."""
    found: dict[str, Path] = {}
    for path in (str(Path(sys.executable).with_name("go")), shutil.which("go")):
        if path and Path(path).exists():
            version = _run(path, "env", "GOVERSION").strip()
            found.setdefault(version, Path(path))
    return found


@cache
def goroot() -> Path:
    """Where the sources of a Go are."""
    return Path(_run(str(find_go().path), "env", "GOROOT").strip())


@cache
def trace_tool() -> str:
    """The program behind ``go tool trace``; it may be compiled now, which takes a minute."""
    go = str(find_go().path)
    subprocess.run([go, "tool", "trace", "-h"], capture_output=True, check=False, env=find_go().env)
    return _run(go, "tool", "-n", "trace").strip()


def parsed(path: Path) -> Iterator[str]:
    """The lines of ``go tool trace -d=parsed``: the events in order, with their state."""
    with subprocess.Popen([trace_tool(), "-d=parsed", path], stdout=-1, text=True) as process:
        assert process.stdout is not None
        yield from process.stdout
    assert process.returncode == 0


def fresh_trace(go: Path, folder: Path, iterations: int, duration: str) -> Path:
    """What tests/data/exectrace/main.go writes when built with this Go."""
    program, trace = folder / "program", folder / "program.trace"
    _run(str(go), "build", "-o", str(program), ".", folder=FOLDER)
    _run(str(program), str(trace), str(iterations), duration, folder=folder)
    return trace


def _run(*command: str, folder: Path | None = None) -> str:
    return subprocess.run(
        command, cwd=folder, capture_output=True, check=True, text=True, env=find_go().env
    ).stdout
