"""Runs a Python function as a benchmark, each count in a new process, with exact allocations."""

from __future__ import annotations

import math
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from heapwise.errors import ToolchainError, UsageError
from heapwise.formats.bench_json import config_pairs, word
from heapwise.model.bench import Benchmarks, Result, UnitFact, Value

CHILD = Path(__file__).with_name("bench_child.py")
EXACT = UnitFact("allocs/op", "assume", "exact")

_TARGET = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SPARE_S = 600.0
"""Beyond the time asked for: imports, the first call, one very long call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonBenchmark:
    """What to run.

    Attributes:
        target: ``MODULE:FUNC``, called without arguments.
        folder: from which the module is imported.
        python: the interpreter, which has heapwise-agent.
        count: processes.
        seconds: that the calls of each should take, about.
    """

    target: str
    folder: Path
    python: str
    count: int = 6
    seconds: float = 0.5

    def __post_init__(self) -> None:
        if not _TARGET.fullmatch(self.target):
            raise UsageError(
                f"not a function: {self.target!r}", hint="write MODULE:FUNC, as app.json:encode"
            )


class _Found(msgspec.Struct):
    calls: int
    ns: float
    allocs: float
    bytes: float
    python: str


def run_python_benchmark(
    asked: PythonBenchmark, source: str, announce: Callable[[str], None]
) -> Benchmarks:
    """One result a process: ``ns/op``, ``B/op`` and ``allocs/op``.

    Raises:
        ToolchainError: the function raises, cannot be found, or takes far too long.
    """
    results = tuple(_results(asked, source, announce))
    return Benchmarks(results=results, units=(EXACT,))


def _results(
    asked: PythonBenchmark, source: str, announce: Callable[[str], None]
) -> Iterator[Result]:
    module, _, name = asked.target.partition(":")
    for number in range(1, asked.count + 1):
        announce(f"run {number} of {asked.count}: {asked.target}")
        found = _run(asked)
        yield Result(
            name=word(name),
            iterations=found.calls,
            values=(
                Value(found.ns / 1e9, "sec/op", "ns/op"),
                Value(round(found.bytes, 2), "B/op"),
                Value(round(found.allocs, 2), "allocs/op"),
            ),
            config=config_pairs({"pkg": module, "python": found.python}),
            source=source,
        )


def _run(asked: PythonBenchmark) -> _Found:
    command = [asked.python, "-P", str(CHILD), asked.target, str(asked.seconds)]
    # Sets and dicts of texts would otherwise grow differently in each process.
    env = {**os.environ, "PYTHONHASHSEED": "0"}
    timeout = asked.seconds * 10 + _SPARE_S
    try:
        done = subprocess.run(
            command, cwd=asked.folder, env=env, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=timeout, check=False, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ToolchainError(f"{asked.target} took more than {timeout:.0f} s") from None
    except OSError as error:
        raise ToolchainError(f"{asked.python} cannot be run", error.strerror or "") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise ToolchainError(f"{asked.target} failed", "; ".join(lines[-1:]) or "no message")
    try:
        found = msgspec.json.decode(done.stdout.rstrip("\n").rpartition("\n")[2], type=_Found)
    except msgspec.DecodeError:
        raise ToolchainError(f"{asked.target} ended the process early") from None
    if not all(map(math.isfinite, (found.ns, found.bytes, found.allocs))) or found.calls < 1:
        raise ToolchainError(f"{asked.target} could not be measured")
    return found
