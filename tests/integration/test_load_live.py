"""``heapwise load`` with rates that change: by shape, from elsewhere, from the terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heapwise.formats.hits import read_hits
from heapwise.load.control import ask
from support.targets_server import TargetServer, target_server

HEAPWISE = [sys.executable, "-m", "heapwise"]


def heapwise(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*HEAPWISE, *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def report_of(text: str) -> dict[str, Any]:
    """The data of a --json report."""
    data: dict[str, Any] = json.loads(text)["data"]
    return data


@pytest.fixture(scope="module")
def server() -> Iterator[TargetServer]:
    """One that answers at once."""
    with target_server() as running:
        yield running


def test_a_shape_lasts_as_long_as_it_is(server: TargetServer) -> None:
    """Without -duration a ramp takes its own time; with one it goes on at its end, or is cut."""
    for duration, hits in (((), 50), (("-duration=1s",), 150), (("-duration=250ms",), 12)):
        done = heapwise("load", server.url, "-rate=ramp:0-200/500ms", *duration, "--json")
        assert report_of(done.stdout)["total"]["sent"] == hits, done.stderr


def test_a_loads_hits_are_replayed(server: TargetServer, tmp_path: Path) -> None:
    """What one load sent, another sends again at the same distances."""
    first, second = tmp_path / "first", tmp_path / "second"
    shape = "-rate=steps:100/200ms,20/200ms"
    assert heapwise("load", server.url, shape, "-o", first).returncode in (0, 4)
    again = heapwise("load", server.url, f"-rate=replay:{first}", "-o", second)
    assert again.returncode in (0, 4), again.stderr
    dues = []
    for path in (first, second):
        with path.open("rb") as lines:
            dues.append(np.sort(read_hits(lines)[0].intended))
    assert len(dues[0]) == 24
    assert np.diff(dues[0]).tolist() == np.diff(dues[1]).tolist()


def test_rate_0_is_a_closed_loop(server: TargetServer) -> None:
    """As with vegeta it needs a number of connections; and asks for no rate."""
    refused = heapwise("load", server.url, "-rate=0", "-duration=200ms")
    assert refused.returncode == 2
    assert "add -max-connections N" in refused.stderr
    for flag in ("-max-connections=2", "-max-workers=2"):
        done = heapwise("load", server.url, "-rate=0", "-duration=200ms", flag, "--json")
        total = report_of(done.stdout)["total"]
        assert total["asked_rate"] == 0
        assert total["sent"] == total["succeeded"] > 50


def test_bad_rates_are_one_line_and_exit_2(tmp_path: Path) -> None:
    """No traceback: what, why, what to do; a folder that is no recording is a recording's error."""
    unsorted = tmp_path / "unsorted"
    unsorted.write_text("2\n1\n")
    no_recording = heapwise("load", "http://localhost/", f"-rate=replay:{tmp_path}")
    assert (no_recording.returncode, "is not a recording" in no_recording.stderr) == (1, True)
    for rate, words in (
        ("square:5", "there is ramp, steps, sine, poisson and replay"),
        ("ramp:0-5/1x", "not a duration: '1x'"),
        (f"replay:{tmp_path / 'none'}", "cannot read"),
        (f"replay:{unsorted}", "unsorted:2: '1' is earlier than the line before it; sort the file"),
    ):
        done = heapwise("load", "http://localhost/", f"-rate={rate}")
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
        assert "Traceback" not in done.stderr


@contextmanager
def running(server: TargetServer, *arguments: str, **settings: Any) -> Iterator[Any]:
    """A load of a minute at 20/s that has begun to send; killed in the end."""
    before = server.stats().requests
    process = subprocess.Popen(
        [*HEAPWISE, "load", server.url, "-rate=20", "-duration=60s", "--json", *arguments],
        stdout=subprocess.PIPE, text=True, **settings,
    )  # fmt: skip
    with process:
        try:
            deadline = time.monotonic() + 30
            while server.stats().requests < before + 2:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


def test_a_running_load_is_told_another_rate(server: TargetServer, tmp_path: Path) -> None:
    """From another process it is asked, changed and stopped; the report tells when."""
    path = tmp_path / "control"
    with running(server, f"--control={path}", stdin=subprocess.DEVNULL) as process:
        told = heapwise("rate", path)
        assert (told.returncode, "of 60.0 s, 20/s, " in told.stdout) == (0, True), told.stderr
        assert heapwise("rate", path, "500/s").stdout == "500/s from now on\n"
        before = server.stats().requests
        while server.stats().requests < before + 200:
            time.sleep(0.05)
        wrong = heapwise("rate", path, "fast")
        assert (wrong.returncode, "not a rate: 'fast'" in wrong.stderr) == (1, True)
        assert ask(path, "stop") == "ok stopping"
        out, _ = process.communicate(timeout=30)
    assert process.returncode in (0, 4)
    report = report_of(out)
    (change,) = report["changes"]
    assert change["rate"] == 500
    assert 200 < report["total"]["sent"] == report["total"]["scheduled"] < 20_000
    assert not path.exists()
    gone = heapwise("rate", path)
    assert (gone.returncode, "no load listens at" in gone.stderr) == (2, True)


def test_a_rate_is_typed_while_it_runs(server: TargetServer) -> None:
    """On a terminal a number and Enter changes the rate, and is answered on it."""
    keyboard, terminal = pty.openpty()
    try:
        with running(
            server, stdin=terminal, stderr=terminal, preexec_fn=lambda: _take(terminal)
        ) as process:
            os.write(keyboard, b"400\n")
            before = server.stats().requests
            while server.stats().requests < before + 100:
                time.sleep(0.05)
            os.write(keyboard, b"stop\n")
            out, _ = process.communicate(timeout=30)
        os.close(terminal)
        terminal = -1
        shown = b""
        with suppress(OSError):
            while chunk := os.read(keyboard, 65536):
                shown += chunk
    finally:
        os.close(keyboard)
        if terminal >= 0:
            os.close(terminal)
    assert [change["rate"] for change in report_of(out)["changes"]] == [400]
    assert b"ok 400/s from now on" in shown


def _take(terminal: int) -> None:
    """Make a terminal the process's own, as a shell does."""
    os.setsid()
    os.close(os.open(os.ttyname(terminal), os.O_RDWR))
