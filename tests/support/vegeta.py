"""The peer: vegeta, built once, and both tools run on the same targets."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

MODULE = "github.com/tsenart/vegeta/v12"
VERSION = "v12.13.0"
BRIEF = ("-rate=20", "-duration=200ms")
"""A handful of requests; vegeta may send one less or more than rate x duration."""


@cache
def vegeta() -> Path:
    """Vegeta, built in a module of its own: `go install` asks for more than proxies hold."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs a Go toolchain to build vegeta")
    folder = Path(tempfile.mkdtemp(prefix="heapwise-vegeta-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "go.mod").write_text(f"module peer\n\ngo 1.22\n\nrequire {MODULE} {VERSION}\n")
    (folder / "peer.go").write_text(f'//go:build peer\n\npackage peer\n\nimport _ "{MODULE}"\n')
    built = subprocess.run(
        [go, "build", "-mod=mod", "-o", folder / "vegeta", MODULE],
        cwd=folder, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    if built.returncode:
        pytest.skip(f"cannot build vegeta: {built.stderr.strip()[-200:]}")
    return folder / "vegeta"


@dataclass(frozen=True)
class Attack:
    """What a tool said: its hits as vegeta's JSON has them, its messages, its exit code."""

    hits: list[dict[str, Any]]
    errors: str
    code: int

    @property
    def codes(self) -> set[int]:
        """The status codes that occur, 0 for a request that failed."""
        return {hit["code"] for hit in self.hits}


def vegetas(targets: str, *flags: str | Path) -> Attack:
    """Vegeta's attack."""
    done = _run([vegeta(), "attack", *BRIEF, *flags], targets.encode())
    encoded = _run([vegeta(), "encode", "-to=json"], done.stdout)
    return Attack(_hits(encoded.stdout), done.stderr.decode(), done.returncode)


def ours(targets: str, *flags: str | Path) -> Attack:
    """Ours, by the same flags."""
    done = _run([sys.executable, "-m", "heapwise", "attack", *BRIEF, *flags], targets.encode())
    errors = done.stderr.decode()
    assert "Traceback" not in errors, errors
    return Attack(_hits(done.stdout), errors, done.returncode)


TOOLS = (ours, vegetas)


def _run(command: list[Any], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(word) for word in command], input=stdin, capture_output=True, check=False, timeout=60
    )


def _hits(lines: bytes) -> list[dict[str, Any]]:
    """Hits, without the report that we print where they go into a file."""
    return [json.loads(line) for line in lines.splitlines() if line.startswith(b"{")]
