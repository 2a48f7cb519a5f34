"""Tasks and regions that a program marks itself, by name."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.exectrace.durations import Durations
from heapwise.analysis.exectrace.names import Names
from heapwise.analysis.exectrace.pairs import Marks, Pairing, Stretches
from heapwise.model.exectrace import EventKind, Generation


class UserMarks:
    """Follows tasks and regions from generation to generation."""

    def __init__(self) -> None:
        self.tasks = Durations()
        self.regions = Durations()
        self._tasks, self._regions = Pairing(), Pairing(nested=True)

    def take(self, generation: Generation, names: Names) -> tuple[Stretches, Stretches]:
        """Take a generation; the tasks (`Stretches.key`) and regions (goroutines) that ended."""
        events = generation.events
        begins = events.kind == EventKind.TASK_BEGIN
        rows = np.flatnonzero(begins | (events.kind == EventKind.TASK_END))
        name = names.of_strings(generation, np.where(begins, events.c, 0)[rows])
        marks = Marks(events.a[rows], events.time[rows], begins[rows], name)
        tasks = self._tasks.take(marks)
        begins = events.kind == EventKind.REGION_BEGIN
        rows = np.flatnonzero(begins | (events.kind == EventKind.REGION_END))
        name = names.of_strings(generation, events.b[rows])
        marks = Marks(events.goroutine[rows], events.time[rows], begins[rows], name)
        regions = self._regions.take(marks)
        self.tasks.add(tasks.tag, tasks.end - tasks.start)
        self.regions.add(regions.tag, regions.end - regions.start)
        return tasks, regions
