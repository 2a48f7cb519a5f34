"""What an engine is: something that sends a phase of a plan on time and stamps every hit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from heapwise.model.load import Schedule
from heapwise.model.profile import Int64s

Deliver = Callable[[Int64s], None]
"""Takes hits as int64[n, 11], columns as `heapwise.model.load.Hits.columns`, times in ns of
CLOCK_MONOTONIC. Rows come in the order they end; every scheduled hit comes exactly once."""


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of load.

    Attributes:
        schedule: when.
        targets: indices into the plan's targets, sent in turn.
        flags: `HitFlag` bits that every hit of the phase carries: WARMUP or nothing.
    """

    schedule: Schedule
    targets: tuple[int, ...]
    flags: int = 0


class PhaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine fared.

    Attributes:
        zero_ns: CLOCK_MONOTONIC at which hit 0 was due.
        ended_ns: the same at the end.
        cpu_ns: CPU the engine's process used.
        connections_opened: in this phase.
        queue_max: most hits that were due and waiting for a connection at once.
        stopped: ended early on request.
        bodies: kept response bodies, decompressed, as (target, body).
    """

    zero_ns: int
    ended_ns: int
    cpu_ns: int
    connections_opened: int
    queue_max: int
    stopped: bool = False
    bodies: tuple[tuple[int, bytes], ...] = ()


class Engine(Protocol):
    """Sends phases one after another; connections stay open between them.

    The model is open: hit i is due at ``zero + t_i`` whatever became of those before it. A hit
    that finds no connection keeps its intended time and waits its turn.
    """

    def run(self, phase: Phase, deliver: Deliver, stop: Callable[[], bool]) -> PhaseReport:
        """Send a whole phase; return when every hit has ended, or soon after ``stop`` says so."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
