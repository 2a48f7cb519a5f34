"""Captures of a real Python service with the agent in it: a CPU profile, and no trace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapwise.model.recording import Recording, Scope
from heapwise.record.store import load
from support.pyservice import PyService, start_service


@pytest.fixture(scope="module")
def service() -> Iterator[PyService]:
    with start_service() as running:
        yield running


def run(service: PyService, *args: str, cwd: Path) -> Recording:
    """Drive the service and read the recording."""
    done = subprocess.run(
        [
            sys.executable, "-m", "heapwise", "run", f"{service.url}/compressing", "-rate=100",
            "-duration=1s", "-warmup=0s", "-service", service.endpoint.origin, "--quiet", *args,
            "-o", "a.hw",
        ],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return load(cwd / "a.hw")


def test_the_agents_cpu_profile_is_kept_and_names_python_frames(
    service: PyService, tmp_path: Path
) -> None:
    """The same protocol and the same place as for Go; the server under load is in it."""
    recording = run(service, "-cpu", cwd=tmp_path)
    [capture] = recording.captures
    assert (capture.kind, capture.window) == ("cpu", "load")
    profile = recording.profiles[capture.file]
    assert [each.type for each in profile.sample_types] == ["samples", "cpu"]
    assert profile.values[:, 1].sum() > 0
    assert any(b"uvicorn" in name for name in profile.strings)
    assert all("CPU" not in problem.what for problem in recording.problems)


def test_a_python_service_has_no_trace_and_the_run_says_so_once(
    service: PyService, tmp_path: Path
) -> None:
    """One clear line; no load is made for a trace that cannot be."""
    recording = run(service, "-trace=5s", "-trace-on-slow=1ms", cwd=tmp_path)
    [problem] = [each for each in recording.problems if "trace" in each.what]
    assert problem.scope is Scope.NONE
    assert problem.what == "no execution trace: a python service has none"
    assert recording.captures == ()
    assert max(recording.hits.intended) - min(recording.hits.intended) < 1_100_000_000
