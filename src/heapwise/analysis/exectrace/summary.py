"""From the columns of an execution trace to what a person wants to know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np

from heapwise.analysis.exectrace.collector import Collector
from heapwise.analysis.exectrace.durations import Durations
from heapwise.analysis.exectrace.functions import Functions
from heapwise.analysis.exectrace.goroutines import GoroutineTimes, Population
from heapwise.analysis.exectrace.harm import assists_harm, marking_harm, stops_harm
from heapwise.analysis.exectrace.names import Names
from heapwise.analysis.exectrace.pairs import Stretches
from heapwise.analysis.exectrace.spells import Goroutines, Spells
from heapwise.analysis.exectrace.timeline import stop_reason, timeline
from heapwise.analysis.exectrace.user import UserMarks
from heapwise.model.exectrace import ClockSnapshot, EventKind, Generation, TraceDamage
from heapwise.model.trace import Spread, Sweeping, TraceSummary

SHOWN = 20
"""Rows of every list."""

_WORKER = "runtime.gcBgMarkWorker"


class TraceStream(Protocol):
    """What `heapwise.formats.exectrace.open_trace` returns; size and damage are known at its end.

    Attributes:
        version: of the format.
        size: bytes that were read.
        damage: why it ends early.
    """

    version: str
    size: int
    damage: TraceDamage | None

    def __iter__(self) -> Iterator[Generation]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What ended in one generation.

    Attributes:
        names: by number.
        functions: of goroutines.
        spells: of goroutines.
        tasks: by name; `Stretches.key` is the task.
        regions: by name; `Stretches.key` is the goroutine.
    """

    names: list[str]
    functions: Functions
    spells: Spells
    tasks: Stretches
    regions: Stretches


class TraceAnalysis:
    """Takes a trace generation by generation; memory does not grow with its length.

    What is kept one by one (collections, stops, assists) is limited, and so is the number of
    different names; goroutines that are alive are kept.
    """

    def __init__(self) -> None:
        self._names = Names()
        self._worker = self._names.number(_WORKER)
        self._functions = Functions(self._names)
        self._goroutines = Goroutines()
        self._times = GoroutineTimes()
        self._population = Population()
        self._collector = Collector()
        self._user = UserMarks()
        self._kinds = np.zeros(max(EventKind) + 1, np.int64)
        self._clocks: list[ClockSnapshot] = []
        self._end = self._procs = 0

    def take(self, generation: Generation) -> Taken:
        """Take the next generation, or part of one.

        Returns:
            What ended in it, for those who draw it.
        """
        if generation.clock is not None:
            self._clocks.append(generation.clock)
        events = generation.events
        self._end = max(self._end, int(events.time.max(initial=0)))
        self._kinds += np.bincount(events.kind, minlength=len(self._kinds))
        procs = events.a[events.kind == EventKind.PROCS_CHANGE]
        self._procs = int(procs[-1]) if len(procs) else self._procs
        self._functions.learn(generation)
        spells = self._goroutines.take(generation, self._names)
        self._times.take(spells, self._functions, self._worker)
        self._population.take(generation, spells)
        self._collector.take(generation, self._names, self._functions)
        tasks, regions = self._user.take(generation, self._names)
        return Taken(self._names.names, self._functions, spells, tasks, regions)

    def summary(self, stream: TraceStream) -> TraceSummary:
        """What is in the trace, once all of it was taken from ``stream``."""
        names, end, collector, times = self._names.names, self._end, self._collector, self._times
        gc = timeline(collector, names, end)
        assists = collector.assists_by_function.spreads(names)
        stops = [
            msgspec.structs.replace(each, name=stop_reason(each.name))
            for each in collector.stops_by_reason.spreads(names)
        ]
        marking = _only(collector.marking, "collections")
        share = min(1.0, marking.total_ns / end) if marking and end else 0.0
        available = end * self._procs
        harm = (
            assists_harm(assists, times.running_ns),
            stops_harm(stops, end),
            marking_harm(marking, share, end, times.workers_ns / available if available else 0.0),
        )
        latencies = times.latency_by_function.spreads(names)
        return TraceSummary(
            version=stream.version,
            size=stream.size,
            events=int(self._kinds.sum()),
            duration_ns=end,
            gc=gc,
            clocks=tuple(self._clocks),
            damage=stream.damage,
            procs=self._procs,
            harm=tuple(filter(None, harm)),
            assists=_shown(assists),
            stops=_shown(stops),
            marking=marking,
            marking_share=share,
            sweeping=self._sweeping(),
            heap=collector.heap.curves(),
            goroutines=self._population.counts(),
            running_ns=times.running_ns,
            workers_ns=times.workers_ns,
            latency=_only(times.latency, "all"),
            latency_by_function=_shown(sorted(latencies, key=lambda each: -each.p99_ns)),
            blocked=_shown(times.blocked.spreads(names)),
            syscalls=_only(times.syscalls, "system calls"),
            tasks=_shown(self._user.tasks.spreads(names)),
            regions=_shown(self._user.regions.spreads(names)),
            kinds=self._counted(),
        )

    def _sweeping(self) -> Sweeping | None:
        spread = _only(self._collector.sweeps, "sweeps")
        if spread is None:
            return None
        return Sweeping(self._collector.swept, self._collector.reclaimed, spread)

    def _counted(self) -> tuple[tuple[str, int], ...]:
        counted = [
            (kind.name.lower().replace("_", " "), int(self._kinds[kind])) for kind in EventKind
        ]
        return tuple(sorted((row for row in counted if row[1]), key=lambda row: -row[1]))


def summarise(stream: TraceStream) -> TraceSummary:
    """Read a trace to its end and say what is in it: ``summarise(open_trace(file))``."""
    analysis = TraceAnalysis()
    for generation in stream:
        analysis.take(generation)
    return analysis.summary(stream)


def _only(durations: Durations, name: str) -> Spread | None:
    """The distribution of durations that are all of one group; None where there are none."""
    return next(iter(durations.spreads([name])), None)


def _shown(spreads: Sequence[Spread]) -> tuple[Spread, ...]:
    return tuple(spreads[:SHOWN])
