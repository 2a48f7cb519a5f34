"""A run on one worker: between the task that sends and the driver that asks how it goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from heapwise.errors import HeapwiseError
from heapwise.load.cluster.backlog import Backlog
from heapwise.load.cluster.wire import Ask, Order, Told
from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.wire import Failed
from heapwise.model.load import Hits
from heapwise.units import NS_PER_S

LEASE_NS = 15 * NS_PER_S
"""How long a worker goes on sending without having been asked: its driver is gone then."""

_LOOK_S = 0.05

_AHEAD_NS = 50_000_000
"""How long before a phase's start the engine is told of it."""


class Session:
    """One worker's part of a run.

    The task calls `next_phase`, `take`, `stopped` and `finish`, all in its own thread; the
    driver's questions come in through `answer` in another.

    Args:
        monotonic_ns: CLOCK_MONOTONIC.
    """

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        self._changed = threading.Condition()
        self._backlog = Backlog()
        self._heard_ns = monotonic_ns()
        self._ready = -1
        self._order: Order | None = None
        self._stop = -1
        self._leave = False
        self._report: PhaseReport | None = None
        self._failed: Failed | None = None

    def answer(self, ask: Ask) -> Told:
        """Take what the driver wants and tell what it does not know yet."""
        with self._changed:
            self._heard_ns = self._monotonic_ns()
            self._stop = max(self._stop, ask.stop)
            self._leave = self._leave or ask.leave
            if ask.order is not None and ask.order.number == self._ready:
                self._order = ask.order
            self._changed.notify_all()
            rows, more = self._backlog.after(ask.received)
            return Told(
                ready=self._ready, rows=rows, more=more, report=self._report, failed=self._failed
            )

    def next_phase(self) -> Phase | None:
        """The next phase, shortly before its start; None where the run is over.

        Raises:
            HeapwiseError: the order came after the start.
        """
        with self._changed:
            while self._order is None and not self._over():
                self._changed.wait(_LOOK_S)
            order = self._order
            if order is None or self._over():
                return None
            start = order.phase.start_ns
            if start < self._monotonic_ns():
                raise HeapwiseError("the order to start came after the start")
            while (left := start - _AHEAD_NS - self._monotonic_ns()) > 0 and not self.stopped():
                self._changed.wait(min(_LOOK_S, left / NS_PER_S))
            return order.phase

    def take(self, hits: Hits) -> None:
        """Keep hits for the driver."""
        data = hits.numbered_rows().astype("<i8").tobytes()
        with self._changed:
            self._backlog.add(data)

    def stopped(self) -> bool:
        """True where the phase shall end early."""
        return self._stop >= self._ready or self._over()

    def finish(self, report: PhaseReport) -> None:
        """A phase has ended, or the one without hits that shows that the engine is there."""
        with self._changed:
            self._report = report
            self._order = None  # it was repeated while it was followed
            self._ready += 1

    def fail(self, error: HeapwiseError) -> None:
        """Nothing more will be sent; wait until the driver knows."""
        with self._changed:
            self._failed = Failed.of(error)
            while not self._over():
                self._changed.wait(_LOOK_S)

    def close(self) -> None:
        """Forget the rows."""
        with self._changed:
            self._backlog.close()

    def _over(self) -> bool:
        return self._leave or self._monotonic_ns() - self._heard_ns > LEASE_NS
