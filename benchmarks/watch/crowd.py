"""A watcher of 500 targets: what it takes, and that kills cost it no more than an interval."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from heapwise.errors import RecordingError
from heapwise.watch.store import StoreView

HERE = Path(__file__).parent
TARGETS = 500
INTERVAL_S = 15


@dataclass(frozen=True)
class Took:
    """What a watcher took.

    Attributes:
        cpu: processors in use on average, once it was settled.
        rss_mb: at most, MB.
        readings: that are in its store.
        failed: targets that did not answer last.
    """

    cpu: float
    rss_mb: float
    readings: int
    failed: int


@contextmanager
def simulated(count: int, *flags: str) -> Iterator[int]:
    """Simulated targets in a process of their own; the port they are at."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "simulated.py"), str(count), *flags],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def configured(folder: Path, port: int, count: int, interval: str) -> Path:
    """A configuration for simulated targets: metrics pages and debug endpoints in turn."""
    pages = ("metrics", "debug/pprof")
    listed = [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"instance": f"t{at}", "__metrics_path__": f"/{at}/{pages[at % 2]}"},
        }
        for at in range(count)
    ]
    (folder / "targets.json").write_text(json.dumps(listed))
    config = folder / "watch.toml"
    config.write_text(
        f'[watch]\ninterval = "{interval}"\nstore = "store"\n'
        '[[service]]\nname = "simulated"\nfile_sd = ["targets.json"]\n'
    )
    return config


def crowd(folder: Path, seconds: float) -> Took:
    """Watch `TARGETS` for so long, after two intervals in which all are met."""
    with simulated(TARGETS) as port:
        watcher = _start(configured(folder, port, TARGETS, f"{INTERVAL_S}s"))
        try:
            time.sleep(2 * INTERVAL_S)
            before, began = _cpu_s(watcher.pid), time.monotonic()
            peak = 0.0
            while time.monotonic() < began + seconds:
                peak = max(peak, _rss_mb(watcher.pid))
                time.sleep(1)
            cpu = (_cpu_s(watcher.pid) - before) / (time.monotonic() - began)
        finally:
            watcher.send_signal(signal.SIGINT)
            watcher.wait(30)
    with StoreView.open(folder / "store") as view:
        states = view.states()
        readings = sum(len(view.vitals(state.target.key, 0)) for state in states)
    return Took(cpu, peak, readings, sum(bool(state.problem) for state in states))


@dataclass(frozen=True)
class Killed:
    """What became of the store of a watcher that was killed again and again.

    Attributes:
        kills: how many times.
        readable: times that the store could be read afterwards.
        longest_gap: between the kill and the newest reading of all, in intervals, at most.
    """

    kills: int
    readable: int
    longest_gap: float


def kills(folder: Path, times: int, interval_s: float = 2.0) -> Killed:
    """Start a watcher of 50 targets, kill it at a random moment, read its store; again and again.

    The gap is how old the newest reading in the store was when the process died.
    """
    chance = random.Random(1)  # noqa: S311 - no secret
    readable, longest = 0, 0.0
    with simulated(50) as port:
        config = configured(folder, port, 50, f"{interval_s}s")
        for _ in range(times):
            began_ns = time.time_ns()
            watcher = _start(config)
            while _newest_ns(folder / "store") < began_ns:
                time.sleep(0.1)
            time.sleep(chance.random() * 2 * interval_s)
            died_ns = time.time_ns()
            watcher.kill()
            watcher.wait()
            newest_ns = _newest_ns(folder / "store")
            readable += newest_ns > 0
            longest = max(longest, (died_ns - newest_ns) / 1e9 / interval_s)
    return Killed(times, readable, longest)


def _newest_ns(store: Path) -> int:
    """When the newest reading in a store was taken; 0 without any."""
    if not (store / "store.sqlite").exists():
        return 0
    try:
        with StoreView.open(store) as view:
            states = [state.vitals for state in view.states()]
    except RecordingError:  # it is just being made
        return 0
    return max((vitals.at_ns for vitals in states if vitals is not None), default=0)


def _start(config: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "heapwise", "watch", str(config), "-q"],
        stdout=subprocess.DEVNULL,
    )


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
