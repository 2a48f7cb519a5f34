"""What each step of the lab's loader is worth: rows a second, and memory at any number of rows.

    python benchmarks/labs/etl.py

Every variant runs as a whole process without the agent, starting and counting what it stored
included, against one PostgreSQL of ours; both share the machine, so that only ratios say
anything. Slow ones get fewer rows. What is recorded runs apart. It takes about three minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from recorded import recorded  # noqa: E402 - a file beside us
from table import Row, report  # noqa: E402 - the same

from heapwise.lab.components.base import provided  # noqa: E402 - after its neighbour
from heapwise.lab.inputs import input_of  # noqa: E402 - the same
from heapwise.lab.library import find_case  # noqa: E402 - the same
from heapwise.lab.spec import JobLab, PythonBuild  # noqa: E402 - the same

CASE = find_case("etl")
assert isinstance(CASE.lab, JobLab)
LAB = CASE.lab
MANY = 1_000_000
ROWS = {"before": 10_000, "one-transaction": 50_000, "streaming": 50_000}
ROWS |= {"executemany": 200_000, "lean": 200_000}
"""For those that get fewer than `MANY`."""

ROUNDS = {"before": 2, "after": 2, "parallel": 2}
"""For those that are compared; the others run once."""

FEW = 200_000
LISTED = (20_000, 100_000)
ARTICLE = 10_000_000
FOUND, SAVED = 5_000, 100_000
"""Rows of the runs that are recorded: to be diagnosed, and for a gain of a few bytes a row."""

MIB = 1 << 20


class Ran(NamedTuple):
    """One process.

    Attributes:
        rate: rows a second, from its start to its end.
        peak: resident set, bytes.
    """

    rate: float
    peak: int


class Loader:
    """Runs variants against a database; all must store the same, equally safe."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._stored: dict[int, set[str]] = {}

    def run(self, name: str, rows: int) -> Ran:
        """Load so many rows."""
        build = LAB.variants[name].build
        assert isinstance(build, PythonBuild)
        words = [sys.executable, "-B", str(CASE.directory / build.script)]
        words += ["--input", str(orders(rows)), "--database", self._database]
        start = time.perf_counter()
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            last = process.stdout.read().splitlines()[-1:]
            _, code, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(code)
        spent = time.perf_counter() - start
        told = json.loads(last[0]) if last else {}
        assert set(told["guard"].values()) == {1}, told
        stored = self._stored.setdefault(rows, set())
        stored.add(json.dumps(told["result"], sort_keys=True))
        assert len(stored) == 1, stored
        return Ran(rows / spent, used.ru_maxrss << 10)


def orders(rows: int) -> Path:
    """A file of so many."""
    return input_of(CASE, LAB, rows, announce=lambda text: print(text, file=sys.stderr))


def rates(loader: Loader) -> Iterator[Row]:
    """How many rows a second are stored."""
    runs: dict[str, list[float]] = {name: [] for name in LAB.ladder}
    for number in range(max(ROUNDS.values())):
        for name, each in runs.items():
            if number < ROUNDS.get(name, 1):
                each.append(loader.run(name, ROWS.get(name, MANY)).rate)
    rate = {name: median(each) for name, each in runs.items()}
    for name, value in rate.items():
        rows, rounds = ROWS.get(name, MANY), len(runs[name])
        how = f"median of {rounds} whole processes, {rows:,} rows, no agent"
        yield Row(f"load, {name}", value, "rows/s", "", None, how)
    how = "medians of two whole processes each, taking turns"
    gain = rate["after"] / rate["before"]
    yield Row("load, after / before", gain, "×", ">= 50", gain >= 50, how)
    more = rate["parallel"] / rate["after"]
    yield Row("load, parallel / after", more, "×", "< 1.5", more < 1.5, how)


def memory(loader: Loader) -> Iterator[Row]:
    """What is resident at its peak, for few rows and for many."""
    few, many = (loader.run("after", rows).peak for rows in (FEW, MANY))
    how = "one process each, ru_maxrss"
    yield Row(f"peak, after, {FEW:,} rows", few / MIB, "MiB", "", None, how)
    yield Row(f"peak, after, {MANY:,} rows", many / MIB, "MiB", "", None, how)
    flat = many / few
    yield Row("peak, after, many / few", flat, "×", "0.9 .. 1.1", 0.9 <= flat <= 1.1, how)
    fewer, more = (loader.run("one-transaction", rows).peak for rows in LISTED)
    each = (more - fewer) / (LISTED[1] - LISTED[0])
    yield Row("peak, rows in a list", each, "B/row", "", None, f"{how}, {LISTED} rows")
    whole = each * ARTICLE / (1 << 30)
    yield Row(f"the same at {ARTICLE:,} rows", whole, "GiB", "", None, "extrapolated")


def diagnosis() -> Iterator[Row]:
    """What is found, with its line, and what is not."""
    how = f"heapwise lab run, {FOUND:,} rows, one run each"
    before, after = (
        {finding["code"]: finding["place"] for finding in run["findings"]}
        for run in recorded(CASE.name, FOUND, "before", "after").values()
    )
    planted = {"HW906", "HW907"}
    named = planted <= set(list(before)[:3]) and all(before[code]["line"] for code in planted)
    yield Row("HW906, HW907 in the top 3 of before", float(named), "", "1", named, how)
    gone = planted.isdisjoint(after)
    yield Row("neither on after", float(gone), "", "1", gone, how)


def gain() -> Iterator[Row]:
    """Whether HW906 saves what it promised."""
    how = f"heapwise lab run, {SAVED:,} rows, one run each, exact totals"
    listed, streamed = recorded(CASE.name, SAVED, "one-transaction", "streaming").values()
    saved = listed["per_work"]["bytes"] - streamed["per_work"]["bytes"]
    (found,) = (each for each in listed["findings"] if each["code"] == "HW906")
    yield Row("HW906 saves", saved, "B/row", "", None, how)
    ratio = found["gain_bytes_per_work"] / saved
    fits = 0.7 <= ratio <= 1.3
    yield Row("HW906, promised / saved", ratio, "×", "0.7 .. 1.3", fits, how)


def main() -> None:
    """Print the table and keep it."""
    (HERE / "etl").mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        provided("postgres", Path(folder), require_real=True, announce=print) as running,
    ):
        loader = Loader(running.place)
        rows = [*rates(loader), *memory(loader)]
    report("labs/etl", [*rows, *diagnosis(), *gain()])


if __name__ == "__main__":
    main()
