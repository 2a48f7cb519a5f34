"""The inputs of jobs: made once per seed and scale, and kept in the cache."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.cache import Place
from heapwise.lab.library import Case
from heapwise.lab.spec import JobLab
from heapwise.units import how_many

_INPUT = "input"
_SAID = 300
"""Characters of a generator's last words that are told."""


def input_of(case: Case, lab: JobLab, scale: int, *, announce: Callable[[str], None]) -> Path:
    """The input for so many units of work; made where it was not made before.

    Args:
        case: the lab.
        lab: its spec.
        scale: units of work.
        announce: told when it is really made, since that may take a while.

    Raises:
        ToolchainError: the generator fails, or the cache cannot be written.
    """
    place = Place(case, (".py",), ("input", lab.job.input.script, str(lab.seed), str(scale)))
    made = place.home / _INPUT
    if made.exists():
        return made
    announce(f"generating the input of {case.name}: {how_many(scale, lab.job.unit)}")
    with place.scratch() as scratch:
        script, out = place.copy(scratch) / lab.job.input.script, scratch / _INPUT
        _generate((str(script), "--seed", str(lab.seed), "--scale", str(scale), str(out)))
        if not out.exists():
            raise ToolchainError(f"{lab.job.input.script} of {case.name} made no input")
        try:
            out.rename(made)
        except OSError:
            if not made.exists():  # else another process was first
                raise
    return made


def _generate(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-B", *words],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise ToolchainError(
            f"the generator of the input ended with code {done.returncode}", lines[-1][:_SAID]
        )
