"""Which figures of a target are told by OTLP, and what they are called there.

Names, units and instruments are those of the semantic conventions where these have them (their
pages on Go, CPython and processes, read November 2026); the rest is ``heapwise.*``.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from heapwise.model.watch import Stretch, Vitals


class Instrument(Enum):
    """What a figure does."""

    COUNTER = "counter"
    """It only rises while the process lives."""
    UP_DOWN = "updowncounter"
    """It is a part of a sum: of the memory of a machine, say."""
    GAUGE = "gauge"
    """It is neither."""


class Figure(NamedTuple):
    """One of them.

    Attributes:
        name: as told.
        unit: in UCUM's words.
        instrument: what it does.
        of: where it is read; None where it is not known.
        attributes: of the point.
    """

    name: str
    unit: str
    instrument: Instrument
    of: Callable[[Vitals], float | None]
    attributes: tuple[tuple[str, str], ...] = ()


class Recent(NamedTuple):
    """A gauge of the last stretch; fields as in `Figure`."""

    name: str
    unit: str
    of: Callable[[Stretch], float | None]


_C, _U, _G = Instrument.COUNTER, Instrument.UP_DOWN, Instrument.GAUGE

OF_ALL = (
    Figure("process.memory.usage", "By", _U, lambda v: v.rss),
    Figure("process.cpu.time", "s", _C, lambda v: v.cpu_s),
    Figure("process.thread.count", "{thread}", _U, lambda v: v.threads),
    Figure("heapwise.memory.live", "By", _G, lambda v: v.live),
    Figure("heapwise.memory.limit", "By", _U, lambda v: v.limit),
    Figure("heapwise.gc.cpu.time", "s", _C, lambda v: v.gc_cpu_s),
    Figure("heapwise.gc.assist.cpu.time", "s", _C, lambda v: v.assist_cpu_s),
    Figure("heapwise.work", "{unit}", _C, lambda v: v.work),
)
"""Of every runtime."""

OF_RUNTIME = {
    "go": (
        Figure("go.memory.allocated", "By", _C, lambda v: v.allocated),
        Figure("go.memory.allocations", "{allocation}", _C, lambda v: v.mallocs),
        Figure("go.memory.gc.goal", "By", _U, lambda v: v.goal),
        Figure("go.memory.gc.cycles", "{gc_cycle}", _C, lambda v: v.cycles),
        Figure("go.goroutine.count", "{goroutine}", _U, lambda v: v.tasks),
        Figure("go.config.gogc", "%", _U, lambda v: v.gogc),
    ),
    "python": (
        Figure("heapwise.memory.allocated", "By", _C, lambda v: v.allocated),
        Figure("heapwise.memory.allocations", "{allocation}", _C, lambda v: v.mallocs),
        Figure("heapwise.task.count", "{task}", _U, lambda v: v.tasks),
        Figure(
            "cpython.gc.collections",
            "{collection}",
            _C,
            lambda v: v.cycles,
            (("cpython.gc.generation", "2"),),
        ),
    ),
}
"""Of one."""

OF_STRETCH = (
    Recent("heapwise.gc.cpu.share", "1", lambda s: s.gc_share),
    Recent("heapwise.gc.assist.cpu.share", "1", lambda s: s.assist_share),
)
"""Of what a target did last."""

PAUSES = {"go": "go.memory.gc.pause.duration", "python": "heapwise.gc.pause.duration"}
"""The histogram of pauses, seconds."""

RUNTIMES = {"go": "go", "python": "cpython"}
"""``process.runtime.name``."""
