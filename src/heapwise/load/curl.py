"""The engine on libcurl's multi interface: one thread, any number of connections."""

from __future__ import annotations

import time
from array import array

import numpy as np
import pycurl

from heapwise.load.bodies import KeptBody
from heapwise.load.engine import Control, Deliver, More, NewRate, Phase, PhaseReport, Stop
from heapwise.load.lanes import Lane, Lanes, Transfer
from heapwise.load.limits import socket_budget
from heapwise.load.outcomes import classify
from heapwise.load.pace import Pace
from heapwise.load.reactor import Reactor
from heapwise.load.slots import Slots
from heapwise.load.unsent import unsent
from heapwise.load.wire import ROW
from heapwise.model.load import HitFlag, Hits, Outcome, Plan
from heapwise.units import NS_PER_S

_LEAD_NS = 20_000_000
"""From the call to the first hit: time to get ready."""

_TICK_NS = 50_000_000
"""How often rows are handed out and ``control`` is asked."""

_GRACE_NS = NS_PER_S
"""How long hits in flight may take to end once the run is stopped."""

_CHUNK = 1 << 16
"""Rows of never-sent hits handed out at once."""


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
        most = min(plan.connections or self._budget, self._budget)
        self._reactor = Reactor(self._ended, most, plan.transport.idle_connections)
        self._slots = Slots(plan.connections)
        self._lanes = Lanes(plan)
        self._busy: dict[pycurl.Curl, Transfer] = {}
        self._to_keep: list[int] = []
        self._rows = array("q")

    def run(self, phase: Phase, deliver: Deliver, control: Control) -> PhaseReport:
        """Send a whole phase; return when every hit has ended, or soon after `Stop`."""
        cpu = time.process_time_ns()
        self._begin(phase)
        tick = 0
        while self._more() or self._busy:
            now = time.monotonic_ns()
            if now >= tick:
                tick = now + _TICK_NS
                self._hand_out(deliver)
                overflows = 0 < self._plan.queue_limit < self._queue_max
                self._obey(Stop() if overflows else control(), deliver, now)
            if self._stopped_at and now > self._stopped_at + _GRACE_NS:
                self._give_up_busy(now)
            self._send_due(may_grow=True)
            for fd, events in self._reactor.wait(self._wake_at(tick)):
                self._reactor.handle(fd, events)
                # A hit that falls due between two events does not wait for the rest of them.
                self._send_due(may_grow=False)
        self._hand_out(deliver)
        return PhaseReport(
            zero_ns=self._zero,
            ended_ns=time.monotonic_ns(),
            cpu_ns=time.process_time_ns() - cpu,
            connections_opened=self._opened,
            queue_max=self._queue_max,
            stopped=self._stopped_at > 0,
            changes=self._pace.changes,
            bodies=tuple((target, kept.content()) for target, kept in self._kept),
        )

    def close(self) -> None:
        """Close every connection."""
        for handle in list(self._busy):
            self._reactor.cancel(handle)
        self._busy.clear()
        self._lanes.clear()
        self._reactor.close()

    def _begin(self, phase: Phase) -> None:
        """Set up everything that belongs to one phase."""
        self._phase = phase
        self._pace = Pace(phase.schedule, phase.share)
        self._zero = phase.start_ns or time.monotonic_ns() + _LEAD_NS
        self._next = 0
        self._stopped_at = 0
        self._opened = 0
        self._queue_max = 0
        self._kept: list[tuple[int, KeptBody]] = []
        self._keep = 0 if phase.flags & HitFlag.WARMUP else self._plan.save_bodies
        self._to_keep = [self._keep] * self._lanes.targets
        self._add(phase.more)

    def _add(self, more: More) -> None:
        self._lanes.add(more.targets, more.addresses)
        self._to_keep += [self._keep] * len(more.targets)
        if more.last:
            self._pace.cut(self._known())

    def _known(self) -> int:
        """How many hits have a target; the others wait for theirs."""
        return self._pace.count if self._phase.targets else self._lanes.targets

    def _more(self) -> bool:
        """True while hits are due, or will be."""
        elapsed = time.monotonic_ns() - self._zero
        return not self._stopped_at and not self._pace.is_over(self._next, elapsed)

    def _wake_at(self, tick: int) -> int:
        """When there is something to do, if no socket says so before."""
        if not self._more() or not self._slots.any_free() or self._next >= self._known():
            return tick
        return min(tick, self._zero + self._pace.offset_ns(self._next))

    def _obey(self, command: Stop | NewRate | More | None, deliver: Deliver, now: int) -> None:
        match command:
            case Stop() if not self._stopped_at:
                self._stopped_at = now
                self._pace.cut(self._known())  # a hit whose target nobody has read is none
                self._give_up_unsent(deliver)
            case NewRate() if not self._stopped_at:
                self._pace.change(command.rate, self._next, now - self._zero)
            case More():
                self._add(command)

    def _send_due(self, *, may_grow: bool) -> None:
        """Send what is due, on at most one connection more than there are, and none otherwise.

        Between two new ones the responses that have come are looked at. Without this an engine
        that is late once dials for every overdue hit, gets later by dialling, and never recovers.
        """
        if self._stopped_at:
            return
        targets = self._phase.targets
        due = min(self._pace.due_by(time.monotonic_ns() - self._zero), self._known())
        while self._next < due:
            if not self._slots.any_free():
                if not self._pace.saturates:
                    self._queue_max = max(self._queue_max, due - self._next)
                return
            turn, which = divmod(self._next, len(targets)) if targets else (self._next, 0)
            lane = self._lanes.lane(targets[which] if targets else turn, turn)
            grows = not lane.idle or self._to_keep[lane.target] > 0
            if grows and not may_grow:
                return
            may_grow = may_grow and not grows
            self._send(lane, self._zero + self._pace.offset_ns(self._next))

    def _send(self, lane: Lane, intended: int) -> None:
        number = self._next
        self._next += 1
        ready = self._slots.take(intended)
        if self._pace.saturates:
            intended = ready
        if len(self._busy) >= self._budget:
            now = time.monotonic_ns()
            self._slots.give_back(now)
            failed = Transfer(lane.template, lane, number, intended, ready, now)
            self._row(failed, done=now, outcome=Outcome.EMFILE)
            return
        transfer = self._transfer(lane)
        transfer.number = number
        transfer.intended = intended
        transfer.ready = ready
        self._busy[transfer.handle] = transfer
        transfer.sent = time.monotonic_ns()
        self._reactor.start(transfer.handle)

    def _transfer(self, lane: Lane) -> Transfer:
        """The handle used last, as its connection is the warmest; or a new one."""
        kept = None
        if self._to_keep[lane.target]:
            self._to_keep[lane.target] -= 1
            kept = KeptBody(self._plan.transport.max_body)
            self._kept.append((lane.target, kept))
        elif lane.idle:
            return self._lanes.take(lane)
        handle = lane.template.duphandle()
        if kept:
            kept.attach(handle)
        # libcurl looks for an idle connection in time proportional to those it has. In a stall
        # there are thousands, all busy, and looking would make every new one slower.
        dials = self._plan.keepalive and not lane.shares and not self._lanes.any_idle()
        if dials:
            handle.setopt(pycurl.FRESH_CONNECT, 1)
        return Transfer(handle, lane, kept=kept, dials=dials)

    def _ended(self, handle: pycurl.Curl, code: int) -> None:
        done = time.monotonic_ns()
        transfer = self._busy.pop(handle)
        self._slots.give_back(done)
        lane = transfer.lane
        outcome = Outcome.OK
        if code:
            outcome = classify(code, handle.getinfo(pycurl.OS_ERRNO), handle.errstr())
        if lane.shares and not code:
            lane.shares = handle.getinfo(pycurl.INFO_HTTP_VERSION) > pycurl.CURL_HTTP_VERSION_1_1
        self._opened += handle.getinfo(pycurl.NUM_CONNECTS)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        # libcurl counts from where we stamped `sent`, in whole microseconds.
        started = handle.getinfo(pycurl.STARTTRANSFER_TIME_T) * 1000
        self._row(
            transfer,
            first_byte=min(done, transfer.sent + started) if status else -1,
            done=done,
            status=status,
            outcome=outcome,
            bytes_in=handle.getinfo(pycurl.SIZE_DOWNLOAD_T),
            # Without the framing of chunks, which libcurl counts.
            bytes_out=min(handle.getinfo(pycurl.SIZE_UPLOAD_T), lane.body_length),
        )
        if transfer.dials:
            handle.setopt(pycurl.FRESH_CONNECT, 0)
            transfer.dials = False
        if transfer.kept is None:
            self._lanes.give_back(transfer)

    def _row(
        self,
        transfer: Transfer,
        *,
        done: int,
        first_byte: int = -1,
        status: int = 0,
        outcome: int,
        bytes_in: int = 0,
        bytes_out: int = 0,
    ) -> None:
        """Note one hit, columns as in `Hits.numbered_rows`, its number the share's own."""
        flags = self._phase.flags
        if transfer.ready > transfer.intended:
            flags |= HitFlag.WAITED
        self._rows.extend(
            (transfer.intended, transfer.ready, transfer.sent, first_byte, done, status, outcome,
             bytes_in, bytes_out, transfer.lane.target, flags, transfer.number)
        )  # fmt: skip

    def _hand_out(self, deliver: Deliver) -> None:
        if self._rows:
            rows = np.frombuffer(self._rows, np.int64).reshape(-1, ROW)
            rows[:, -1] = self._phase.share.numbers(rows[:, -1])
            self._rows = array("q")
            deliver(rows)

    def _give_up_unsent(self, deliver: Deliver) -> None:
        """Send no more: what is left of the schedule is reported as never sent.

        A closed loop leaves nothing: no hit of it was due before a connection was free.
        """
        end = self._next if self._pace.saturates else self._pace.count
        for first in range(self._next, end, _CHUNK):
            deliver(self._unsent(first, min(first + _CHUNK, end)).numbered_rows())

    def _give_up_busy(self, now: int) -> None:
        """Wait no longer for hits in flight."""
        for handle, transfer in list(self._busy.items()):
            self._reactor.cancel(handle)
            del self._busy[handle]
            self._slots.give_back(now)
            self._row(transfer, done=now, outcome=Outcome.OTHER)

    def _unsent(self, first: int, last: int) -> Hits:
        """The hits from ``first`` up to, not with, ``last``, as never sent."""
        intended = self._zero + self._pace.offsets(first, last)
        return unsent(self._phase, intended, first)
