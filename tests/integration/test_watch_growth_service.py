"""A real Go service that grows in three ways: only the leak is borne out by its heap profiles."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heapwise.analysis.growth.evidence import Capture, Evidence, Says, weigh
from heapwise.formats import pprof
from heapwise.runtimes.go.toolchain import find_go
from heapwise.watch.capture.held import held_by_path

pytestmark = pytest.mark.go

SOURCE = Path(__file__).parent.parent / "data" / "watch" / "growth"
STEPS = 14


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service, built once."""
    built = tmp_path_factory.mktemp("growth") / "growth"
    find_go().build(SOURCE, built)
    return built


@contextmanager
def running(binary: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [binary], stdout=subprocess.PIPE, text=True, env={**os.environ, "GOMAXPROCS": "2"}
    )
    with process:
        try:
            assert process.stdout is not None
            yield f"http://{process.stdout.readline().split()[1]}"
        finally:
            process.kill()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return bytes(answer.read())


def evidence(binary: Path, kind: str) -> Evidence:
    """Of a profile after each step."""
    captures = []
    with running(binary) as address:
        for at in range(STEPS):
            floor = float(get(f"{address}/step?kind={kind}&at={at}"))
            profile = pprof.decode(get(f"{address}/debug/pprof/heap"))
            captures.append(Capture(float(at), floor, held_by_path(profile, "heap", "go"), 1.0))
    return weigh(captures)


def test_a_leak_is_borne_out_and_named(binary: Path) -> None:
    """A slice that only grows is lasting growth, and all of it."""
    found = evidence(binary, "leak")
    assert found.says is Says.LASTING
    assert "main.leak" in found.grows[0].path
    assert found.grows[0].share == pytest.approx(1, abs=0.3)


def test_a_cache_that_warms_up_is_not(binary: Path) -> None:
    """Keys at random fill a cache more and more slowly: its path is named, and it is ending."""
    found = evidence(binary, "cache")
    assert found.says is not Says.LASTING
    assert found.grown > 1, "it did grow"
    assert all("main.warm" in each.path for each in found.grows)


def test_what_is_loaded_once_is_not(binary: Path) -> None:
    """Sixty megabytes at once are no leak."""
    found = evidence(binary, "step")
    assert found.says is not Says.LASTING
    assert found.grown > 1, "it did grow"
