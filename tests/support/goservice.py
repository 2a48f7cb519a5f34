"""A real Go service for tests: `build_and_start` builds it once and starts it on a free port."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.go.toolchain import find_go

SOURCE = Path(__file__).parent.parent / "data" / "goservice"


@dataclass(frozen=True)
class GoService:
    """A running service; its flags are listed in tests/data/goservice/main.go."""

    endpoint: Endpoint
    process: subprocess.Popen[str]

    @property
    def pid(self) -> int:
        return self.process.pid

    def call(self, path: str) -> bytes:
        """GET a path of the service itself: ``/work``, ``/counters``, ``/gc``, ``/quit``."""
        return get(self.endpoint, path).body

    def counters(self) -> dict[str, int]:
        """What the service counts by itself, without the debug endpoint."""
        names = ("total_alloc", "mallocs", "num_gc", "goroutines", "requests")
        return dict(zip(names, map(int, self.call("/counters").split()), strict=True))


@cache
def binary() -> Path:
    """The built service; built on the first call, deleted when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-goservice-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    find_go().build(SOURCE, folder / "goservice")
    return folder / "goservice"


@contextmanager
def build_and_start(*flags: str, env: Mapping[str, str] | None = None) -> Iterator[GoService]:
    """Start the service with the given flags; it is killed at the end."""
    process = subprocess.Popen(
        [binary(), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[1]
            unix = "unix:" if address.startswith("/") else ""
            yield GoService(Endpoint.parse(unix + address), process)
        finally:
            process.kill()
