"""A real Go service in two builds, to be captured and compared; see tests/data/watchservice."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from heapwise.runtimes.fetch import Endpoint
from heapwise.runtimes.go.toolchain import find_go
from support.goservice import GoService

SOURCE = Path(__file__).parent.parent / "data" / "watchservice"


@cache
def binary(build: str, per_request: int) -> Path:
    """The executable of a build; made on the first call, deleted when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-watchservice-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    linked = f"-X main.build={build} -X main.perRequest={per_request}"
    find_go().build(SOURCE, folder / "watchservice", flags=("-ldflags", linked))
    return folder / "watchservice"


@contextmanager
def start(build: str = "v1", per_request: int = 20_000) -> Iterator[GoService]:
    """Start a build; it is killed at the end."""
    process = subprocess.Popen(
        [binary(build, per_request)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield GoService(Endpoint.parse(process.stdout.readline().split()[1]), process)
        finally:
            process.kill()


class Hands:
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        self.ns = 1_800_000_000 * 10**9

    def now_ns(self) -> int:
        return self.ns

    def forward(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        self.ns += round((60 * minutes + seconds) * 1e9)
