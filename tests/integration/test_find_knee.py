"""``heapwise load --find-knee`` on a real service whose knee is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from support.goservice import build_and_start
from support.rude_servers import reset, rude_server
from support.targets_server import target_server

CAPACITY = 500
"""What a service that sleeps 2 ms for each request, one at a time, never exceeds."""

MOST = 1.05 * CAPACITY
"""What may hold all the same: in a step of 2 s the queue must not come to more than 60 ms."""


def search(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a search to its end."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", "load", "--find-knee", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip


def knee_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The data of a --json report."""
    report = json.loads(done.stdout)
    assert report["kind"] == "knee"
    data: dict[str, Any] = report["data"]
    return data


@pytest.mark.go
@pytest.mark.load
@pytest.mark.skipif(os.environ.get("HEAPWISE_FULL") != "1", reason="takes 40 s: make test-long")
def test_the_knee_of_a_service_lies_below_its_capacity() -> None:
    """A queue in front of a 2 ms service holds below 500/s, and above it never."""
    with build_and_start() as service:
        url = f"http://{service.endpoint.host}:{service.endpoint.port}/queue"
        done = search(url, "-rate=225", "--knee-p99=60ms", "-duration=1s", "--json")
    knee = knee_of(done)
    assert knee["steps"][0]["rate"] == 225
    for step in knee["steps"]:
        assert step["broke"] or step["generator"] or step["rate"] <= MOST, step
    assert knee["low"] is None or knee["low"] <= MOST
    assert knee["ended"] in ("found", "generator")  # the second where neighbours are too loud
    assert done.returncode == (0 if knee["ended"] == "found" else 4)
    if knee["ended"] == "found":
        assert 225 < knee["high"] <= 2 * CAPACITY


@pytest.mark.go
@pytest.mark.load
def test_a_rate_beyond_capacity_is_given_up_early() -> None:
    """Where not even the lowest rate holds, that takes seconds, not a minute; exit code 1."""
    began = time.monotonic()
    with build_and_start() as service:
        url = f"http://{service.endpoint.host}:{service.endpoint.port}/queue"
        done = search(url, "-rate=2500", "-duration=60s")
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "below the lowest rate, which did not hold: start lower, with -rate" in done.stdout
    assert time.monotonic() - began < 60


def test_errors_are_no_knee() -> None:
    """A service that answers nothing has no rate that held."""
    with rude_server(reset) as url:
        done = search(url, "-rate=500", "-duration=100ms", "--json")
    assert done.returncode == 1
    knee = knee_of(done)
    assert (knee["ended"], knee["low"], knee["high"]) == ("no rate held", None, None)
    assert knee["steps"][0]["broke"] == "errors"


def test_what_does_not_go_together_is_refused() -> None:
    """The search chooses the rates, and keeps no hits."""
    with target_server() as server:
        for arguments, words in (
            (("-rate=ramp:1-2/1s",), "--find-knee chooses the rates itself"),
            (("-rate=0", "-max-connections=1"), "--find-knee chooses the rates itself"),
            (("-output=hits",), "--find-knee keeps no hits"),
            (("--control=socket",), "--find-knee keeps no hits, and chooses rates"),
        ):
            done = search(server.url, *arguments)
            assert (done.returncode, words in done.stderr) == (2, True), done.stderr
        assert server.stats().requests == 0
