"""Reading the execution trace of a sick service, against ``go tool trace -d=parsed``.

The service is the lab chi-compress before its repair, under 1000 requests a second; its background
sweeper alone fills most of the trace. Every figure is a whole process, from its start to its last
byte of output. The two programs take turns; what is compared are medians. Go's tool is built
beforehand, which takes a minute the first time.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parents[1]))

from peer import Cost, built_go_tool, method, taking_turns
from table import Row, report

from heapwise.lab.library import find_case
from heapwise.lab.ports import free_ports
from heapwise.lab.prepare import prepare

ROUNDS = 3
RATE, SECONDS = 1000, 15
MB = 1e6
# On a machine that is busy otherwise the service gets less done, and its trace is no use.
LEAST_MB, ATTEMPTS = 20, 4
HERE = Path(__file__).parent
HEAPWISE = str(Path(sys.executable).with_name("heapwise"))


def main() -> None:
    """Take a trace, read it with both programs in turn, and report."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "service.trace"
        for _ in range(ATTEMPTS):
            take(trace)
            if trace.stat().st_size >= LEAST_MB * MB:
                break
        size = trace.stat().st_size / MB
        ours = [sys.executable, str(HERE / "read.py"), str(trace)]
        theirs = [built_go_tool("trace"), "-d=parsed", str(trace)]
        events, collections = map(int, subprocess.check_output(ours, text=True).split())
        costs = taking_turns((ours, theirs), ROUNDS)
    report("trace", list(rows(size, events, collections, *costs)))


def rows(size: float, events: int, collections: int, ours: Cost, theirs: Cost) -> Iterator[Row]:
    """What was read, and what it cost both programs."""
    taken = f"{SECONDS} s of the lab chi-compress, variant before, at {RATE} requests a second"
    yield Row("the trace", size, "MB", "", None, taken)
    yield Row("its events", events, "", "", None, taken)
    yield Row("collections in it", collections, "", "", None, taken)
    speed, how = size / ours.seconds, method(ROUNDS)
    yield Row("heapwise reads", speed, "MB/s", ">= 5", speed >= 5, how)
    yield Row("heapwise's memory", ours.mib, "MiB", "<= 200", ours.mib <= 200, how)
    yield Row("go tool trace -d=parsed reads", size / theirs.seconds, "MB/s", "", None, how)
    yield Row("its memory", theirs.mib, "MiB", "", None, how)
    faster = theirs.seconds / ours.seconds
    yield Row("times faster", faster, "x", ">= 2", faster >= 2, how)


def take(trace: Path) -> None:
    """Fetch a trace of the sick service while it is under load."""
    case = find_case("chi-compress")
    (start,) = prepare(case, ["before"], announce=print).starts.values()
    (port,) = free_ports(1)
    spec = case.lab.load
    verb, _, path = spec.target.partition(" ")
    target = f"{verb} http://127.0.0.1:{port}{path}"
    headers = [word for header in spec.headers for word in ("-H", header)]
    load = [HEAPWISE, "load", target, "-r", str(RATE), "-d", f"{SECONDS + 3}s", *headers]
    load += ["--body", str(case.directory / spec.body), "--json"]
    with running([*start, "-addr", f"127.0.0.1:{port}"]), running(load):
        time.sleep(1.5)  # both are up
        url = f"http://127.0.0.1:{port}/debug/pprof/trace?seconds={SECONDS}"
        with urlopen(url, timeout=SECONDS + 60) as answer, trace.open("wb") as file:
            shutil.copyfileobj(answer, file)


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """A program that is ended with what needs it."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.kill()


if __name__ == "__main__":
    main()
