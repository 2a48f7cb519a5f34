"""What always-on sampling costs, beside ddtrace, tracemalloc and memray, in CPU time.

Needs the group bench: ``uv sync --group bench`` (ddtrace is large).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

HERE = Path(__file__).parent
PAIRS = 30
WORKLOADS = ("asgi", "churn", "zlib", "numpy")
GOALS = {"asgi": 1.05, "churn": 1.05, "zlib": 1.03}
PEERS = {"ddtrace": PAIRS, "tracemalloc(1)": 6, "memray": 6}


def measure(tool: str, workload: str, pairs: int) -> dict[str, object]:
    """The ratios of one tool on one workload, from a process of its own.

    Raises:
        subprocess.CalledProcessError: the tool is not installed, or failed.
    """
    command = [sys.executable, str(HERE / "alternate.py"), tool, workload, str(pairs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def row(tool: str, workload: str, found: dict[str, object], goal: float | None) -> Row:
    """One line of the table: the median of the ratios, with its quartiles in the method."""
    ratios = [float(ratio) for ratio in found["ratios"]]  # type: ignore[attr-defined]
    median = statistics.median(ratios)
    low, _, high = statistics.quantiles(ratios, n=4)
    method = (
        f"CPU time with it / without any hook, median of {len(ratios)} pairs in one process "
        f"[{low:.3f} to {high:.3f}], {found['rejected']} pairs rejected for their page faults"
    )
    return Row(
        f"{tool}, {workload}", median, "x", f"<= {goal}" if goal else "",
        median <= goal if goal else None, method,
    )  # fmt: skip


def main() -> None:
    """Measure every tool on every workload, the null row first and last."""
    rows: list[Row] = []
    extra: dict[tuple[str, str], float] = {}
    for workload in WORKLOADS:
        null = row("null", workload, measure("null", workload, PAIRS), None)
        within = abs(null.value - 1) <= 0.01
        rows.append(Row(null.row, null.value, "x", "1 ± 0.01", within, null.method))
        ours = row("heapwise", workload, measure("heapwise", workload, PAIRS), GOALS.get(workload))
        rows.append(ours)
        extra["heapwise", workload] = ours.value - 1
        for peer, pairs in PEERS.items():
            try:
                found = row(peer, workload, measure(peer, workload, pairs), None)
            except subprocess.CalledProcessError as error:
                print(f"{peer} on {workload}: {error.stderr.strip().splitlines()[-1]}")
                continue
            rows.append(found)
            extra[peer, workload] = found.value - 1
    for peer, share in (("ddtrace", 1 / 2), ("tracemalloc(1)", 1 / 50)):
        for workload in ("asgi", "churn"):
            if (peer, workload) in extra:
                ratio = extra["heapwise", workload] / extra[peer, workload]
                rows.append(
                    Row(f"extra time / {peer}'s, {workload}", ratio, "x", f"<= {share}",
                        ratio <= share, "of the medians above")
                )  # fmt: skip
    report("agent", rows)


if __name__ == "__main__":
    main()
