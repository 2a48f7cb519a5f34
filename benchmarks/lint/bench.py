"""How fast the rules read source: all of them over the standard library of Go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

from heapwise.diagnose.source.sweep import sweep
from heapwise.diagnose.source.tree import SourceTree
from heapwise.runtimes.go.toolchain import find_go

ROUNDS = 5
GOAL = 200_000


def main() -> None:
    """Whole runs of ``heapwise lint``, and what they read."""
    go = find_go()
    goroot = subprocess.run(
        [go.path, "env", "GOROOT"], env=go.env, capture_output=True, text=True, check=True
    ).stdout.strip()
    source = Path(goroot) / "src"
    lines = sum(file.data.count(b"\n") for file in SourceTree(source, "go").files())
    command = [str(Path(sys.executable).with_name("heapwise")), "lint", str(source), "-q"]
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        took.append(time.perf_counter() - start)
    speed = lines / median(took)
    method = (
        f"median of {ROUNDS} whole runs of heapwise lint over the standard library of"
        f" {go.version} without its tests and generated files, {os.cpu_count()} processes"
    )
    alone = lines / median(_alone(source) for _ in range(ROUNDS))
    one = f"the same in one process, without its start: median of {ROUNDS} times all rules"
    report(
        "lint",
        [
            Row("lines read", lines, "lines", "", None, method),
            Row("speed", speed, "lines/s", f">= {GOAL:,}", speed >= GOAL, method),
            Row("speed of one process", alone, "lines/s", "", None, one),
        ],
    )


def _alone(source: Path) -> float:
    """Seconds that all rules take in this process."""
    start = time.perf_counter()
    for _ in sweep(SourceTree(source, "go"), processes=1):
        pass
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
