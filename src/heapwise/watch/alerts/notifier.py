"""Tells the sinks: a thread for each, so that one that is dead holds up nothing else."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Protocol, Self

import msgspec

from heapwise.errors import HeapwiseError
from heapwise.model.watch import Alert, SinkHealth
from heapwise.names import visible
from heapwise.units import NS_PER_S
from heapwise.watch.alerts.journal import Journal, without_unstored
from heapwise.watch.alerts.ledger import Ledger
from heapwise.watch.alerts.topic import Pace
from heapwise.watch.clock import Clock
from heapwise.watch.post import Rejected

_FIRST_WAIT_NS = 2 * NS_PER_S
"""After a failure, doubling up to the longest that the sink's pace allows."""

_IDLE_S = 3600.0

LAST_WAIT_S = 5.0
"""For messages that are on their way, in the end; what is not taken by then is told again."""


class Sink(Protocol):
    """Somewhere alerts are told."""

    name: str

    def send(self, alerts: Sequence[Alert]) -> None:
        """Tell alerts of one service and code: those that last, and those that have just ended.

        Raises:
            Rejected: it answers, and does not take these.
            ServiceError: it did not take them now.
        """
        ...


class Route(msgspec.Struct, frozen=True):
    """A sink, and what it wants to hear."""

    sink: Sink
    pace: Pace = Pace()


class Notifier:
    """All sinks; a context manager, in which it tells them what it is given.

    Args:
        routes: to the sinks, whose names differ.
        clock: tells when.
        journal: of what they were told before.
        stored: alerts as a watcher before this one left them, those that ended among them.
    """

    def __init__(
        self, routes: Sequence[Route], clock: Clock, journal: Journal, stored: Sequence[Alert] = ()
    ) -> None:
        self._tellers = [_Teller(route, clock, journal, stored) for route in routes]

    def __enter__(self) -> Self:
        for teller in self._tellers:
            teller.start()
        return self

    def __exit__(self, *_: object) -> None:
        for teller in self._tellers:
            teller.stop()
        end = time.monotonic() + LAST_WAIT_S
        for teller in self._tellers:
            teller.join(max(0.0, end - time.monotonic()))

    def tell(self, alerts: Iterable[Alert]) -> None:
        """How alerts are now; returns at once, and may be told what it knows already."""
        given = tuple(alerts)
        for teller in self._tellers:
            teller.note(given)

    def health(self) -> tuple[SinkHealth, ...]:
        """How each sink does."""
        return tuple(teller.health() for teller in self._tellers)


def _cut(wait_ns: int) -> int:
    """By up to a half at random, so that many watchers do not come back at once."""
    return round(wait_ns * random.uniform(0.5, 1.0))  # noqa: S311 - nobody has to guess it


class _Teller:
    """One sink's thread."""

    def __init__(
        self, route: Route, clock: Clock, journal: Journal, stored: Sequence[Alert]
    ) -> None:
        self._sink = route.sink
        self._longest_wait_ns = route.pace.longest_wait_ns
        self._clock = clock
        self._journal = journal
        told = without_unstored(journal.read(route.sink.name), stored)
        self._ledger = Ledger(route.pace, told)
        self._ledger.note(stored, clock.now_ns())
        self._health = SinkHealth(name=route.sink.name)
        self._failures = 0
        self._retry_ns = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(
            target=self._run, name=f"sink {route.sink.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def join(self, wait_s: float) -> None:
        """Wait for a message that is on its way, and write down what is not told."""
        self._thread.join(wait_s)
        self._keep()

    def note(self, alerts: Sequence[Alert]) -> None:
        with self._changed:
            self._ledger.note(alerts, self._clock.now_ns())
            self._changed.notify()  # also what is no news may be due to be told again

    def health(self) -> SinkHealth:
        with self._changed:
            return msgspec.structs.replace(
                self._health, waiting=self._ledger.waiting, dropped=self._ledger.dropped
            )

    def _run(self) -> None:
        while not self._stopping:
            self._keep()
            group = self._next()
            if group is not None:
                problem = self._send(group)
                with self._changed:
                    self._note_sent(group, problem)
        self._keep()

    def _next(self) -> list[Alert] | None:
        """The next message, waited for; None if there is something else to do."""
        with self._changed:
            while not self._stopping and not self._ledger.unkept:
                now = self._clock.now_ns()
                if now < self._retry_ns:
                    at: int | None = self._retry_ns
                elif due := self._ledger.due(now):
                    return due
                else:
                    at = self._ledger.next_ns()
                self._changed.wait(_IDLE_S if at is None else max(0.001, (at - now) / NS_PER_S))
            return None

    def _send(self, group: Sequence[Alert]) -> Exception | None:
        try:
            self._sink.send(group)
        except Exception as error:  # noqa: BLE001 - a mistake in a sink must not end the telling
            return error
        return None

    def _note_sent(self, group: Sequence[Alert], problem: Exception | None) -> None:
        now = self._clock.now_ns()
        if problem is None:
            self._failures, self._retry_ns = 0, 0
            self._ledger.took(group, now)
            self._health = msgspec.structs.replace(
                self._health, sent=self._health.sent + 1, problem="", told_ns=now
            )
            return
        if isinstance(problem, Rejected) or not isinstance(problem, HeapwiseError):
            # It is about these: others may go before.
            self._ledger.put_off(group, now + _cut(self._longest_wait_ns))
        else:
            wait_ns = _FIRST_WAIT_NS * 2 ** min(20, self._failures)
            self._failures += 1
            self._retry_ns = now + _cut(min(wait_ns, self._longest_wait_ns))
        self._health = msgspec.structs.replace(
            self._health, failed=self._health.failed + 1, problem=visible(str(problem))
        )

    def _keep(self) -> None:
        """Write down what is new, with nobody waiting for the disk."""
        with self._changed:
            if not self._ledger.unkept:
                return
            told, self._ledger.unkept = dict(self._ledger.told), False
        try:
            self._journal.write(self._sink.name, told)
        except (OSError, ValueError) as error:
            # A full disk, or half a character: what is told now may be told again after a restart.
            why = error.strerror if isinstance(error, OSError) else visible(str(error))
            problem = f"what was told cannot be kept: {why}"
            with self._changed:
                self._health = msgspec.structs.replace(self._health, problem=problem)
