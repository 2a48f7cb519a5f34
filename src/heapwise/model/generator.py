"""The load generator itself: what it used, and how near it came to its own limits."""

from __future__ import annotations

import msgspec

ENGINE_EVENT = "engine"
"""Kind of the event in a recording that carries an `EngineUsage`."""


class Stock(msgspec.Struct, frozen=True):
    """Something that the system gives out in a limited number."""

    used: int
    limit: int


class EngineUsage(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine's process used for one phase.

    Attributes:
        cpu_ns: CPU, in all its threads.
        elapsed_ns: from the moment hit 0 was due until the last one ended.
        connections_opened: in this phase.
        queue_max: most hits that were due and waiting for a connection at once.
        descriptors: file descriptors open at the end, with the connections still kept, and how
            many the process may have.
        ports: local ports held at the end towards the busiest address, those of closed connections
            that the kernel still keeps too; and how many there are for one address. None where
            nobody knows, or none are needed.
    """

    cpu_ns: int
    elapsed_ns: int
    connections_opened: int
    queue_max: int
    descriptors: Stock | None = None
    ports: Stock | None = None

    @property
    def cpu_share(self) -> float:
        """CPU over the time that passed; 1 is a whole CPU."""
        return self.cpu_ns / max(1, self.elapsed_ns)


class Generator(msgspec.Struct, frozen=True, kw_only=True):
    """How a run's load was made.

    Attributes:
        engine: which engine sent.
        pacing: how closely it kept to the schedule.
        most_in_flight: most requests at once that were sent and had not ended.
        cpu_share: as in `EngineUsage`, of the phase with the most. Here and below, None where it
            was not told.
        connections_opened: in all phases that count.
        queue_max: as in `EngineUsage`.
        queue_limit: beyond which the load was to be ended; 0 for none.
        descriptors: as in `EngineUsage`, at their scarcest.
        ports: the same.
    """

    engine: str
    pacing: str
    most_in_flight: int
    cpu_share: float | None = None
    connections_opened: int | None = None
    queue_max: int | None = None
    queue_limit: int = 0
    descriptors: Stock | None = None
    ports: Stock | None = None
