"""The function that each goroutine was started with: the name a person knows it by."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.exectrace.names import UNKNOWN, Names, is_runtimes
from heapwise.analysis.exectrace.pairs import Mask
from heapwise.model.exectrace import EventKind, Generation
from heapwise.model.profile import Int64s


class Functions:
    """Learns them from creations, and for older goroutines from their stacks.

    Those that ended are forgotten with the next generation: their numbers never come again, and a
    service that starts one a request would fill us.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._goroutine = np.empty(0, np.int64)
        self._function = np.empty(0, np.int64)
        self._runtimes = np.empty(0, np.bool_)
        self._ended = np.empty(0, np.int64)

    def learn(self, generation: Generation) -> None:
        """Take what a generation tells."""
        events = generation.events
        self._forget(self._ended)
        self._ended = events.goroutine[events.kind == EventKind.GO_DESTROY]
        created = events.kind == EventKind.GO_CREATE
        self._add(generation, events.a[created], events.b[created])
        subject = np.where(events.kind == EventKind.GO_STATUS, events.a, events.goroutine)
        telling = (events.stack > 0) & (subject >= 0)
        telling[telling] = ~np.isin(subject[telling], self._goroutine)
        self._add(generation, subject[telling], events.stack[telling])
        self._runtimes = np.array([is_runtimes(name) for name in self._names.names], np.bool_)

    def of(self, goroutine: Int64s) -> Int64s:
        """The numbers of their functions' names, int64[n]; `UNKNOWN` for those without."""
        if not len(self._goroutine):
            return np.full(len(goroutine), UNKNOWN, np.int64)
        near = np.searchsorted(self._goroutine, goroutine)
        near = np.minimum(near, len(self._goroutine) - 1)
        return np.where(self._goroutine[near] == goroutine, self._function[near], UNKNOWN)

    def runtimes(self, function: Int64s) -> Mask:
        """Which of the functions are those of the runtime's own goroutines."""
        return self._runtimes[function]

    def _forget(self, goroutine: Int64s) -> None:
        kept = ~np.isin(self._goroutine, goroutine)
        self._goroutine, self._function = self._goroutine[kept], self._function[kept]

    def _add(self, generation: Generation, goroutine: Int64s, stack: Int64s) -> None:
        goroutine, first = np.unique(goroutine, return_index=True)
        function = self._names.of_roots(generation, stack[first])
        merged = np.concatenate([self._goroutine, goroutine[function != UNKNOWN]])
        # What was known first stays.
        self._goroutine, kept = np.unique(merged, return_index=True)
        self._function = np.concatenate([self._function, function[function != UNKNOWN]])[kept]
