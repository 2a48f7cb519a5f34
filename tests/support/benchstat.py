"""The real benchstat, built once through the module proxy and kept between runs of the tests."""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from heapwise.runtimes.go.toolchain import find_go

MODULE = "golang.org/x/perf/cmd/benchstat@latest"

_OFFLINE = ("dial tcp", "no such host", "i/o timeout", "lookup disabled", "connection refused")


@cache
def benchstat() -> Path:
    """The program; skips the test where there is neither one from before nor a network."""
    folder = Path(tempfile.gettempdir()) / f"heapwise-benchstat-{os.getuid()}"
    program = folder / "benchstat"
    if not program.exists():
        go = find_go()
        env = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "", "GOTOOLCHAIN": "local"}
        done = subprocess.run(
            [go.path, "install", MODULE], env=env, capture_output=True, text=True, timeout=280,
            check=False,
        )  # fmt: skip
        if done.returncode and any(sign in done.stderr for sign in _OFFLINE):
            pytest.skip(f"benchstat cannot be fetched: {done.stderr.splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
    return program


def run_benchstat(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What benchstat prints; its exit code is always 0."""
    return subprocess.run(
        [benchstat(), *args], cwd=cwd, capture_output=True, text=True, timeout=60, check=True
    )
