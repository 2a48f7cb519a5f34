"""The engine in C: plain HTTP/1.1 over TCP and unix sockets; `http1/loop.h` says how it works.

Its thread sends and receives without the interpreter. This one tells it what is due a little ahead,
and hands on what has come.
"""

from __future__ import annotations

import socket
import time
from threading import Thread

import numpy as np

from heapwise.formats.endpoints import endpoint_of, port_text
from heapwise.load._engine import Engine as Core
from heapwise.load.bodies import decompressed
from heapwise.load.engine import Control, Deliver, NewRate, Phase, PhaseReport, Stop
from heapwise.load.limits import socket_budget
from heapwise.load.pace import Pace
from heapwise.load.request import is_repeatable, request_bytes
from heapwise.load.unsent import unsent
from heapwise.model.load import HitFlag, Hits, Pacing, Plan
from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S

_LEAD_NS = 20_000_000
"""From the call to the first hit: time to get ready."""

_TICK_S = 0.02
"""How often rows are handed out, `control` is asked, and what is due is told."""

_AHEAD_NS = 200_000_000
"""How far ahead: if this thread is not scheduled for so long, hits are late."""

_GRACE_NS = NS_PER_S
"""How long hits in flight may take to end once the run is stopped."""

_CHUNK = 1 << 14
"""Hits told at once, and rows of never-sent hits handed out at once."""

Address = tuple[int, str, int]
"""Family, address or path, port."""

_STEPS = {Pacing.PRECISE: 0, Pacing.MS: 1_000_000}


class NativeEngine:
    """Sends a plan with the C core; see `heapwise.load.engine.Engine`.

    Where the plan sets no cap, a hit that would need more connections than file descriptors allow
    ends at once as `Outcome.EMFILE`: the generator's fault, said so.

    A hit that finds no idle connection dials, and then takes whichever comes first: the new
    connection, or one that another hit gives back. ``sent`` is when it dialled.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        budget = socket_budget()
        places = list(dict.fromkeys(endpoint_of(target.url) for target in plan.targets))
        self._core = Core(
            endpoints=tuple((_address(place, plan), _source(plan)) for place in places),
            targets=tuple(
                (
                    places.index(endpoint_of(target.url)),
                    request_bytes(target, plan),
                    len(target.body),
                    target.method == "HEAD",
                    is_repeatable(target),
                )
                for target in plan.targets
            ),
            most=min(plan.connections or budget, budget),
            capped=plan.connections > 0,
            keepalive=plan.keepalive,
            timeout_ns=plan.timeout_ns,
            step_ns=_STEPS[plan.pacing],
            most_kept=plan.transport.max_body,
        )

    def run(self, phase: Phase, deliver: Deliver, control: Control) -> PhaseReport:
        """Send a whole phase; return when every hit has ended, or soon after `Stop`."""
        cpu = time.process_time_ns()
        run = _Run(self._core, phase, deliver, keep=self._plan.save_bodies)
        run.follow(control)
        bodies = tuple(
            (target, decompressed(data, encoding, self._plan.transport.max_body))
            for target, encoding, data in self._core.bodies()
        )
        return PhaseReport(
            zero_ns=run.zero,
            ended_ns=time.monotonic_ns(),
            cpu_ns=time.process_time_ns() - cpu,
            connections_opened=self._core.opened,
            queue_max=max(self._core.queue_max, run.queue_max),
            stopped=run.stopped_at > 0,
            changes=run.pace.changes,
            bodies=bodies,
        )

    def close(self) -> None:
        """Close every connection."""
        self._core.close()


class _Run:
    """A phase on its way through the core."""

    def __init__(self, core: Core, phase: Phase, deliver: Deliver, *, keep: int) -> None:
        self._core = core
        self._phase = phase
        self._deliver = deliver
        self._targets = np.array(phase.targets, np.int64)
        self._told = 0
        self.pace = Pace(phase.schedule, phase.share)
        self.stopped_at = 0
        self.queue_max = 0
        core.begin(phase.flags, 0 if phase.flags & HitFlag.WARMUP else keep)
        # A closed loop begins at once: it has no schedule to be ready for.
        lead = 0 if self.pace.saturates else _LEAD_NS
        self.zero = phase.start_ns or time.monotonic_ns() + lead

    def follow(self, control: Control) -> None:
        """Until every hit has ended."""
        self._tell()
        thread = Thread(target=self._core.drive, name="load", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_TICK_S)
            self._hand_out()
            match control():
                case Stop() if not self.stopped_at:
                    self._stop()
                case NewRate() as order if not self.stopped_at:
                    self._change(order)
            if not self.stopped_at:
                self._tell()
            elif time.monotonic_ns() > self.stopped_at + _GRACE_NS:
                self._core.abandon()
        self._hand_out()
        self._give_up_unsent()

    def _tell(self) -> None:
        """Tell the core what is due soon, or that there is no more."""
        elapsed = time.monotonic_ns() - self.zero
        if self.pace.saturates:
            self._core.saturate(self.zero + self.pace.duration_ns)
            if elapsed >= self.pace.duration_ns:
                self._core.complete()
            return
        last = self.pace.due_by(elapsed + _AHEAD_NS)
        while self._told < last:
            end = min(last, self._told + _CHUNK)
            took = self._core.feed(self._pairs(self._told, end).tobytes())
            self._told += took
            if not took:  # the core's own count ends where its ring does
                queue = self.pace.due_by(elapsed) - (self._told - self._core.left)
                self.queue_max = max(self.queue_max, queue)
                return
        if self._told == self.pace.count:
            self._core.complete()

    def _pairs(self, first: int, last: int) -> Int64s:
        """When hits are due and where they go, int64[n, 2]."""
        turns = np.arange(first, last) % len(self._targets)
        return np.column_stack([self.zero + self.pace.offsets(first, last), self._targets[turns]])

    def _change(self, order: NewRate) -> None:
        """Change the rate from the first hit on that the core was not told of."""
        elapsed = time.monotonic_ns() - self.zero
        told_until = self.pace.offset_ns(self._told - 1) if self._told else 0
        if self.pace.saturates:
            self._core.saturate(0)
        self.pace.change(order.rate, self._told, max(elapsed, told_until))

    def _stop(self) -> None:
        """Send no more: what is left of the schedule is reported as never sent."""
        self._core.stop()
        self.stopped_at = time.monotonic_ns()

    def _hand_out(self) -> None:
        data = self._core.rows()
        if data:
            self._deliver(np.frombuffer(data, np.int64).reshape(-1, len(Hits.columns())))

    def _give_up_unsent(self) -> None:
        """Report what the core was not told of, and what it did not send of what it was."""
        end = self._told if self.pace.saturates else self.pace.count
        for first in range(self._told - self._core.left, end, _CHUNK):
            last = min(first + _CHUNK, end)
            intended = self.zero + self.pace.offsets(first, last)
            self._deliver(unsent(self._phase, intended, first).rows())


def _address(place: str, plan: Plan) -> Address:
    """Where connections to an endpoint go."""
    if plan.transport.unix_socket:
        return (socket.AF_UNIX, plan.transport.unix_socket, 0)
    return _family(plan.addresses[place], int(port_text(place)))


def _source(plan: Plan) -> Address | None:
    """Where connections come from."""
    return _family(plan.transport.laddr, 0) if plan.transport.laddr else None


def _family(address: str, port: int) -> Address:
    return (socket.AF_INET6 if ":" in address else socket.AF_INET, address, port)
