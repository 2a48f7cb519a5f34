"""How long the command line takes to say hello: the median of interleaved starts."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

ROUNDS = 10
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "heapwise --help": [str(Path(sys.executable).with_name("heapwise")), "--help"],
    "heapwise --version": [str(Path(sys.executable).with_name("heapwise")), "--version"],
}


def main() -> None:
    """Time every command in turn, ROUNDS times over."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append((time.perf_counter() - start) * 1e3)
    median = {name: statistics.median(values[1:]) for name, values in times.items()}
    method = f"median of {ROUNDS} whole processes, interleaved, after one warm-up"
    rows = [Row("python -c pass", median["python -c pass"], "ms", "", None, method)]
    rows += [
        Row(name, median[name], "ms", "< 100", median[name] < 100, method)
        for name in ("heapwise --help", "heapwise --version")
    ]
    ratio = median["heapwise --help"] / median["python -c pass"]
    rows.append(Row("help / bare interpreter", ratio, "x", "", None, method))
    report("cli", rows)


if __name__ == "__main__":
    main()
