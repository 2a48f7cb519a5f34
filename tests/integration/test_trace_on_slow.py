"""After a slow request the flight recorder of a real Go service is fetched, rarely and bounded."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from heapwise.model.recording import Recording, Scope
from heapwise.record.capture.slow_hits import APART_NS, MOST
from heapwise.record.store import load
from support.goservice import build_and_start

pytestmark = pytest.mark.go

SLOW = "/sometimes?every=40&ms=60"
"""One request in forty waits for 60 ms, in a region of the trace."""


def run(origin: str, path: str, *args: str, cwd: Path) -> Recording:
    """Drive a path of the service while slow hits are looked for."""
    done = subprocess.run(
        [
            sys.executable, "-m", "heapwise", "run", origin + path, "-rate=200", "-duration=1s",
            "-warmup=0s", "-trace-on-slow=50ms", "--quiet", *args, "-o", "a.hw",
        ],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return load(cwd / "a.hw")


def test_the_trace_holds_the_slow_request_that_made_us_fetch_it(tmp_path: Path) -> None:
    """It was recorded before we asked: the region that took 60 ms lies in it, and so does the hit.

    A trace names the hit that it was fetched for, and lies on the clock of the hits.
    """
    with build_and_start("-flightrecorder") as service:
        recording = run(service.endpoint.origin, SLOW, cwd=tmp_path)
    first = recording.traces[0]
    assert first.capture.window == "load"
    assert first.capture.asked_ns == 0
    [slow] = [each for each in first.summary.regions if each.name == "slow"]
    assert slow.max_ns > 55_000_000
    hits = recording.hits
    latency = hits.done - hits.ready
    begin, end = first.offset_ns, first.offset_ns + first.summary.duration_ns
    inside = (hits.sent > begin) & (hits.done < end) & (latency > 50_000_000)
    assert np.any(inside), "no slow hit lies in the trace"
    told = float(first.capture.why.removeprefix("a hit of ").removesuffix(" ms"))
    assert np.any(np.abs(latency[inside] / 1e6 - told) < 1)


def test_however_many_are_slow_few_traces_are_fetched_and_apart(tmp_path: Path) -> None:
    """Every request is slow for three seconds: three traces at most, two seconds between them."""
    with build_and_start("-flightrecorder") as service:
        recording = run(
            service.endpoint.origin, "/slow?ms=60", "-duration=3500ms", "-rate=50", cwd=tmp_path
        )
    captures = [capture for capture in recording.captures if capture.kind == "trace"]
    assert 2 <= len(captures) <= MOST
    for earlier, later in pairwise(captures):
        assert later.began_ns - earlier.ended_ns >= APART_NS


def test_without_slow_requests_nothing_is_fetched(tmp_path: Path) -> None:
    """The recorder stays alone where nothing is wrong."""
    with build_and_start("-flightrecorder") as service:
        recording = run(service.endpoint.origin, "/work", "-trace-on-slow=2s", cwd=tmp_path)
    assert recording.captures == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "answered 404"),
        (("-flight-recorder=/work",), "no execution trace"),
        (("-flight-recorder=/debug/pprof/",), "web page"),
    ],
    ids=["none there", "something else", "a page"],
)
def test_a_recorder_that_cannot_be_had_is_told_once(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """One note with what to do, no figure spoilt, no file left."""
    with build_and_start() as service:
        recording = run(service.endpoint.origin, SLOW, *options, cwd=tmp_path)
    [problem] = [each for each in recording.problems if "trace" in each.what]
    assert problem.scope is Scope.NONE
    assert said in problem.what
    assert "docs/howto/trace-a-run.md" in problem.remedy
    assert recording.captures == ()
    assert list((tmp_path / "a.hw").glob("trace-*")) == []
