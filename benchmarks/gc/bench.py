"""Whether slow requests are blamed on the collector where it made them slow, and nowhere else.

    bench.py [FOLDER]

Services that are slow for a reason that is known (tests/data/tailservice) are recorded again and
again while their collectors run. A run is right where the slowest 1 % are blamed on the collector
exactly if the collector is what makes that service slow; where other programs have the machine, it
only must not be misled. HEAPWISE_RUNS is how many runs each case
gets, 20 by default. Recordings are kept in FOLDER, and those that are there are not made again.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests")]

from table import Row, report  # noqa: E402 - a file beside us

from heapwise.analysis.gcstats import inside  # noqa: E402 - after its neighbours
from heapwise.analysis.tail import attribute_tail  # noqa: E402 - the same
from heapwise.analysis.windows import settled  # noqa: E402 - the same
from heapwise.model.recording import Recording  # noqa: E402 - the same
from heapwise.record.store import load  # noqa: E402 - the same
from support.tail_simulation import (  # noqa: E402 - the tests'
    BEGIN,
    MS,
    S,
    hits,
    recorded,
    timeline,
)
from support.tailservice import (  # noqa: E402 - the same
    CASES,
    Case,
    attribute,
    clears_collector,
    crowded,
    names_collector,
    record,
)

RUNS = int(os.environ.get("HEAPWISE_RUNS", "20"))
LAB_SECONDS = 10
NEEDED = 0.95


def main() -> None:
    """Run everything."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        folder.mkdir(exist_ok=True)
        rows = [*matrix(folder), speed(), *lab(folder)]
    report("gc", rows)


@dataclass(frozen=True)
class Run:
    """One run of a case.

    Attributes:
        crowded: the machine was full, and others had half of it: no collector can be blamed then.
        right: the slowest 1 % are blamed on the collector exactly if it was the collector.
        misled: they are blamed on it though it was not, or it is cleared though it was.
        last_misled: the same of the slowest hit alone.
    """

    crowded: bool
    right: bool
    misled: bool
    last_misled: bool


def matrix(folder: Path) -> list[Row]:
    """One round after the other, all cases in each, so that a busy machine disturbs all alike."""
    found: dict[Case, list[Run]] = {case: [] for case in CASES}
    for number in range(RUNS):
        for case in CASES:
            path = folder / f"{case.runtime}-{case.mode}-{number}.hw"
            run, sentence = _run(case, load(path) if path.exists() else record(case, path))
            found[case].append(run)
            verdict = "right" if run.right else "MISLED" if run.misled else "undecided"
            where = "crowded" if run.crowded else ""
            print(f"{case.name:<16} {number:>3} {verdict:<9} {where:<7} {sentence}", flush=True)
    return [row for case, runs in found.items() for row in _rows(case, runs)]


def _run(case: Case, recording: Recording) -> tuple[Run, str]:
    groups = attribute(recording).groups
    truth = case.collector_is_to_blame
    misled = [
        clears_collector(group) if truth else names_collector(group)
        for group in (groups[0], groups[-1])
    ]
    right = names_collector(groups[0]) == truth
    return Run(crowded(recording), right, misled[0], misled[1]), groups[0].sentence


def _rows(case: Case, runs: list[Run]) -> Iterator[Row]:
    named = "GC blamed" if case.collector_is_to_blame else "GC not blamed"
    method = f"{case.long_enough:.0f} s at 500 requests/s each, service and load on one machine"
    calm = [run for run in runs if not run.crowded]
    if calm:
        right, needed = sum(run.right for run in calm), math.ceil(NEEDED * len(calm))
        goal, count = f">= {needed}", f"of {len(calm)}"
        yield Row(f"{case.name}: {named}", right, count, goal, right >= needed, method)
    if crowd := [run for run in runs if run.crowded]:
        misled = sum(run.misled for run in crowd)
        how = f"{method}; it was full, and other programs had half of it or more"
        row = f"{case.name}: misled, machine crowded"
        yield Row(row, misled, f"of {len(crowd)}", "", None, how)
    last = sum(run.last_misled for run in runs)
    yield Row(f"{case.name}: misled, slowest hit", last, f"of {len(runs)}", "", None, method)


def speed() -> Row:
    """The analysis of a minute at 1000 requests/s with 10,000 collections."""
    random = np.random.default_rng(1)
    intended = BEGIN + np.arange(60_000, dtype=np.int64) * MS
    done = intended + random.lognormal(np.log(2 * MS), 1.0, 60_000).astype(np.int64)
    starts = np.sort(random.integers(BEGIN, BEGIN + 60 * S, 10_000))
    marks = [(start, start + 2 * MS) for start in starts.tolist()]
    recording, known = recorded(hits(intended, done)), timeline(marks, end_ns=BEGIN + 61 * S)
    times = []
    for _ in range(3):
        start = time.process_time()
        attribute_tail(recording, known)
        times.append(time.process_time() - start)
    seconds = sorted(times)[1]
    method = "CPU for 60,000 hits, 10,000 cycles, 999 permutations, every cause; median of 3"
    return Row("attribution of a long run", seconds, "s", "< 1", seconds < 1, method)


def lab(folder: Path) -> list[Row]:
    """Cycles of the gctrace against the service's own count, in the lab of the headline bug."""
    output = folder / "lab"
    if not output.exists():
        command = [sys.executable, "-m", "heapwise", "lab", "run", "chi-compress", "--quiet"]
        options = ["-variant", "before", "-variant", "after", f"-duration={LAB_SECONDS}s"]
        # A lab that misses one of its expectations on a busy machine has recorded all the same.
        subprocess.run([*command, *options, "-o", str(output)], check=False)
    rows = []
    for variant in ("before", "after"):
        recording = load(output / f"{variant}.hw")
        spans = [
            (window.before.counters.num_gc, window.after.counters.num_gc)
            for window in settled(recording)
            if window.after is not None
        ]
        counted = sum(last - first for first, last in spans)
        seen = len(inside(recording.cycles, spans))
        method = f"chi-compress, 1000 requests/s for {LAB_SECONDS} s; NumGC grew by {counted:,}"
        rows.append(
            Row(
                f"lab {variant}: cycles missed",
                counted - seen,
                "cycles",
                "0",
                counted == seen,
                method,
            )
        )
    return rows


if __name__ == "__main__":
    main()
