"""One line on a terminal's stderr that says how far a run is; nothing anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from heapwise.cli.output import on_terminal
from heapwise.load.pulse import Pulse, Reading
from heapwise.model.load import Hits, Plan
from heapwise.names import visible
from heapwise.units import NS_PER_S, format_count, format_duration, format_rate

if TYPE_CHECKING:
    from heapwise.record.session import Progress

_EVERY_NS = 200_000_000
_CLEAR = "\r\x1b[K"
_CLEAR_REST = "\x1b[K"

LOAD = "load"
"""The step in which the plan's own schedule is followed."""


class ProgressLine:
    """The line: the step, and under load how it goes at the moment.

    It is written over, never taken away first, and not at all while it would read the same.

    Args:
        plan: what is being sent; None where somebody else makes the load.
        write: takes text for the terminal.
        clock: CLOCK_MONOTONIC, ns.
    """

    def __init__(
        self,
        plan: Plan | None,
        write: Callable[[str], object],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._plan = plan
        self._write = write
        self._clock = clock
        self._step = self._drawn = ""
        self._next_draw = 0
        self._pulse = Pulse()
        self._pulse_of = ""
        self._began = 0

    def show(self, step: str, hits: Hits | None = None) -> None:
        """Take what is new, and draw it unless that was done just now."""
        now = self._clock()
        changed = step != self._step
        if hits is not None:
            # Hits that follow a message, as that of Ctrl-C, go on where those before it ended.
            begins = step != self._pulse_of
        else:
            begins = changed and step in (LOAD, self._pulse_of)
        if begins:
            self._begin(step, now)
        if changed:
            self._step, self._next_draw = step, now
        if hits is not None:
            self._pulse.see(hits, now)
        if now >= self._next_draw:
            self._next_draw = now + _EVERY_NS
            self._draw(self._text(now))

    def clear(self) -> None:
        """Leave the terminal as it was."""
        self._write(_CLEAR)

    def _begin(self, step: str, now: int) -> None:
        """A phase of load begins."""
        schedule = self._plan.schedule if self._plan is not None and step == LOAD else None
        self._pulse, self._pulse_of, self._began = Pulse(schedule), step, now

    def _draw(self, text: str) -> None:
        if text != self._drawn:
            self._drawn = text
            self._write(f"\r{text}{_CLEAR_REST}")

    def _text(self, now: int) -> str:
        # The last column stays free: a terminal that wraps there would scroll.
        width = shutil.get_terminal_size().columns - 1
        step = visible(self._step)
        if self._step != self._pulse_of:
            return step[:width]
        elapsed = f"{step}: {(now - self._began) / NS_PER_S:.0f} s"
        if self._plan is not None and self._step == LOAD:
            elapsed += f" of {self._plan.schedule.duration_ns / NS_PER_S:.0f} s"
        capped = self._plan is not None and self._plan.connections > 0
        return fitting([elapsed, *parts(self._pulse.read(now), capped=capped)], width)


def parts(reading: Reading, *, capped: bool) -> tuple[str, ...]:
    """What to say of a moment, the most important first.

    Args:
        reading: of that moment.
        capped: hits may wait for a connection, and then they have not been sent.
    """
    latency = failed = ""
    if reading.p50 is not None and reading.p99 is not None:
        latency = f"p50 {format_duration(reading.p50)}, p99 {format_duration(reading.p99)}"
    if reading.failed:
        failed = f"{format_count(reading.failed)} failed"
    counts: tuple[str, ...] = (f"{format_count(reading.ended)} ended",)
    if reading.pending is not None:
        pending, due = reading.pending, reading.ended + reading.pending
        counts = (
            f"{format_count(pending)} {'in flight or waiting' if capped else 'in flight'}",
            f"{format_count(due)} {'due' if capped else 'sent'}",
        )
    rate = format_rate(round(reading.rate))
    return tuple(part for part in (rate, failed, latency, *counts) if part)


def fitting(texts: list[str], width: int) -> str:
    """As many of the texts as the width holds, from the first on; the first at any rate, cut."""
    line, *others = texts
    line = line[:width]
    for text in others:
        longer = f"{line} · {text}"
        if len(longer) > width:
            break
        line = longer
    return line


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
