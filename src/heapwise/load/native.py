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
from heapwise.load.engine import Control, Deliver, More, NewRate, Phase, PhaseReport, Stop
from heapwise.load.limits import socket_budget
from heapwise.load.pace import Pace
from heapwise.load.request import is_repeatable, request_bytes
from heapwise.load.unsent import unsent
from heapwise.load.wire import ROW
from heapwise.model.load import HitFlag, Pacing, Plan, Target
from heapwise.model.profile import Int64s
from heapwise.model.transport import Transport
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

Endpoint = tuple[Address, Address | None]
"""Where connections go, and where they come from if that matters."""

Request = tuple[int, bytes, int, bool, bool]
"""Number of the endpoint, what to send, how much of it is body; whether the response has none, and
whether it may be sent once more."""

_STEPS = {Pacing.PRECISE: 0, Pacing.MS: 1_000_000}


class NativeEngine:
    """Sends a plan with the C core; see `heapwise.load.engine.Engine`.

    Where the plan sets no cap, or one above what file descriptors allow, a hit that would need one
    more than there are ends at once as `Outcome.EMFILE`: the generator's fault, said so.

    A hit that finds no idle connection dials, and then takes whichever comes first: the new
    connection, or one that another hit gives back. ``sent`` is when it dialled.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._stock = _Stock(plan)
        budget = socket_budget()
        endpoints, targets = self._stock.of(plan.targets, plan.addresses)
        self._core = Core(
            endpoints=endpoints,
            targets=targets,
            most=min(plan.connections or budget, budget),
            capped=0 < plan.connections <= budget,
            keepalive=plan.keepalive,
            timeout_ns=plan.timeout_ns,
            step_ns=_STEPS[plan.pacing],
            most_kept=plan.transport.max_body,
            once=plan.streamed,
        )

    def run(self, phase: Phase, deliver: Deliver, control: Control) -> PhaseReport:
        """Send a whole phase; return when every hit has ended, or soon after `Stop`."""
        cpu = time.process_time_ns()
        run = _Run(self._core, self._stock, self._plan, phase, deliver)
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


class _Stock:
    """Endpoints and targets as the core has them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._places: dict[str, int] = {}
        self.size = 0

    def of(
        self, targets: tuple[Target, ...], addresses: dict[str, str]
    ) -> tuple[tuple[Endpoint, ...], tuple[Request, ...]]:
        """What to add to the core for targets that follow those before.

        Args:
            targets: as the plan has them.
            addresses: of the endpoints among theirs that are new.
        """
        plan = self._plan
        new: list[Endpoint] = []
        requests: list[Request] = []
        for target in targets:
            place = endpoint_of(target.url)
            if place not in self._places:
                self._places[place] = len(self._places)
                new.append((_address(place, addresses, plan.transport), _source(plan)))
            requests.append(
                (
                    self._places[place],
                    request_bytes(target, plan),
                    len(target.body),
                    target.method == "HEAD",
                    is_repeatable(target),
                )
            )
        self.size += len(targets)
        return tuple(new), tuple(requests)


class _Run:
    """A phase on its way through the core."""

    def __init__(
        self, core: Core, stock: _Stock, plan: Plan, phase: Phase, deliver: Deliver
    ) -> None:
        self._core = core
        self._stock = stock
        self._queue_limit = plan.queue_limit
        self._phase = phase
        self._deliver = deliver
        self._told = 0
        self.pace = Pace(phase.schedule, phase.share)
        self.stopped_at = 0
        self.queue_max = 0
        self._add(phase.more)
        keep = 0 if phase.flags & HitFlag.WARMUP else plan.save_bodies
        core.begin(phase.flags, keep, np.array(phase.targets or (0,), np.int64).tobytes())
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
                case More() as more:
                    self._add(more)
            if not self.stopped_at and self._overflows():
                self._stop()
            if not self.stopped_at:
                self._tell()
            elif time.monotonic_ns() > self.stopped_at + _GRACE_NS:
                self._core.abandon()
        self._hand_out()
        self._give_up_unsent()

    def _overflows(self) -> bool:
        """More hits wait for a connection than may."""
        return 0 < self._queue_limit < max(self._core.queue_max, self.queue_max)

    def _tell(self) -> None:
        """Tell the core what is due soon, or that there is no more."""
        elapsed = time.monotonic_ns() - self.zero
        if self.pace.saturates:
            self._core.saturate(self.zero + self.pace.duration_ns)
            if elapsed >= self.pace.duration_ns:
                self._core.complete()
            return
        last = min(self.pace.due_by(elapsed + _AHEAD_NS), self._known())
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

    def _known(self) -> int:
        """How many hits have a target; the others wait for theirs."""
        return self.pace.count if self._phase.targets else self._stock.size

    def _pairs(self, first: int, last: int) -> Int64s:
        """When hits are due and where they go, int64[n, 2]."""
        due = self.zero + self.pace.offsets(first, last)
        return np.column_stack([due, self._phase.targets_of(first, last)])

    def _add(self, more: More) -> None:
        self._core.add(*self._stock.of(more.targets, more.addresses))
        if more.last:
            self.pace.cut(self._stock.size)

    def _change(self, order: NewRate) -> None:
        """Change the rate from the first hit on that the core was not told of."""
        if not self._core.reopen():  # every hit had ended before anybody asked
            return
        elapsed = time.monotonic_ns() - self.zero
        told_until = self.pace.offset_ns(self._told - 1) if self._told else 0
        if self.pace.saturates:
            self._core.saturate(0)
        self.pace.change(order.rate, self._told, max(elapsed, told_until))

    def _stop(self) -> None:
        """Send no more: what is left of the schedule is reported as never sent."""
        self._core.stop()
        self.stopped_at = time.monotonic_ns()
        self.pace.cut(self._known())  # a hit whose target nobody has read is none

    def _hand_out(self) -> None:
        data = self._core.rows()
        if data:
            rows = np.frombuffer(bytearray(data), np.int64).reshape(-1, ROW)
            rows[:, -1] = self._phase.share.numbers(rows[:, -1])
            self._deliver(rows)

    def _give_up_unsent(self) -> None:
        """Report what the core was not told of, and what it did not send of what it was."""
        end = self._told if self.pace.saturates else self.pace.count
        for first in range(self._told - self._core.left, end, _CHUNK):
            last = min(first + _CHUNK, end)
            intended = self.zero + self.pace.offsets(first, last)
            self._deliver(unsent(self._phase, intended, first).numbered_rows())


def _address(place: str, addresses: dict[str, str], transport: Transport) -> Address:
    """Where connections to an endpoint go."""
    if transport.unix_socket:
        return (socket.AF_UNIX, transport.unix_socket, 0)
    return _family(addresses[place], int(port_text(place)))


def _source(plan: Plan) -> Address | None:
    """Where connections come from."""
    return _family(plan.transport.laddr, 0) if plan.transport.laddr else None


def _family(address: str, port: int) -> Address:
    return (socket.AF_INET6 if ":" in address else socket.AF_INET, address, port)
