"""What keeping costs: a store of 500 targets, its sealed days, and questions over a million rows.

    python benchmarks/watch/storing.py [--intervals 480] [--profiles 500]

CPU seconds of one thread (`time.process_time`), wall time beside them where somebody waits. The
store is written 120 intervals of 15 s at a time, a bin every 20; profiles are heap profiles of 500
stacks with four sample types, ten an instance, that grow as a service does.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from heapwise.watch.config import Retention
from heapwise.watch.store import Store
from heapwise.watch.store.archive import seal_days
from heapwise.watch.store.query import answer, answer_sql, parse_question

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests")]

from table import Row  # noqa: E402 - a file beside us

from support.stores import (  # noqa: E402 - the tests'
    DAY,
    HOUR,
    SECOND,
    T0,
    five_minutes,
    heap,
    opened,
    target,
    vitals,
)

TARGETS = 500
INTERVAL_NS = 15 * SECOND
STACKS = 500


class Took:
    """Seconds of wall and of CPU."""

    wall = 0.0
    cpu = 0.0


@contextmanager
def timed() -> Iterator[Took]:
    """Time what is inside."""
    took = Took()
    wall, cpu = time.perf_counter(), time.process_time()
    yield took
    took.wall, took.cpu = time.perf_counter() - wall, time.process_time() - cpu


def rows(intervals: int, profiles: int) -> list[Row]:
    """Every figure."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "store"
        with opened(directory) as store:
            found = written(store, intervals)
            found += forgotten(store, intervals)
            found += archived(store, directory / "archive", profiles)
        return found


def written(store: Store, intervals: int) -> list[Row]:
    """A watcher's day, as fast as it goes."""
    walls, cpus = [], []
    for number in range(intervals):
        at_ns = T0 + number * INTERVAL_NS
        with timed() as took:
            for index in range(TARGETS):
                store.saw(target(index), vitals(at_ns, live=1e8 + number * index), "")
                if number % 20 == index % 20:
                    store.binned(target(index).key, five_minutes(at_ns))
        with timed() as commit:
            store.commit()
        walls.append(commit.wall)
        cpus.append(took.cpu + commit.cpu)
    size = store.health().size / (intervals * TARGETS)
    share = statistics.fmean(cpus) / 15 * 100
    method = f"{TARGETS} targets, {intervals} intervals; readings made, buffered and committed"
    return [
        Row("store: of a core at 500 targets", share, "%", "< 5", share < 5, method),
        Row("store: a commit, median", statistics.median(walls) * 1e3, "ms", "", None, method),
        Row("store: a commit, longest", max(walls) * 1e3, "ms", "", None, method),
        Row("store: a reading with its part of a bin", size, "B", "", None, "used pages"),
    ]


def forgotten(store: Store, intervals: int) -> list[Row]:
    """Half of it is too old: how long a step holds others up."""
    end_ns = T0 + intervals * INTERVAL_NS
    retention = Retention(vitals=intervals * INTERVAL_NS // 2, bins=DAY, profiles=DAY)
    walls = []
    for _ in range(200):
        with timed() as took:
            store.forget(retention, end_ns)
        walls.append(took.wall)
    left = len(store.vitals(target(0).key)) / intervals
    longest = max(walls) * 1e3
    method = f"200 steps; {left:.0%} of the readings are left"
    return [Row("store: forgetting, longest step", longest, "ms", "< 100", longest < 100, method)]


def archived(store: Store, archive: Path, profiles: int) -> list[Row]:
    """A day of profiles sealed, and asked before and after."""
    random = np.random.default_rng(0)
    instances = max(1, profiles // 10)
    for index in range(instances):
        grown = random.pareto(1.5, STACKS) * 1e5
        for number in range(profiles // instances):
            held = {
                f"main.main;net/http.serve;main.handle{stack % 50};main.step{stack % 7};f{stack}": (
                    int(grown[stack] * (number + 1) * random.uniform(0.9, 1.1)),
                    int(grown[stack] * random.uniform(0.05, 0.1)),
                )
                for stack in range(STACKS)
            }
            at_ns = T0 - DAY + number * HOUR + index
            store.profile(target(index).key, "heap", "later", at_ns, heap(held), "v1")
    text = "top alloc_space for service api last 2d"
    with timed() as unsealed:
        answer(store, archive, parse_question(text, T0 + 1))
    with timed() as sealing:
        (path,) = seal_days(store, archive, T0 + DAY)
    with timed() as sealed:
        answer(store, archive, parse_question(text, T0 + 1))
    (counted,) = answer_sql(store, archive, "SELECT count(*) FROM samples").rows
    count = int(counted[0] or 0)
    return [
        Row("archive: rows of the day", count, "", "", None, f"{profiles} profiles"),
        Row("archive: a row", path.stat().st_size / count, "B", "", None, "of the Parquet file"),
        Row("archive: sealing", sealing.cpu / count * 1e6, "µs/row", "", None, "CPU"),
        Row("query: sealed", sealed.wall, "s", "", None, f"{text}; {count:,} rows, wall"),
        Row("query: not sealed yet", unsealed.wall, "s", "", None, "the same, of profiles"),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--intervals", type=int, default=480)
    parser.add_argument("--profiles", type=int, default=500)
    given = parser.parse_args()
    for row in rows(given.intervals, given.profiles):
        goal = {True: "ok", False: "MISSED", None: ""}[row.ok]
        print(f"{row.row:<45} {row.value:>12,.3f} {row.unit:<7} {row.goal:<6} {goal}")


if __name__ == "__main__":
    main()
