"""Where targets come from: all at once, or with ``-lazy`` while they are sent, a second ahead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from heapwise.cli.planning import ending_with
from heapwise.errors import HeapwiseError
from heapwise.formats.hits import Targets
from heapwise.load.engine import More
from heapwise.load.metrics import MOST_REPORTS
from heapwise.load.pace import Pace
from heapwise.model.load import Hits, Plan, Target
from heapwise.units import NS_PER_S

_AHEAD_NS = NS_PER_S
_SPARE = 64
"""Targets handed out beyond those of the next second: a slow load has its next ones ready, too."""

_WAITING = 1 << 14
"""Targets read before anybody asked for them."""

_HEAD_START_NS = 300_000_000
"""Longest wait for the targets of the first second: then it begins with those that have come."""

_LOOK_S = 0.1


class Found(NamedTuple):
    """A target, and the addresses of its endpoint where that is new."""

    target: Target
    addresses: dict[str, str]


class Supply:
    """All targets of a plan, there from the start. A context manager, within which it is sent.

    Attributes:
        known: targets by their number, those of all hits that have not ended among them.
        turns: what a phase sends in turn; nothing where hit i goes to target i.
        error: what ended the reading before its end; None for nothing.
    """

    def __init__(self, plan: Plan) -> None:
        self.known: Targets = plan.targets
        self.turns = tuple(range(len(plan.targets)))
        self.error: HeapwiseError | None = None
        self._plan = plan

    def more(self) -> More | None:
        """Targets to hand out now; None for none."""
        return None

    def change(self, rate: Fraction) -> None:
        """The load goes on at another rate."""

    def forget(self, hits: Hits) -> None:
        """These hits have ended."""

    def as_sent(self) -> Plan:
        """The plan as it became."""
        return self._plan

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Read no more."""


class TargetStream(Supply):
    """Reads targets in a thread of its own, and hands out those that are due soon.

    A hit whose target comes too late is late from the time it was due, and by the generator's
    fault: who reads slowly is part of it.

    Args:
        plan: with the first target.
        targets: those that follow; each may be waited for.
        judge: tells the addresses of a target's endpoint if that is new; raises where the target
            may not be sent.
        closed: set once no more are wanted.
    """

    def __init__(
        self,
        plan: Plan,
        targets: Iterator[Target],
        judge: Callable[[Target], dict[str, str]],
        closed: Event,
    ) -> None:
        super().__init__(plan)
        self._targets = targets
        self._judge = judge
        self._closed = closed
        self._pace = Pace(plan.schedule)
        self._began = 0
        self._count = len(plan.targets)
        self._named = plan.targets
        self._read: Queue[Found | None] = Queue(_WAITING)
        self._exhausted = False
        self._thread = Thread(target=self._follow, name="targets", daemon=True)
        self.known = self._underway = dict(enumerate(plan.targets))
        self.turns = ()

    def more(self) -> More | None:
        """Those due within a second."""
        if self._exhausted:
            return None
        found = list(islice(self._waiting(), self._wanted()))
        if not found and not self._exhausted:
            if not self._is_over():
                return None
            self._exhausted = True  # nobody waits beyond the duration for what may never come
        targets = tuple(each.target for each in found)
        self._underway.update(enumerate(targets, self._count))
        self._count += len(targets)
        # A table names so many at most, and is left out where there is one more.
        self._named += targets[: MOST_REPORTS + 1 - len(self._named)]
        addresses = {place: at for each in found for place, at in each.addresses.items()}
        return More(targets, addresses, self._exhausted)

    def change(self, rate: Fraction) -> None:
        """Read ahead at that rate."""
        elapsed = time.monotonic_ns() - self._began
        self._pace.change(rate, self._pace.due_by(elapsed), elapsed)

    def forget(self, hits: Hits) -> None:
        """Their targets are sent no more."""
        for index in hits.target.tolist():
            del self._underway[index]

    def as_sent(self) -> Plan:
        """With as many hits as there were targets, and with those targets that a table names."""
        schedule = self._plan.schedule
        if not self._pace.changes:
            schedule = ending_with(schedule, self._count)
        return msgspec.structs.replace(self._plan, targets=self._named, schedule=schedule)

    def __enter__(self) -> Self:
        self._thread.start()
        self._began = time.monotonic_ns()
        begin = self._began + _HEAD_START_NS
        enough = min(self._wanted(), _WAITING)
        while self._read.qsize() < enough and time.monotonic_ns() < begin:
            self._thread.join(_LOOK_S / 10)  # it ends with the input
            if not self._thread.is_alive():
                break
        self._began = time.monotonic_ns()
        return self

    def close(self) -> None:
        """Let the thread end."""
        self._closed.set()
        self._thread.join()

    def _wanted(self) -> int:
        """How many should have been handed out by now, less those that were."""
        if self._is_over():
            return _WAITING  # how many hits a change of the rate made, the engine alone knows
        due = self._pace.due_by(time.monotonic_ns() - self._began + _AHEAD_NS)
        return max(0, due + _SPARE - self._count)

    def _is_over(self) -> bool:
        return time.monotonic_ns() - self._began >= self._pace.duration_ns

    def _waiting(self) -> Iterator[Found]:
        """What has been read, without waiting for more."""
        with suppress(Empty):
            while (found := self._read.get_nowait()) is not None:
                yield found
            self._exhausted = True

    def _follow(self) -> None:
        try:
            for target in self._targets:
                self._put(Found(target, self._judge(target)))
        except HeapwiseError as error:
            self.error = error
        self._put(None)

    def _put(self, found: Found | None) -> None:
        while not self._closed.is_set():
            with suppress(Full):
                self._read.put(found, timeout=_LOOK_S)
                return
