"""Instructions that the hooks add, counted by callgrind: repeatable where time is not.

    instructions.py [--python PYTHON] [--record] [WORKLOAD...]

An iteration costs (Ir(120) - Ir(20)) / 100, so what starting and importing cost falls out. The
sampler runs at 512 KiB with everything on; the ratio is taken to a run without any hook. The
thresholds are recorded for each interpreter build in instructions.json; ``--record`` writes them,
half a per cent above what was measured, at most the goal. A build that is not in there has the
goals for its limits.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
RECORDED = HERE / "instructions.json"
GATED = ("churn", "bare_asgi")
FEW, MANY = 20, 120
HEADROOM = 0.005
GOALS = "any"
"""The key of the limits that hold for every other build."""

# What the interpreter under test runs. The core is loaded by itself: importing the whole agent is
# not what is measured, nor are collections, which come at other moments when more was imported.
SCRIPT = """
import gc, sys
name, iterations, interval, folders = sys.argv[1:]
sys.path += folders.split(":")
import _core
from workloads import WORKLOADS
work = WORKLOADS[name]()
if interval != "none":
    _core.install(int(interval))
    _core.seed(1)
gc.disable()
for _ in range(int(iterations)): work()
"""


def count(python: str, path: str, workload: str, iterations: int, mode: str) -> int:
    """Instructions of one process.

    Raises:
        subprocess.CalledProcessError: valgrind or the program failed.
    """
    program = [python, "-s", "-c", SCRIPT, workload, str(iterations), mode, path]
    with tempfile.NamedTemporaryFile(suffix=".callgrind") as out:
        counter = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        subprocess.run([*counter, *program], env=_environment(), check=True, capture_output=True)
        for line in Path(out.name).read_text("ascii", "replace").splitlines():
            if line.startswith(("totals:", "summary:")):
                return int(line.split()[1])
    raise RuntimeError("callgrind wrote no total")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONHASHSEED": "0"}


def per_iteration(python: str, path: str, workload: str, mode: str) -> float:
    """Instructions of one iteration."""
    many = count(python, path, workload, MANY, mode)
    return (many - count(python, path, workload, FEW, mode)) / (MANY - FEW)


def ratio(python: str, core: str, workload: str) -> float:
    """Instructions with the sampler relative to none."""
    path = f"{core}:{HERE}"
    # Once without counting: a first run also compiles what it imports.
    words = [python, "-s", "-c", SCRIPT, workload, "1", "none", path]
    subprocess.run(words, env=_environment(), check=True)
    return per_iteration(python, path, workload, str(512 << 10)) / per_iteration(
        python, path, workload, "none"
    )


def build(python: str) -> str:
    """The interpreter's version and compiler: instructions depend on both."""
    words = "import platform as p; print(p.python_version(), p.python_compiler(), p.machine())"
    done = subprocess.run([python, "-c", words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def recorded(python: str) -> bool:
    """Whether there are thresholds for this very build; another one has other instructions."""
    return build(python) in _recorded()


def limit(python: str, workload: str) -> float:
    """The ratio that this build must not exceed."""
    known = _recorded()
    return known.get(build(python), {}).get(workload) or known[GOALS][workload]


def _recorded() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(RECORDED.read_text("utf-8"))
    return found


def _record(python: str, workload: str, found: float) -> None:
    known = _recorded()
    allowed = min(round(found + HEADROOM, 3), known[GOALS][workload])
    known.setdefault(build(python), {})[workload] = allowed
    RECORDED.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


def main() -> int:
    """Print the ratios; 1 if one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument(
        "--core",
        help="the folder with the extension",
        default=str(HERE.parents[1] / "agent" / "src" / "heapwise_agent"),
    )
    parser.add_argument("--record", action="store_true")
    parser.add_argument("workloads", nargs="*", default=GATED)
    asked = parser.parse_args()
    failed = False
    for workload in asked.workloads:
        found = ratio(asked.python, asked.core, workload)
        if asked.record:
            _record(asked.python, workload, found)
        allowed = limit(asked.python, workload)
        failed |= found > allowed
        print(f"{build(asked.python)}  {workload:10} {found:.4f}  limit {allowed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
