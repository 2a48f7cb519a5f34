"""Showing and merging heaps of a large service, against ``go tool pprof`` on the same files.

Every figure is a whole process, from its start to its last byte of output. The two programs take
turns; what is compared are medians. pprof is built beforehand, which takes a minute the first time.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from peer import Cost, built_go_tool, method, taking_turns
from table import Row, report

ROUNDS = 5
COPIES, HEAPS, SMALLER = 30, 40, 12_000
HEAPWISE = str(Path(sys.executable).with_name("heapwise"))


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
        pprof = built_go_tool("pprof")
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
        costs = {name: taking_turns(pair, ROUNDS, environment) for name, pair in commands.items()}
    report("profile", [row for name, pair in costs.items() for row in rows(name, *pair)])


def rows(name: str, ours: Cost, theirs: Cost) -> list[Row]:
    """Seconds and memory of both programs, and how they compare."""
    how = method(ROUNDS)
    goals = {
        "top of a 3 MB heap": (0.15, 2.0, None),
        "top of a 76 MB heap": (None, 10.0, 3.5),
        "top of 40 heaps": (None, 5.0, None),
    }
    most, faster, smaller = goals.get(name, (None, None, None))

    def row(what: str, value: float, unit: str, least: float | None = None) -> Row:
        goal = f">= {least:g}" if least else ""
        return Row(f"{name}: {what}", value, unit, goal, value >= least if least else None, how)

    seconds = Row(
        f"{name}: heapwise", ours.seconds, "s", f"<= {most:g}" if most else "",
        ours.seconds <= most if most else None, how,
    )  # fmt: skip
    return [
        seconds,
        row("go tool pprof", theirs.seconds, "s"),
        row("times faster", theirs.seconds / ours.seconds, "x", faster),
        row("heapwise's memory", ours.mib, "MiB"),
        row("pprof's memory", theirs.mib, "MiB"),
        row("times smaller", theirs.mib / ours.mib, "x", smaller),
    ]


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


if __name__ == "__main__":
    main()
