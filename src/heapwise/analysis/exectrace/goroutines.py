"""How goroutines spent their time: running, waiting to run, or waiting for something."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.exectrace.curves import CurveBuilder
from heapwise.analysis.exectrace.durations import Durations
from heapwise.analysis.exectrace.functions import Functions
from heapwise.analysis.exectrace.spells import GONE, Spells
from heapwise.model.exectrace import EventKind, Generation, GoState
from heapwise.model.trace import GoroutineCounts

_SHOWN = (GoState.RUNNING, GoState.RUNNABLE, GoState.WAITING, GoState.SYSCALL)


class GoroutineTimes:
    """Adds up the spells of goroutines; times are those of goroutines not the runtime's own.

    Attributes:
        latency: runnable until running, one group.
        latency_by_function: the same by number of the function's name.
        blocked: by number of the reason's name.
        syscalls: one group.
        running_ns: on processors.
        workers_ns: the collector's own time on processors.
    """

    def __init__(self) -> None:
        self.latency = Durations()
        self.latency_by_function = Durations()
        self.blocked = Durations()
        self.syscalls = Durations()
        self.running_ns = self.workers_ns = 0

    def take(self, spells: Spells, functions: Functions, worker: int) -> None:
        """Take the spells that ended in a generation.

        Args:
            spells: of all goroutines.
            functions: that they were started with.
            worker: number of the name of the collector's own.
        """
        function = functions.of(spells.goroutine)
        spent = spells.end - spells.start
        own = functions.runtimes(function)
        ran = spells.state == GoState.RUNNING
        self.running_ns += int(spent[ran & ~own].sum())
        self.workers_ns += int(spent[ran & (function == worker)].sum())
        counts = spells.whole & ~own
        late = counts & (spells.state == GoState.RUNNABLE) & (spells.then == GoState.RUNNING)
        self.latency.add(np.zeros_like(spent[late]), spent[late])
        self.latency_by_function.add(function[late], spent[late])
        waited = counts & (spells.state == GoState.WAITING)
        self.blocked.add(spells.reason[waited], spent[waited])
        called = counts & (spells.state == GoState.SYSCALL)
        self.syscalls.add(np.zeros_like(spent[called]), spent[called])


class Population:
    """Counts goroutines over time, by what they do."""

    def __init__(self) -> None:
        self._created = self._destroyed = self._peak = 0
        self._now = np.zeros(GONE, np.int64)
        self._curves = [CurveBuilder(state.name.lower(), "count") for state in _SHOWN]

    def take(self, generation: Generation, spells: Spells) -> None:
        """Take a generation and the spells that ended in it."""
        kind = generation.events.kind
        self._created += int(np.count_nonzero(kind == EventKind.GO_CREATE))
        self._destroyed += int(np.count_nonzero(kind == EventKind.GO_DESTROY))
        time = np.concatenate([spells.born.time, spells.end])
        order = np.argsort(time, kind="stable")
        time = time[order]
        before = np.concatenate([np.zeros_like(spells.born.state), spells.state])[order]
        after = np.concatenate([spells.born.state, spells.then])[order]
        alive = np.zeros(len(time), np.int64)
        for state, curve in zip(_SHOWN, self._curves, strict=True):
            change = (after == state).astype(np.int64) - (before == state)
            number = self._now[state] + np.cumsum(change)
            alive += number
            changed = change != 0
            curve.add(time[changed], number[changed])
            self._now[state] += change.sum()
        self._peak = max(self._peak, int(alive.max(initial=0)))

    def counts(self) -> GoroutineCounts:
        """What was seen."""
        return GoroutineCounts(
            created=self._created,
            destroyed=self._destroyed,
            peak=self._peak,
            states=tuple(curve.curve() for curve in self._curves),
        )
