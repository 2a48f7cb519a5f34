"""What each step of the lab's file search is worth, at full scale: time, traversal, garbage.

    python benchmarks/labs/search.py

Every variant runs as a whole process without the agent, taking turns, in warm caches; what is
compared are medians. The garbage is recorded, once each. It takes about two minutes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from recorded import recorded  # noqa: E402 - a file beside us
from table import Row, report  # noqa: E402 - the same

from heapwise.lab.inputs import input_of  # noqa: E402 - after its neighbour
from heapwise.lab.library import find_case  # noqa: E402 - the same
from heapwise.lab.spec import JobLab  # noqa: E402 - the same

CASE = find_case("search")
assert isinstance(CASE.lab, JobLab)
LAB = CASE.lab
SCALE = LAB.job.input.scale
ROUNDS = 3
RECORDED = 20_000
"""Files of the runs whose garbage is recorded."""

_WALK = """
import sys, time
from traversal import WALKS
start = time.perf_counter()
count = sum(1 for _ in WALKS[sys.argv[2]](sys.argv[1]))
print(count, time.perf_counter() - start)
"""


class Took(NamedTuple):
    """Seconds by the wall's clock, and of CPU of all processes."""

    wall: float
    cpu: float


def in_turns(tree: Path) -> dict[str, Took]:
    """The medians of every variant, without a first round; all must find the same."""
    took: dict[str, list[Took]] = {name: [] for name in LAB.ladder}
    results = set()
    for _ in range(ROUNDS + 1):
        for name, times in took.items():
            words = [str(CASE.directory / "search.py"), "--input", str(tree)]
            start, used = time.perf_counter(), cpu_of_children()
            done = run([*words, *LAB.variants[name].args])
            times.append(Took(time.perf_counter() - start, cpu_of_children() - used))
            results.add(json.dumps(json.loads(done)["result"], sort_keys=True))
    assert len(results) == 1, results
    return {
        name: Took(*(median(column) for column in zip(*times[1:], strict=True)))
        for name, times in took.items()
    }


def cpu_of_children() -> float:
    """Seconds of all that have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def walked(tree: Path) -> dict[str, list[float]]:
    """The seconds of finding the files alone, by either way; no start of a process in it."""
    took: dict[str, list[float]] = {"listed": [], "scanned": []}
    for _ in range(ROUNDS + 1):
        for name, seconds in took.items():
            count, said = run(["-c", _WALK, str(tree), name]).split()
            assert int(count) == SCALE
            seconds.append(float(said))
    return {name: seconds[1:] for name, seconds in took.items()}


def run(words: list[str]) -> str:
    """What a Python program of the lab prints."""
    environ = os.environ | {"PYTHONPATH": str(CASE.directory), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *words], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def times(tree: Path) -> Iterator[Row]:
    """How long it all takes."""
    took = in_turns(tree)
    how = f"median of {ROUNDS} whole processes each, taking turns, {SCALE:,} files, no agent"
    for name, each in took.items():
        yield Row(f"search, {name}", each.wall, "s", "", None, how)
        yield Row(f"search, {name}, CPU", each.cpu, "s", "", None, how)
    gain = took["before"].wall / took["after"].wall
    yield Row("search, before / after", gain, "×", ">= 4", gain >= 4, how)
    gain = took["before"].cpu / took["after"].cpu
    yield Row("search, before / after, CPU", gain, "×", "", None, how)
    # Not by the clock: on a machine that others use, two threads are given more of it than one.
    saved = took["before"].cpu / took["threads"].cpu
    yield Row("search, before / threads, CPU", saved, "×", "< 1.1", saved < 1.1, how)
    spread = took["after"].wall / took["processes"].wall
    yield Row("search, after / processes", spread, "×", "", None, how)
    walks = {name: median(seconds) for name, seconds in walked(tree).items()}
    how = f"median of {ROUNDS}, taking turns, within the process, {SCALE:,} files"
    for name, seconds in walks.items():
        yield Row(f"traversal, {name}", seconds, "s", "", None, how)
    gain = walks["listed"] / walks["scanned"]
    yield Row("traversal, listed / scanned", gain, "×", ">= 4", gain >= 4, how)


def garbage() -> Iterator[Row]:
    """What it allocates, and what the diagnosis promised."""
    reports = recorded(CASE.name, RECORDED, *LAB.rungs)
    how = f"heapwise lab run, {RECORDED:,} files, one run each"
    sizes = {
        name: next(each["value"] for each in found["metrics"] if each["metric"] == "bytes/work")
        for name, found in reports.items()
    }
    for name, size in sizes.items():
        yield Row(f"garbage, {name}", size / 1024, "KiB/file", "", None, how)
    first = reports["before"]["findings"][0]
    named = first["code"] == "HW905" and first["place"]["file"] == "searching.py"
    yield Row("HW905 first on before, with its line", float(named), "", "1", named, how)
    quiet = not reports["after"]["findings"]
    yield Row("no finding on after", float(quiet), "", "1", quiet, how)
    promised = reports["prefilter"]["findings"][0]["gain_bytes_per_work"]
    ratio = promised / (sizes["prefilter"] - sizes["one-buffer"])
    fits = 0.7 <= ratio <= 1.3
    yield Row("predicted gain / measured", ratio, "×", "0.7 .. 1.3", fits, how)


def main() -> None:
    """Print the table and keep it."""
    (HERE / "search").mkdir(exist_ok=True)
    tree = input_of(CASE, LAB, SCALE, announce=lambda text: print(text, file=sys.stderr))
    report("labs/search", [*times(tree), *garbage()])


if __name__ == "__main__":
    main()
