"""A server of Go's that says which protocol each request came by, and on which connection."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from heapwise.runtimes.go.toolchain import find_go
from support.certificates import Certificates

DATA = Path(__file__).parent.parent / "data"


@dataclass
class Protocols:
    """The server's end: its place, and what came."""

    place: str
    lines: list[dict[str, Any]] = field(default_factory=list)

    def take(self) -> list[dict[str, Any]]:
        """The requests that were answered so far, and forget them."""
        seen, self.lines = self.lines, []
        return seen


@cache
def _binary(name: str) -> Path:
    """A server of tests/data, built from a copy: what it needs is fetched into that."""
    folder = Path(tempfile.mkdtemp(prefix=f"heapwise-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = shutil.copytree(DATA / name, folder / "source")
    built = subprocess.run(
        [find_go().path, "build", "-mod=mod", "-o", folder / name, "."],
        cwd=source, env=find_go().env, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    if built.returncode:
        pytest.skip(f"cannot build {name}: {built.stderr.strip()[-200:]}")
    return folder / name


@contextmanager
def protocols(
    tls: Certificates | None = None, *, delay: str = "0s", server: str = "witness"
) -> Iterator[Protocols]:
    """Run one.

    Args:
        tls: to speak TLS by.
        delay: before each answer.
        server: of tests/data: ``witness`` speaks HTTP/1.1 and 2, ``http3`` HTTP/3.
    """
    flags = ["-cert", str(tls.certificate), "-key", str(tls.key)] if tls else []
    with subprocess.Popen(
        [_binary(server), "-delay", delay, *flags],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        seen = Protocols(process.stdout.readline().strip())
        reader = threading.Thread(target=_read, args=(process.stdout, seen), daemon=True)
        reader.start()
        try:
            yield seen
        finally:
            process.kill()
            reader.join(10)


def _read(lines: Any, seen: Protocols) -> None:
    for line in lines:
        seen.lines.append(json.loads(line))
