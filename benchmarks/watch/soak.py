"""A watcher for an hour: whether it leaks, by its own detectors and by its resident memory.

Its hours are minutes, so that an hour of the soak is two and a half of its days.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from crowd import configured, simulated
from scipy.stats import theilslopes

from heapwise.watch.itself import SERVICE
from heapwise.watch.store import StoreView

TARGETS = 50


@dataclass(frozen=True)
class Soaked:
    """What became of it.

    Attributes:
        alerts: that it has told of itself, by code.
        rss_mb: at the end, MB.
        slope: of resident memory after the first third, with its 95 % interval, KiB a minute.
        descriptors: open at a third of the time, and at the end.
        threads: the same.
    """

    alerts: tuple[str, ...]
    rss_mb: float
    slope: tuple[float, float, float]
    descriptors: tuple[int, int]
    threads: tuple[int, int]


def soak(folder: Path, minutes: float) -> Soaked:
    """Watch simulated targets, one reading of each a second, for so long."""
    with simulated(TARGETS, "--factor", "60") as port:
        config = configured(folder, port, TARGETS, "1s")
        command = [sys.executable, "-m", "heapwise", "watch", str(config), "--hour", "1m", "-q"]
        watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            time.sleep(20 * minutes)
            third = _counts(watcher.pid)
            time.sleep(40 * minutes)
            end = _counts(watcher.pid)
        finally:
            watcher.send_signal(signal.SIGINT)
            watcher.wait(60)
    with StoreView.open(folder / "store") as view:
        key = next(s.target.key for s in view.states() if s.target.service == SERVICE)
        told = tuple(sorted({each.code for each in view.alerts() if each.service == SERVICE}))
        readings = [(each.at_ns / 60e9, each.rss or 0.0) for each in view.vitals(key, 0)]
    at, rss = np.array(readings).T
    settled = at > at[0] + (at[-1] - at[0]) / 3
    every = max(1, int(settled.sum()) // 1000)
    slope, _, low, high = theilslopes(rss[settled][::every] / 1024, at[settled][::every])
    return Soaked(
        told, float(rss[-1]) / 1e6, (float(slope), float(low), float(high)),
        (third[0], end[0]), (third[1], end[1]),
    )  # fmt: skip


def _counts(pid: int) -> tuple[int, int]:
    """Open descriptors and threads of a process."""
    process = Path(f"/proc/{pid}")
    return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))
