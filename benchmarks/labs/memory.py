"""Who survives 256 MiB in the lab's small service, at full scale, and what that costs.

    python benchmarks/labs/memory.py

Every variant runs once within the limit, without the agent; the kernel's own count of kills is the
oracle. Then each way to read an export, and each way to keep pages, without a limit, for its
peak. It takes about two minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from table import Row, report  # noqa: E402 - a file beside us

from heapwise.lab.components.limit import limited  # noqa: E402 - after its neighbour
from heapwise.lab.inputs import input_of  # noqa: E402 - the same
from heapwise.lab.library import find_case  # noqa: E402 - the same
from heapwise.lab.spec import Exit, JobLab  # noqa: E402 - the same

CASE = find_case("memory")
assert isinstance(CASE.lab, JobLab)
LAB = CASE.lab
SCALE, LIMIT = LAB.job.input.scale, LAB.job.limit_bytes
HEADROOM = 0.2
MIB = 1 << 20

_READ = """
import sys, time
from pathlib import Path
from scoring import CHOICES
start = time.perf_counter()
CHOICES[sys.argv[2]](Path(sys.argv[1], "export-2"))
took = time.perf_counter() - start
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak) << 10, took)
"""


class Served(NamedTuple):
    """How a variant ended within the limit.

    Attributes:
        kills: by the kernel.
        peak: bytes, pages of files included.
        said: its last line; None for one that was killed.
    """

    kills: int
    peak: int
    seconds: float
    said: dict[str, Any] | None
    way: str


def served(folder: Path, name: str) -> Served:
    """Run a variant within the limit."""
    words = [str(CASE.directory / "page_service.py"), "--input", str(folder)]
    with limited([sys.executable, *words, *LAB.variants[name].args], LIMIT) as limit:
        start = time.perf_counter()
        done = run(limit.command)
        took = time.perf_counter() - start
        if limit.kills is None or limit.peak is None:
            raise SystemExit(f"{limit.way} counts neither kills nor memory: run it as root")
        said = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
        return Served(limit.kills, limit.peak, took, said, str(limit.way))


def run(words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run a program of the lab to its end."""
    environ = os.environ | {"PYTHONPATH": str(CASE.directory), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def survivors(folder: Path) -> Iterator[Row]:
    """Who ends by itself, with what is free, what it took and how many hits were left."""
    runs = {name: served(folder, name) for name in LAB.ladder}
    how = f"one run each within {LIMIT // MIB} MiB ({runs['after'].way}), no agent"
    for name, each in runs.items():
        killed = LAB.variants[name].expect.exit is Exit.KILLED
        ok = (each.kills > 0) == killed == (each.said is None)
        yield Row(f"oom_kill, {name}", each.kills, "", ">= 1" if killed else "0", ok, how)
    free = 1 - runs["after"].peak / LIMIT
    yield Row("memory free, after", free * 100, "%", ">= 20", free >= HEADROOM, how)
    alive = {name: (each, each.said) for name, each in runs.items() if each.said is not None}
    for name, (each, said) in alive.items():
        yield Row(f"peak, {name}", each.peak / MIB, "MiB", "", None, how)
        yield Row(f"time, {name}", each.seconds, "s", "", None, how)
        yield Row(f"hit ratio, {name}", said["guard"]["hit_ratio"], "", "", None, how)
    same = len({json.dumps(said["result"], sort_keys=True) for _, said in alive.values()}) == 1
    yield Row("all survivors answer alike", float(same), "", "1", same, how)


def unlimited(folder: Path) -> Iterator[Row]:
    """What one export takes to read, and what a cache of everything would be worth."""
    how = f"one process each without a limit, an export of {SCALE // 3:,} records"
    for name in ("whole-file", "thin", "streamed", "by-line"):
        done = run((sys.executable, "-c", _READ, str(folder), name))
        peak, took = done.stdout.split()
        yield Row(f"one export, {name}, peak", int(peak) / MIB, "MiB", "", None, how)
        yield Row(f"one export, {name}, time", float(took), "s", "", None, how)
    words = (
        str(CASE.directory / "page_service.py"),
        "--input",
        str(folder),
        "--records",
        "by-line",
    )
    said = json.loads(run((sys.executable, *words)).stdout.splitlines()[-1])
    how = "the service without a limit"
    yield Row("hit ratio, every page kept", said["guard"]["hit_ratio"], "", "", None, how)


def main() -> None:
    """Print the table and keep it."""
    (HERE / "memory").mkdir(exist_ok=True)
    folder = input_of(CASE, LAB, SCALE, announce=lambda text: print(text, file=sys.stderr))
    report("labs/memory", [*survivors(folder), *unlimited(folder)])


if __name__ == "__main__":
    main()
