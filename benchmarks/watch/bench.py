"""What `heapwise watch` promises, measured.

    python benchmarks/watch/bench.py              everything but the soak and the long leak
    python benchmarks/watch/bench.py --runs 400   more simulated weeks of each kind
    python benchmarks/watch/bench.py --soak 60    a watcher for an hour instead
    python benchmarks/watch/bench.py --leak 20    real services that leak for 20 minutes instead

Detectors and deploys are judged on simulated weeks, of two generators, with seeds that nothing was
chosen on; readers, the store and the watcher on the real thing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import crowd  # noqa: E402 - files beside us
import deploys  # noqa: E402
import leaking  # noqa: E402
import pauses  # noqa: E402
import scoreboard  # noqa: E402
import soak  # noqa: E402
import storing  # noqa: E402
from table import Row, report  # noqa: E402

SECONDS = 120.0
KILLS = 50


def main() -> None:
    """Measure, and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--runs", type=int, default=100, help="simulated weeks of each kind")
    arguments.add_argument("--soak", type=float, metavar="MINUTES", help="run the soak instead")
    arguments.add_argument("--leak", type=float, metavar="MINUTES", help="real leaks instead")
    asked = arguments.parse_args()
    if asked.soak:
        with tempfile.TemporaryDirectory() as folder:
            print(soak.soak(Path(folder), asked.soak))
        return
    if asked.leak:
        print(*leaking.leaking(asked.leak), sep="\n")
        return
    rows = [
        *crowded(),
        *killed(),
        *paused(),
        *storing.rows(240, 200),
        *deployed(),
        *scoreboard.figures(scoreboard.FRESH, asked.runs),
    ]
    report("watch", rows)


def crowded() -> Iterator[Row]:
    """A watcher of many."""
    with tempfile.TemporaryDirectory() as folder:
        took = crowd.crowd(Path(folder), SECONDS)
    method = f"{crowd.TARGETS} simulated targets, half metrics pages, every {crowd.INTERVAL_S} s"
    share = 100 * took.cpu
    yield Row("watcher: of a core", share, "%", "< 60", share < 60, f"{method}, {SECONDS:.0f} s")
    yield Row("watcher: resident", took.rss_mb, "MB", "< 500", took.rss_mb < 500, method)
    yield Row("watcher: targets without an answer", took.failed, "", "0", not took.failed, method)


def killed() -> Iterator[Row]:
    """Kills in a row."""
    with tempfile.TemporaryDirectory() as folder:
        found = crowd.kills(Path(folder), KILLS)
    method = f"kill -9 of a watcher of 50 targets at a random moment, {found.kills} times"
    whole = found.readable == found.kills
    yield Row("kills: store readable", found.readable, "", f"{KILLS}", whole, method)
    gap = found.longest_gap
    yield Row("kills: lost at most", gap, "interval", "<= 1", gap <= 1, "age of the newest reading")


def paused() -> Iterator[Row]:
    """Pauses: each way's distance from the truth, at the worst cell."""
    found = [each for seed in range(5) for each in pauses.estimates(seed)]
    method = "an hour at 0.5 to 300 collections a second, 2 % of them 20 ms long, 5 seeds; worst"
    worst = {
        name: 100 * max(abs(getattr(each, name) / each.truth - 1) for each in found)
        for name in ("histogram", "ring", "naive")
    }
    yield Row("pause p99 off: histogram", worst["histogram"], "%", "<= 12",
              worst["histogram"] <= 12, method)  # fmt: skip
    least = 100 * min(each.coverage for each in found)
    yield Row("pause p99 off: ring", worst["ring"], "%", "", None, f"seen: {least:.0f} % at least")
    yield Row("pause p99 off: one pause each 10 s", worst["naive"], "%", "", None, "the articles'")


def deployed() -> Iterator[Row]:
    """Equal builds, called worse."""
    share = 100 * deploys.any_age(seed=7, runs=100, instances=1)
    method = "100 simulated deploys of equal builds, one instance, at any of the ages"
    yield Row("deploys: equal builds called worse", share, "%", "<= 5", share <= 5, method)


if __name__ == "__main__":
    main()
