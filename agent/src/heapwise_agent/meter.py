"""Counts exactly what a stretch of code allocates, for tests and benchmarks.

The counters are the process's: what other threads allocate meanwhile is in them too. What comes
from CPython's free lists is not (see `heapwise_agent.sampler`).
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from heapwise_agent import sampler

NEVER = 1 << 50
"""An interval so long that no sample is taken: counting costs less without."""


class Usage(NamedTuple):
    """What was allocated.

    Attributes:
        allocs: allocations and reallocations.
        bytes: that they asked for.
    """

    allocs: int
    bytes: int


class Line(NamedTuple):
    """How often one line of code allocated, in C code that it called too, and how much."""

    filename: str
    line: int
    usage: Usage


class Meter:
    """Counts from `start` to `stop`. What these two allocate is the agent's own and not in it.

    Args:
        lines: also remember the line of every allocation, which makes each of them slower.
    """

    def __init__(self, *, lines: bool = False) -> None:
        self._lines = lines
        self._ignored = False
        self._sampling: tuple[int, bool] = (NEVER, False)
        self._before = Usage(0, 0)
        self._rows: dict[int, Usage] = {}

    def start(self) -> None:
        """Count from here on.

        Raises:
            RuntimeError: this interpreter has no sampler; why is in its text.
        """
        if sampler.available():  # a thread can be ignored only once there is a sampler
            sampler.start(NEVER)
            sampler.stop()
        self._ignored = sampler.ignore_thread(True)
        now = sampler.counters()
        self._sampling = (now.interval, now.enabled)
        if self._lines:
            self._rows = _by_stack(sampler.snapshot())
            sampler.start(1)
        self._before = _usage()
        sampler.ignore_thread(False)

    def stop(self) -> Usage:
        """What was allocated since `start`."""
        sampler.ignore_thread(True)
        after = _usage()
        interval, enabled = self._sampling
        sampler.set_interval(interval)
        if not enabled:
            sampler.stop()
        sampler.ignore_thread(self._ignored)
        return Usage(after.allocs - self._before.allocs, after.bytes - self._before.bytes)

    def top_lines(self, most: int) -> list[Line]:
        """The lines that allocated most often since `start`, innermost Python frame each."""
        with sampler.quiet():
            snapshot = sampler.snapshot()
            allocs: Counter[tuple[str, int]] = Counter()
            space: Counter[tuple[str, int]] = Counter()
            for stack, usage in _by_stack(snapshot).items():
                before = self._rows.get(stack, Usage(0, 0))
                leaf = snapshot.stacks[stack][0]
                allocs[leaf.filename, leaf.line] += usage.allocs - before.allocs
                space[leaf.filename, leaf.line] += usage.bytes - before.bytes
            return [
                Line(*place, Usage(count, space[place]))
                for place, count in allocs.most_common(most)
                if count > 0
            ]


def _usage() -> Usage:
    now = sampler.counters()
    return Usage(now.alloc_count, now.alloc_bytes)


def _by_stack(snapshot: sampler.Snapshot) -> dict[int, Usage]:
    """What each stack allocated so far; at an interval of 1 these are counts."""
    found: dict[int, Usage] = {}
    for row in snapshot.rows:
        before = found.get(row.stack_index, Usage(0, 0))
        found[row.stack_index] = Usage(
            before.allocs + round(row.alloc_objects), before.bytes + round(row.alloc_space)
        )
    return found
