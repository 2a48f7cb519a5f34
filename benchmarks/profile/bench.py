"""Showing and merging heaps of a large service, against ``go tool pprof`` on the same files.

Every figure is a whole process, from its start to its last byte of output. The two programs take
turns; what is compared are medians. pprof is built beforehand, which takes a minute the first time.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

ROUNDS = 5
COPIES, HEAPS, SMALLER = 30, 40, 12_000
HEAPWISE = str(Path(sys.executable).with_name("heapwise"))


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    mib: float


def main() -> None:
    """Make the files, run both programs over them in turn, and report."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        # In another process: what this one holds would count as its children's.
        with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:
            one, big, many = elsewhere.submit(files, place).result()
        # The cache of compiled modules is filled by the first round, which does not count.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(place / "pyc")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        pprof = built_pprof()
        out = str(place / "merged.pb.gz")
        commands = {
            "top of a 3 MB heap": ([HEAPWISE, "top", *one], [pprof, "-top", *one]),
            "top of a 76 MB heap": ([HEAPWISE, "top", *big], [pprof, "-top", *big]),
            "top of 40 heaps": ([HEAPWISE, "top", *many], [pprof, "-top", *many]),
            "40 heaps into a file": (
                [HEAPWISE, "merge", "--force", "-o", out, *many],
                [pprof, "-proto", "-output", out, *many],
            ),
        }
        costs = {name: measured(pair, environment) for name, pair in commands.items()}
    report("profile", [row for name, pair in costs.items() for row in rows(name, *pair)])


def rows(name: str, ours: Cost, theirs: Cost) -> list[Row]:
    """Seconds and memory of both programs, and how they compare."""
    method = (
        f"median of {ROUNDS} whole processes each, taking turns, after one round that does not "
        "count; memory is the peak resident set"
    )
    goals = {
        "top of a 3 MB heap": (0.15, 2.0, None),
        "top of a 76 MB heap": (None, 10.0, 3.5),
        "top of 40 heaps": (None, 5.0, None),
    }
    most, faster, smaller = goals.get(name, (None, None, None))

    def row(what: str, value: float, unit: str, least: float | None = None) -> Row:
        goal = f">= {least:g}" if least else ""
        return Row(f"{name}: {what}", value, unit, goal, value >= least if least else None, method)

    seconds = Row(
        f"{name}: heapwise", ours.seconds, "s", f"<= {most:g}" if most else "",
        ours.seconds <= most if most else None, method,
    )  # fmt: skip
    return [
        seconds,
        row("go tool pprof", theirs.seconds, "s"),
        row("times faster", theirs.seconds / ours.seconds, "x", faster),
        row("heapwise's memory", ours.mib, "MiB"),
        row("pprof's memory", theirs.mib, "MiB"),
        row("times smaller", theirs.mib / ours.mib, "x", smaller),
    ]


def measured(pair: tuple[list[str], list[str]], environment: dict[str, str]) -> tuple[Cost, Cost]:
    """The median costs of two commands that take turns."""
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(ROUNDS + 1):
        for command, found in zip(pair, costs, strict=True):
            found.append(cost_of(command, environment))
    ours, theirs = (
        Cost(*(statistics.median(column) for column in zip(*found[1:], strict=True)))
        for found in costs
    )
    return ours, theirs


def cost_of(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end."""
    start = time.perf_counter()
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command[:2]
    return Cost(seconds, usage.ru_maxrss / 1024)


def files(place: Path) -> tuple[list[str], list[str], list[str]]:
    """One heap, one that is copied with distinct labels, and many smaller ones."""
    from heaps import copied, heap  # noqa: PLC0415 - not in the process that measures

    from heapwise.formats.pprof import encode  # noqa: PLC0415 - the same

    whole = heap(1)
    made = {"one": whole, "big": copied(whole, COPIES)}
    made |= {f"many{number}": heap(100 + number, SMALLER) for number in range(HEAPS)}
    paths = {}
    for name, profile in made.items():
        paths[name] = str(place / f"{name}.pb.gz")
        Path(paths[name]).write_bytes(encode(profile))
    return [paths.pop("one")], [paths.pop("big")], list(paths.values())


def built_pprof() -> str:
    """The path of pprof's program: `go tool` alone would look at its sources every time."""
    local = Path(sys.executable).with_name("go")
    go = str(local) if local.exists() else shutil.which("go")
    assert go, "the peer of this benchmark needs Go: install it, or the extra [go]"
    subprocess.run([go, "tool", "pprof", "-h"], capture_output=True, check=False)
    shown = subprocess.run([go, "tool", "-n", "pprof"], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


if __name__ == "__main__":
    main()
