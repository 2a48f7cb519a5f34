"""Whole processes of ours and of Go's tools, taking turns; what is compared are medians."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    mib: float


def method(rounds: int) -> str:
    """How `taking_turns` measures, for the rows of a table."""
    return (
        f"median of {rounds} whole processes each, taking turns, after one round that does not "
        "count; memory is the peak resident set"
    )


def taking_turns(
    pair: tuple[list[str], list[str]], rounds: int, environment: Mapping[str, str] | None = None
) -> tuple[Cost, Cost]:
    """The median costs of two commands, of all rounds but a first one.

    Args:
        pair: the commands.
        rounds: that count.
        environment: of both; None for our own.
    """
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(rounds + 1):
        for command, found in zip(pair, costs, strict=True):
            found.append(_cost_of(command, environment))
    ours, theirs = (
        Cost(*(statistics.median(column) for column in zip(*found[1:], strict=True)))
        for found in costs
    )
    return ours, theirs


def built_go_tool(name: str) -> str:
    """The path of a tool's program: `go tool` alone would look at its sources every time."""
    local = Path(sys.executable).with_name("go")
    go = str(local) if local.exists() else shutil.which("go")
    assert go, "the peer of this benchmark needs Go: install it, or the extra [go]"
    subprocess.run([go, "tool", name, "-h"], capture_output=True, check=False)
    shown = subprocess.run([go, "tool", "-n", name], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def _cost_of(command: list[str], environment: Mapping[str, str] | None) -> Cost:
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
