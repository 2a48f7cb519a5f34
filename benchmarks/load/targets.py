"""What is fired at: a server that stamps arrivals by the kernel's clock, and one with TLS."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from heapwise.lab.ports import free_ports
from heapwise.model.profile import Int64s
from heapwise.runtimes.go.toolchain import find_go

HERE = Path(__file__).parent
CPU = max(os.sched_getaffinity(0))
"""The targets' processor; the generators get the first."""


class Stamping:
    """A server that knows when each request arrived."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}/"

    def arrivals(self) -> Int64s:
        """Kernel receive times since the last call, ns, in order."""
        assert self._process.stdout
        self._process.send_signal(signal.SIGUSR1)
        count = int.from_bytes(self._process.stdout.read(8), "little")
        return np.sort(np.frombuffer(self._process.stdout.read(8 * count), np.int64))


@contextmanager
def stamping_target(folder: Path) -> Iterator[Stamping]:
    """The server of target.c, built in ``folder``."""
    program = folder / "target"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "target.c"], check=True)
    (port,) = free_ports(1)
    with subprocess.Popen([program, str(port)], stdout=subprocess.PIPE) as process:
        os.sched_setaffinity(process.pid, {CPU})
        time.sleep(0.2)
        try:
            yield Stamping(process, port)
        finally:
            process.terminate()


@contextmanager
def tls_target(folder: Path) -> Iterator[str]:
    """The server of tls/main.go, built in ``folder``; its URL."""
    go = find_go()
    program = folder / "tls"
    go.build(HERE / "tls", program)
    command = ["taskset", "-c", str(CPU), program]
    # It tells of every handshake that a client gave up, and some give up thousands.
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        try:
            yield f"https://127.0.0.1:{port}/"
        finally:
            process.kill()


def deviation_us(arrivals: Int64s, rate: float) -> tuple[float, float]:
    """How far arrivals are from an even stream: p50 and p99 of the distance, us.

    The first half second is left out. Arrival i is held against slot i of the nominal rate; the
    origin is the 0.1th percentile of the differences, so that being late by a constant costs
    nothing.

    Args:
        arrivals: ns, in order.
        rate: per second.
    """
    settled = arrivals[int(rate / 2) :]
    if len(settled) < 100:
        return float("inf"), float("inf")
    late = settled - settled[0] - np.arange(len(settled)) * 1e9 / rate
    p50, p99 = np.percentile(np.abs(late - np.percentile(late, 0.1)), [50, 99]) / 1e3
    return float(p50), float(p99)
