"""The sawtooth of the heap, and what it was at any event."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.exectrace.curves import CurveBuilder
from heapwise.model.exectrace import EventKind, Events
from heapwise.model.profile import Int64s
from heapwise.model.trace import Curve

_REMEMBERED = 2
"""Values carried into the next generation: `Gauge.before` reaches back that far."""


class Gauge:
    """A quantity of which some events tell the new value."""

    def __init__(self, kind: EventKind, name: str) -> None:
        self._kind = kind
        self._curve = CurveBuilder(name, "B")
        self._rows = self._values = np.empty(0, np.int64)

    def take(self, events: Events) -> None:
        """Take the events of a generation."""
        rows = np.flatnonzero(events.kind == self._kind)
        values = events.a[rows]
        self._curve.add(events.time[rows], values)
        carried: Int64s = self._values[-_REMEMBERED:]
        self._rows = np.concatenate([np.full(len(carried), -1), rows])
        self._values = np.concatenate([carried, values])

    def before(self, row: int, back: int = 1) -> int:
        """The value at a row of the generation just taken, or ``back`` - 1 changes earlier.

        Returns:
            -1 where the trace had not told it yet.
        """
        index = int(np.searchsorted(self._rows, row)) - back
        return int(self._values[index]) if index >= 0 else -1

    def curve(self) -> Curve:
        """Its values over time."""
        return self._curve.curve()


class Heap:
    """Bytes in use or not yet found to be garbage, and the goal at which the collector aims."""

    def __init__(self) -> None:
        self.used = Gauge(EventKind.HEAP_ALLOC, "heap")
        self.goal = Gauge(EventKind.HEAP_GOAL, "goal")

    def take(self, events: Events) -> None:
        """Take the events of a generation."""
        self.used.take(events)
        self.goal.take(events)

    def curves(self) -> tuple[Curve, ...]:
        """Both over time; empty where the trace tells neither."""
        return tuple(curve for curve in (self.used.curve(), self.goal.curve()) if curve.time_ns)
