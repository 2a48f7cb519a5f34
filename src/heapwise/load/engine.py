"""What an engine is: something that sends a phase of a plan on time and stamps every hit."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import msgspec
import numpy as np

from heapwise.load.share import WHOLE, Share
from heapwise.model.generator import EngineUsage, Stock
from heapwise.model.load import Schedule, Target
from heapwise.model.profile import Int64s
from heapwise.model.schedules import RateChange

Deliver = Callable[[Int64s], None]
"""Takes hits as int64[n, 12], as `heapwise.model.load.Hits.numbered_rows`, times in ns of
CLOCK_MONOTONIC. Rows come in the order they end; every scheduled hit comes exactly once."""


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End the phase early."""


class NewRate(msgspec.Struct, frozen=True, tag=True):
    """Send what is left of the phase at this many requests per this many seconds."""

    numerator: int
    denominator: int

    @property
    def rate(self) -> Fraction:
        """Requests per second."""
        return Fraction(self.numerator, self.denominator)


class More(msgspec.Struct, frozen=True, tag=True):
    """The next targets of a plan that streams them.

    Attributes:
        targets: those that follow the ones before.
        addresses: as `Plan.addresses`, of endpoints that were not known yet.
        last: no others follow, and the phase ends with them.
    """

    targets: tuple[Target, ...] = ()
    addresses: dict[str, str] = {}
    last: bool = False


Control = Callable[[], Stop | NewRate | More | None]
"""What somebody wants of a phase that is being sent, or None; asked some twenty times a second."""


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of load.

    Attributes:
        schedule: when.
        targets: indices into the plan's targets, sent in turn; none where hit i goes to target i.
        flags: `HitFlag` bits that every hit of the phase carries: WARMUP or nothing.
        share: of the schedule's hits, where several generators follow it together; `targets` are
            those that the share's own hits take in turn.
        start_ns: CLOCK_MONOTONIC at which the schedule starts; 0 for as soon as the engine can.
        more: targets that the plan does not have yet.
    """

    schedule: Schedule
    targets: tuple[int, ...]
    flags: int = 0
    share: Share = WHOLE
    start_ns: int = 0
    more: More = More()

    def targets_of(self, first: int, last: int) -> Int64s:
        """The targets of the phase's hits from ``first`` up to, not with, ``last``."""
        hits = np.arange(first, last)
        return np.array(self.targets, np.int64)[hits % len(self.targets)] if self.targets else hits


class PhaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine fared.

    Attributes:
        zero_ns: CLOCK_MONOTONIC at which the schedule started.
        ended_ns: the same at the end.
        cpu_ns: CPU the engine's process used.
        connections_opened: in this phase.
        queue_max: most hits that were due and waiting for a connection at once.
        stopped: ended early on request.
        changes: the rates that were set on request.
        bodies: kept response bodies, decompressed, as (target, body).
        descriptors: as in `EngineUsage`; here and below, told by who runs the engine.
        ports: the same.
    """

    zero_ns: int
    ended_ns: int
    cpu_ns: int
    connections_opened: int
    queue_max: int
    stopped: bool = False
    changes: tuple[RateChange, ...] = ()
    bodies: tuple[tuple[int, bytes], ...] = ()
    descriptors: Stock | None = None
    ports: Stock | None = None

    @property
    def usage(self) -> EngineUsage:
        """What a report says of the generator."""
        return EngineUsage(
            cpu_ns=self.cpu_ns,
            elapsed_ns=self.ended_ns - self.zero_ns,
            connections_opened=self.connections_opened,
            queue_max=self.queue_max,
            descriptors=self.descriptors,
            ports=self.ports,
        )


class Engine(Protocol):
    """Sends phases one after another; connections stay open between them.

    The model is open: hit i is due at ``zero + t_i`` whatever became of those before it. A hit
    that finds no connection keeps its intended time and waits its turn. A phase that saturates is
    a closed loop instead: a hit is due the moment a connection is free for it, and the first hits
    are due at the start. `heapwise.load.pace.Pace` knows both, and what `NewRate` does to them.
    """

    def run(self, phase: Phase, deliver: Deliver, control: Control) -> PhaseReport:
        """Send a whole phase; return when every hit has ended, or soon after `Stop`."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
