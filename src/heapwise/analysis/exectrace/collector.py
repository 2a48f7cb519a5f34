"""What the collector did: collections, stops of the world, mark assists and sweeping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heapwise.analysis.exectrace.durations import Durations
from heapwise.analysis.exectrace.functions import Functions
from heapwise.analysis.exectrace.heap import Heap
from heapwise.analysis.exectrace.longest import Longest
from heapwise.analysis.exectrace.names import Names
from heapwise.analysis.exectrace.pairs import Marks, Pairing, Stretches
from heapwise.model.exectrace import EventKind, Events, Generation
from heapwise.model.profile import Int64s

LIMIT = 100_000
"""Collections, stops and assists that are kept one by one: the longest ones."""

_MOST_CYCLES = 1_000_000
"""Collections beyond which nothing but their times is kept."""

_FORCED_BY = "runtime.GC"


@dataclass(slots=True)
class Cycle:
    """What is known of a collection besides its times; -1 where the trace does not tell."""

    heap_before: int = -1
    goal: int = -1
    forced: int = -1
    heap_after: int = -1
    heap_live: int = -1


class Collector:
    """Follows the collector from generation to generation.

    Attributes:
        heap: as it was told so far.
        collections: start, end and index into `cycles` of those that ended.
        cycles: of all that began.
        stops: start, end and number of the reason's name.
        assists: start, end, goroutine and number of its function's name.
        stops_by_reason: durations.
        assists_by_function: durations.
        marking: durations, one group.
        sweeps: durations, one group.
        swept: bytes.
        reclaimed: bytes.
    """

    def __init__(self) -> None:
        self.heap = Heap()
        self.collections = Longest(LIMIT, 1)
        self.cycles: list[Cycle] = []
        self.stops = Longest(LIMIT, 1)
        self.assists = Longest(LIMIT, 2)
        self.stops_by_reason = Durations()
        self.assists_by_function = Durations()
        self.marking = Durations()
        self.sweeps = Durations()
        self.swept = self.reclaimed = 0
        self._running, self._stopped = Pairing(), Pairing()
        self._assisting, self._sweeping = Pairing(), Pairing()

    def take(self, generation: Generation, names: Names, functions: Functions) -> None:
        """Take a generation."""
        self.heap.take(generation.events)
        self._take_collections(generation)
        self._take_stops(generation, names)
        self._take_assists(generation, functions)
        self._take_sweeps(generation.events)

    def finish(self, end: int) -> bool:
        """End the collection that still runs, if one does, at the trace's end; tell whether."""
        last = Marks(*(np.array([value]) for value in (0, end, False, 0)))
        cut = self._running.take(last)
        self._add_collections(cut)
        return len(cut) > 0

    def _take_collections(self, generation: Generation) -> None:
        events = generation.events
        rows = _rows(events, EventKind.GC_ACTIVE, EventKind.GC_BEGIN, EventKind.GC_END)
        kind = events.kind[rows]
        if self._running.is_open(np.zeros(1, np.int64))[0]:
            rows, kind = (each[kind != EventKind.GC_ACTIVE] for each in (rows, kind))
        tag = np.zeros(len(rows), np.int64)
        for index in np.flatnonzero(kind != EventKind.GC_END).tolist():
            tag[index] = min(len(self.cycles), _MOST_CYCLES)
            seen = kind[index] == EventKind.GC_BEGIN
            if len(self.cycles) <= _MOST_CYCLES:
                self.cycles.append(self._begun(generation, int(rows[index])) if seen else Cycle())
        found = self._running.take(
            Marks(
                key=np.zeros(len(rows), np.int64),
                time=_since(events, rows, EventKind.GC_ACTIVE),
                begins=kind != EventKind.GC_END,
                tag=tag,
            )
        )
        self._add_collections(found)
        for cycle, index in zip(found.tag.tolist(), found.ended_by.tolist(), strict=True):
            # The world stands still: the last value told is what marking found, and the one
            # before it how far the heap had grown.
            self.cycles[cycle].heap_live = self.heap.used.before(int(rows[index]))
            self.cycles[cycle].heap_after = self.heap.used.before(int(rows[index]), back=2)

    def _begun(self, generation: Generation, row: int) -> Cycle:
        frames = generation.stacks.get(int(generation.events.stack[row]))
        forced = -1 if not frames else any(frame.function == _FORCED_BY for frame in frames)
        return Cycle(
            heap_before=self.heap.used.before(row),
            goal=self.heap.goal.before(row),
            forced=int(forced),
        )

    def _add_collections(self, found: Stretches) -> None:
        self.collections.add(found.start, found.end, found.tag)
        self.marking.add(np.zeros(len(found), np.int64), found.end - found.start)

    def _take_stops(self, generation: Generation, names: Names) -> None:
        events = generation.events
        rows = _rows(events, EventKind.STW_BEGIN, EventKind.STW_END)
        begins = events.kind[rows] == EventKind.STW_BEGIN
        reason = np.zeros(len(rows), np.int64)
        reason[begins] = names.of_strings(generation, events.a[rows][begins])
        marks = Marks(np.zeros(len(rows), np.int64), events.time[rows], begins, reason)
        found = self._stopped.take(marks)
        self.stops.add(found.start, found.end, found.tag)
        self.stops_by_reason.add(found.tag, found.end - found.start)

    def _take_assists(self, generation: Generation, functions: Functions) -> None:
        events = generation.events
        rows = _rows(events, EventKind.ASSIST_ACTIVE, EventKind.ASSIST_BEGIN, EventKind.ASSIST_END)
        active = events.kind[rows] == EventKind.ASSIST_ACTIVE
        goroutine = np.where(active, events.a[rows], events.goroutine[rows])
        wanted = ~(active & self._assisting.is_open(goroutine))
        rows, goroutine = rows[wanted], goroutine[wanted]
        found = self._assisting.take(
            Marks(
                key=goroutine,
                time=_since(events, rows, EventKind.ASSIST_ACTIVE),
                begins=events.kind[rows] != EventKind.ASSIST_END,
                tag=np.zeros(len(rows), np.int64),
            )
        )
        function = functions.of(found.key)
        self.assists.add(found.start, found.end, found.key, function)
        self.assists_by_function.add(function, found.end - found.start)

    def _take_sweeps(self, events: Events) -> None:
        rows = _rows(events, EventKind.SWEEP_BEGIN, EventKind.SWEEP_END)
        begins = events.kind[rows] == EventKind.SWEEP_BEGIN
        tag = np.zeros(len(rows), np.int64)
        found = self._sweeping.take(Marks(events.proc[rows], events.time[rows], begins, tag))
        self.sweeps.add(np.zeros(len(found), np.int64), found.end - found.start)
        self.swept += int(events.a[rows][~begins].sum())
        self.reclaimed += int(events.b[rows][~begins].sum())


def _rows(events: Events, *kinds: EventKind) -> Int64s:
    """The rows of events of these kinds."""
    return np.flatnonzero(np.isin(events.kind, kinds))


def _since(events: Events, rows: Int64s, active: EventKind) -> Int64s:
    """The times of events; what is only said to be under way began before the generation did."""
    return np.where(events.kind[rows] == active, events.time[:1], events.time[rows])
