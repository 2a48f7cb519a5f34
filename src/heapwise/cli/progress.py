"""One line on a terminal's stderr that says how far a run is; nothing anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from heapwise.cli.output import on_terminal
from heapwise.model.load import Hits, Outcome, Plan
from heapwise.names import visible
from heapwise.units import NS_PER_S, format_count, format_duration

if TYPE_CHECKING:
    from heapwise.record.session import Progress

_EVERY_S = 0.2
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """The line: the step, and under load how many hits ended and how long they took.

    Args:
        plan: what is being sent; None where somebody else makes the load.
        write: takes text for the terminal.
    """

    def __init__(self, plan: Plan | None, write: Callable[[str], object]) -> None:
        self._seconds = plan.schedule.duration_ns / NS_PER_S if plan else 0.0
        self._write = write
        self._step = ""
        self._started = self._drawn = 0.0
        self._ended = self._failed = 0
        self._recent: list[Hits] = []

    def show(self, step: str, hits: Hits | None = None) -> None:
        """Take what is new, and draw it unless that was done just now."""
        now = time.monotonic()
        if step != self._step:
            self._step, self._started, self._drawn = step, now, 0.0
        if hits is not None:
            self._ended += len(hits)
            self._failed += int(np.count_nonzero(hits.outcome != Outcome.OK))
            self._recent.append(hits)
        if now - self._drawn >= _EVERY_S:
            self._drawn = now
            width = shutil.get_terminal_size().columns - 1
            self._write(_CLEAR + visible(self._text(now))[:width])
            self._recent.clear()

    def clear(self) -> None:
        """Leave the terminal as it was."""
        self._write(_CLEAR)

    def _text(self, now: float) -> str:
        if not self._recent:
            return self._step
        elapsed = f"{now - self._started:.0f} s"
        if self._seconds and self._step == "load":
            elapsed += f" of {self._seconds:.0f} s"
        parts = [f"{self._step}: {elapsed}", f"{format_count(self._ended)} requests"]
        if self._failed:
            parts.append(f"{format_count(self._failed)} failed")
        ended = [(hits.done - hits.intended)[hits.done >= 0] for hits in self._recent]
        latencies = np.concatenate(ended)
        if len(latencies):
            median = np.sort(latencies)[(len(latencies) - 1) // 2]
            parts.append(f"now {format_duration(float(median))}")
        return " · ".join(parts)


@contextmanager
def progress_line(
    plan: Plan | None, *, quiet: bool
) -> Iterator[Callable[[str, Hits | None], None]]:
    """Something to tell steps and hits to, which shows them where there is a terminal."""
    if quiet or not on_terminal():
        yield lambda _step, _hits: None
        return

    def write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    line = ProgressLine(plan, write)
    try:
        yield line.show
    finally:
        line.clear()


@contextmanager
def run_progress(plan: Plan | None, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """`progress_line` for a recording session."""
    with progress_line(plan, quiet=quiet) as show:
        yield lambda progress: show(progress.step, progress.hits)
