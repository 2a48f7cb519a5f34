"""The engine on libcurl's multi interface: one thread, any number of connections."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pycurl

from heapwise.load.bodies import KeptBody
from heapwise.load.easy import make_handle
from heapwise.load.engine import Deliver, Phase, PhaseReport
from heapwise.load.limits import socket_budget
from heapwise.load.outcomes import classify
from heapwise.load.reactor import Reactor
from heapwise.load.schedule import due_by, offset_ns, offsets, total
from heapwise.load.slots import Slots
from heapwise.model.load import HitFlag, Hits, Outcome, Plan
from heapwise.units import NS_PER_S

_LEAD_NS = 20_000_000
"""From the call to the first hit: time to get ready."""

_TICK_NS = 50_000_000
"""How often rows are handed out and ``stop`` is asked."""

_GRACE_NS = NS_PER_S
"""How long hits in flight may take to end once the run is stopped."""

_CHUNK = 1 << 16
"""Rows of never-sent hits handed out at once."""


@dataclass(slots=True, eq=False)
class _Transfer:
    """A handle and the hit it carries; when idle, the hit it carried last."""

    handle: pycurl.Curl
    target: int
    intended: int = 0
    ready: int = 0
    sent: int = 0
    kept: KeptBody | None = None
    dials: bool = False


class CurlEngine:
    """Sends a plan with libcurl; see `heapwise.load.engine.Engine`.

    Where the plan sets no cap, or one above what file descriptors allow, a hit that would need
    one more than there are ends at once as `Outcome.EMFILE`: the generator's fault, said so,
    instead of a wait that would look like the service's.

    libcurl sends a request once more, on a fresh connection, if an idle connection turns out to
    be dead without a single byte of response: that is one hit, in time and in number.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._budget = socket_budget()
        self._reactor = Reactor(self._ended, min(plan.connections or self._budget, self._budget))
        self._slots = Slots(plan.connections)
        self._templates = [make_handle(target, plan) for target in plan.targets]
        self._idle: list[list[_Transfer]] = [[] for _ in plan.targets]
        self._busy: dict[pycurl.Curl, _Transfer] = {}
        self._to_keep: list[int] = []
        self._rows = array("q")
        self._begin(None)

    def run(self, phase: Phase, deliver: Deliver, stop: Callable[[], bool]) -> PhaseReport:
        """Send a whole phase; return when every hit has ended, or soon after ``stop`` says so."""
        cpu = time.process_time_ns()
        self._begin(phase)
        tick = stopped_at = 0
        while self._next < self._count or self._busy:
            now = time.monotonic_ns()
            if now >= tick:
                tick = now + _TICK_NS
                self._hand_out(deliver)
                if not stopped_at and stop():
                    stopped_at = now
                    self._give_up_unsent(phase, deliver)
            if stopped_at and now > stopped_at + _GRACE_NS:
                self._give_up_busy(now)
            self._send_due(phase, may_grow=True)
            due_next = self._zero + offset_ns(phase.schedule, self._next)
            can_send = self._next < self._count and self._slots.any_free()
            for fd, events in self._reactor.wait(min(tick, due_next) if can_send else tick):
                self._reactor.handle(fd, events)
                # A hit that falls due between two events does not wait for the rest of them.
                self._send_due(phase, may_grow=False)
        self._hand_out(deliver)
        return PhaseReport(
            zero_ns=self._zero,
            ended_ns=time.monotonic_ns(),
            cpu_ns=time.process_time_ns() - cpu,
            connections_opened=self._opened,
            queue_max=self._queue_max,
            stopped=stopped_at > 0,
            bodies=tuple((target, kept.content()) for target, kept in self._kept),
        )

    def close(self) -> None:
        """Close every connection."""
        for handle in list(self._busy):
            self._reactor.cancel(handle)
        self._busy.clear()
        self._idle.clear()
        self._reactor.close()

    def _begin(self, phase: Phase | None) -> None:
        """Set up everything that belongs to one phase."""
        self._phase = phase
        self._count = total(phase.schedule) if phase else 0
        self._zero = time.monotonic_ns() + _LEAD_NS
        self._next = 0
        self._opened = 0
        self._queue_max = 0
        self._kept: list[tuple[int, KeptBody]] = []
        keep = self._plan.save_bodies if phase and not phase.flags & HitFlag.WARMUP else 0
        self._to_keep = [keep] * len(self._plan.targets)

    def _send_due(self, phase: Phase, *, may_grow: bool) -> None:
        """Send what is due, on at most one connection more than there are, and none otherwise.

        Between two new ones the responses that have come are looked at. Without this an engine
        that is late once dials for every overdue hit, gets later by dialling, and never recovers.
        """
        if self._next >= self._count:
            return
        elapsed = time.monotonic_ns() - self._zero
        due = min(self._count, due_by(phase.schedule, elapsed))
        while self._next < due:
            if not self._slots.any_free():
                self._queue_max = max(self._queue_max, due - self._next)
                return
            target = phase.targets[self._next % len(phase.targets)]
            grows = not self._idle[target] or self._to_keep[target] > 0
            if grows and not may_grow:
                return
            may_grow = may_grow and not grows
            self._send(target, self._zero + offset_ns(phase.schedule, self._next))
            self._next += 1

    def _send(self, target: int, intended: int) -> None:
        ready = self._slots.take(intended)
        if len(self._busy) >= self._budget:
            now = time.monotonic_ns()
            self._slots.give_back(now)
            self._row(target, intended, ready, now, done=now, outcome=Outcome.EMFILE)
            return
        transfer = self._transfer(target)
        transfer.intended = intended
        transfer.ready = ready
        self._busy[transfer.handle] = transfer
        transfer.sent = time.monotonic_ns()
        self._reactor.start(transfer.handle)

    def _transfer(self, target: int) -> _Transfer:
        """The handle used last, as its connection is the warmest; or a new one."""
        kept = None
        if self._to_keep[target]:
            self._to_keep[target] -= 1
            kept = KeptBody()
            self._kept.append((target, kept))
        elif self._idle[target]:
            return self._idle[target].pop()
        handle = self._templates[target].duphandle()
        if kept:
            kept.attach(handle)
        # libcurl looks for an idle connection in time proportional to those it has. In a stall
        # there are thousands, all busy, and looking would make every new one slower.
        dials = self._plan.keepalive and not any(self._idle)
        if dials:
            handle.setopt(pycurl.FRESH_CONNECT, 1)
        return _Transfer(handle, target, kept=kept, dials=dials)

    def _ended(self, handle: pycurl.Curl, code: int) -> None:
        done = time.monotonic_ns()
        transfer = self._busy.pop(handle)
        self._slots.give_back(done)
        outcome = classify(code, handle.getinfo(pycurl.OS_ERRNO)) if code else Outcome.OK
        self._opened += handle.getinfo(pycurl.NUM_CONNECTS)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        # libcurl counts from where we stamped `sent`, in whole microseconds.
        started = handle.getinfo(pycurl.STARTTRANSFER_TIME_T) * 1000
        self._row(
            transfer.target,
            transfer.intended,
            transfer.ready,
            transfer.sent,
            first_byte=min(done, transfer.sent + started) if status else -1,
            done=done,
            status=status,
            outcome=outcome,
            bytes_in=handle.getinfo(pycurl.SIZE_DOWNLOAD_T),
            bytes_out=handle.getinfo(pycurl.SIZE_UPLOAD_T),
        )
        if transfer.dials:
            handle.setopt(pycurl.FRESH_CONNECT, 0)
            transfer.dials = False
        if transfer.kept is None:
            self._idle[transfer.target].append(transfer)

    def _row(
        self,
        target: int,
        intended: int,
        ready: int = -1,
        sent: int = -1,
        *,
        first_byte: int = -1,
        done: int = -1,
        status: int = 0,
        outcome: int,
        bytes_in: int = 0,
        bytes_out: int = 0,
    ) -> None:
        """Note one hit, columns as in `Hits`."""
        flags = self._phase.flags if self._phase else 0
        if ready > intended:
            flags |= HitFlag.WAITED
        self._rows.extend(
            (intended, ready, sent, first_byte, done, status, outcome, bytes_in, bytes_out, target,
             flags)
        )  # fmt: skip

    def _hand_out(self, deliver: Deliver) -> None:
        if self._rows:
            rows = np.frombuffer(self._rows, np.int64).reshape(-1, len(Hits.columns()))
            self._rows = array("q")
            deliver(rows)

    def _give_up_unsent(self, phase: Phase, deliver: Deliver) -> None:
        """Send no more: what is left of the schedule is reported as never sent."""
        for first in range(self._next, self._count, _CHUNK):
            last = min(first + _CHUNK, self._count)
            deliver(unsent(phase, self._zero, first, last).rows())
        self._next = self._count

    def _give_up_busy(self, now: int) -> None:
        """Wait no longer for hits in flight."""
        for handle, transfer in list(self._busy.items()):
            self._reactor.cancel(handle)
            del self._busy[handle]
            self._slots.give_back(now)
            self._row(
                transfer.target,
                transfer.intended,
                transfer.ready,
                transfer.sent,
                done=now,
                outcome=Outcome.OTHER,
            )


def unsent(phase: Phase, zero_ns: int, first: int, last: int) -> Hits:
    """The hits from ``first`` up to, not with, ``last`` of a phase, as never sent."""
    intended = zero_ns + offsets(phase.schedule, first, last)
    never = np.full(len(intended), -1, np.int64)
    zeros = np.zeros(len(intended), np.int64)
    targets = np.array(phase.targets, np.int64)
    return Hits(
        intended=intended,
        ready=never,
        sent=never,
        first_byte=never,
        done=never,
        status=zeros,
        outcome=zeros + Outcome.NEVER_SENT,
        bytes_in=zeros,
        bytes_out=zeros,
        target=targets[np.arange(first, last) % len(targets)],
        flags=zeros + phase.flags,
    )
