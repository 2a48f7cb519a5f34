"""Who fires: ourselves and the peers, each as the whole command a user would type."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from heapwise.runtimes.go.toolchain import find_go

CPU = min(os.sched_getaffinity(0))
"""The generators' processor."""

VEGETA = "github.com/tsenart/vegeta/v12"
VERSION = "v12.13.0"
CONNECTIONS = 50

SOCKETS = Path("/proc/net/sockstat")
MOST_WAITING = 5_000
"""Connections in TIME_WAIT, of some 28,000 that a client can have at a time."""

Fire = Callable[[str, float, float], float]
"""Sends to a URL at a rate (0: as fast as the connections allow) for some seconds; CPU seconds."""


def ours(url: str, rate: float, seconds: float, *flags: str) -> float:
    """`heapwise attack`, every hit recorded, a report at the end."""
    command = [
        str(Path(sys.executable).with_name("heapwise")), "attack", url, f"-rate={rate:g}",
        f"-duration={seconds:g}s", "-insecure", "--json", "-q", *flags,
    ]  # fmt: skip
    return _cpu([*command, *([f"-max-connections={CONNECTIONS}"] if not rate else [])])


def vegetas(url: str, rate: float, seconds: float, *flags: str) -> float:
    """`vegeta attack`, every hit recorded."""
    command = [
        str(vegeta()), "attack", f"-rate={rate:g}", f"-duration={seconds:g}s", "-insecure",
        f"-output={os.devnull}", *flags,
    ]  # fmt: skip
    if not rate:
        command.append(f"-max-workers={CONNECTIONS}")
    return _cpu(command, f"GET {url}\n".encode())


def wrks(url: str, _rate: float, seconds: float) -> float:
    """`wrk`, which is a closed loop and records nothing."""
    return _cpu(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", url])


@cache
def vegeta() -> Path:
    """The peer, built in a module of its own."""
    go = find_go()
    folder = Path(tempfile.mkdtemp(prefix="heapwise-vegeta-"))
    (folder / "go.mod").write_text(f"module peer\n\ngo 1.24\n\nrequire {VEGETA} {VERSION}\n")
    (folder / "peer.go").write_text(f'//go:build peer\n\npackage peer\n\nimport _ "{VEGETA}"\n')
    subprocess.run(
        [go.path, "build", "-mod=mod", "-o", folder / "vegeta", VEGETA],
        cwd=folder, env=go.env, check=True,
    )  # fmt: skip
    return folder / "vegeta"


def has_wrk() -> bool:
    """True once wrk is there; Debian has it, where we may install."""
    if not shutil.which("wrk") and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False)
    return shutil.which("wrk") is not None


def _let_ports_settle() -> None:
    """Wait until few ports are held by closed connections, or the next peer would find none."""
    for _ in range(90):
        line = next(
            each for each in SOCKETS.read_text().splitlines() if each.startswith("TCP:")
        ).split()
        if int(line[line.index("tw") + 1]) < MOST_WAITING:
            return
        time.sleep(1)


def _cpu(command: list[str], stdin: bytes = b"") -> float:
    _let_ports_settle()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["taskset", "-c", str(CPU), *command],
        input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr.decode()  # 4: latencies of a busy machine
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
