"""Load: what to send, when, and what came back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag, StrEnum
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from heapwise.model.cluster import ClusterWorker
from heapwise.model.generator import Generator
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import Percentiles
from heapwise.model.schedules import ConstantRate, RateChange, Schedule
from heapwise.model.transport import Transport

__all__ = [
    "ConstantRate",
    "HitFlag",
    "Hits",
    "LoadReport",
    "LoadResult",
    "Outcome",
    "Pacing",
    "Plan",
    "Schedule",
    "Target",
]

Mask = npt.NDArray[np.bool_]


class Target(msgspec.Struct, frozen=True):
    """One request template.

    Attributes:
        headers: name and value pairs in the order they are sent; names keep their case.
        body: the bytes to send.
        body_file: where the body came from, for people; never read again.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_file: str = ""


class Pacing(StrEnum):
    """How closely an engine keeps to the schedule."""

    PRECISE = "precise"
    """Wake up for every hit."""
    MS = "1ms"
    """Wake up once a millisecond and send what is due: a third of the CPU, in small bursts."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything needed to drive the same load again.

    Attributes:
        targets: sent in turn: hit i goes to target i modulo their number.
        apart: driven one after another instead, each for the whole schedule.
        warmup_ns: load before the first fence, in no figure.
        connections: how many may be open at once; 0 is no limit of ours.
        timeout_ns: for one request, connection set-up included; 0 for none.
        engine: which engine sends: one of `heapwise.load.choose.ENGINES`.
        pacing: how closely the native engine keeps to the schedule.
        keepalive: reuse connections.
        save_bodies: how many response bodies per target to keep for an oracle.
        seed: for everything drawn at random.
        addresses: the resolved addresses the run is pinned to, ``host:port -> address``.
        transport: how the requests travel.
        name: of the load, sent with every request and kept with every hit; empty for none.
        streamed: each target is sent once, and these are but the first of them.
        queue_limit: hits that may be due and waiting for a connection at once before the load is
            ended; 0 for no limit.
    """

    targets: tuple[Target, ...]
    schedule: Schedule
    warmup_ns: int = 3_000_000_000
    connections: int = 0
    timeout_ns: int = 30_000_000_000
    engine: str = "curl"
    pacing: Pacing = Pacing.PRECISE
    keepalive: bool = True
    apart: bool = False
    save_bodies: int = 0
    seed: int = 0
    addresses: dict[str, str] = {}
    transport: Transport = Transport()
    name: str = ""
    streamed: bool = False
    queue_limit: int = 0


class Outcome(IntEnum):
    """How a hit ended. The order is stored in recordings: append only."""

    OK = 0
    """A complete response, whatever its status."""
    REFUSED = 1
    RESET = 2
    TIMEOUT = 3
    EARLY_EOF = 4
    PROTOCOL = 5
    TLS = 6
    DNS = 7
    EMFILE = 8
    """The generator ran out of file descriptors: its own fault."""
    EADDRNOTAVAIL = 9
    """The generator ran out of local ports: its own fault."""
    UNREACHABLE = 10
    NEVER_SENT = 11
    """Due, but the run ended first."""
    OTHER = 12
    REDIRECT = 13
    """More redirects than are followed, or one that leads away from the pinned addresses."""

    @property
    def label(self) -> str:
        """The class as reports print it."""
        return self.name.lower().replace("_", " ")

    @property
    def generators_fault(self) -> bool:
        """True where the generator, not the service, failed."""
        return self in (Outcome.EMFILE, Outcome.EADDRNOTAVAIL)


class HitFlag(IntFlag):
    """Bits of the ``flags`` column."""

    WAITED = 1
    """No connection was free when the hit was due."""
    WARMUP = 2
    """Sent before the figures begin."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hits:
    """Hits as columns, int64[n] each, one row per scheduled request, the never-sent ones too.

    Attributes:
        intended: when the schedule wanted it sent, ns since the run's zero.
        ready: when it was both due and had a connection; -1 if never.
        sent: just before it was handed to the socket; -1 if never.
        first_byte: first byte of the response; -1 if none.
        done: last byte of the response, or the moment it failed; -1 if never sent.
        status: HTTP status, 0 without a response.
        outcome: `Outcome`.
        bytes_in: body bytes received, as on the wire (compressed).
        bytes_out: body bytes sent.
        target: index into the plan's targets.
        flags: `HitFlag` bits.
        number: which hit of its phase it is, counted from 0 in the order they were due; None where
            nobody tells, as of hits that were stored: there they are in the order they ended.
    """

    intended: Int64s
    ready: Int64s
    sent: Int64s
    first_byte: Int64s
    done: Int64s
    status: Int64s
    outcome: Int64s
    bytes_in: Int64s
    bytes_out: Int64s
    target: Int64s
    flags: Int64s
    number: Int64s | None = None

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The names of the columns that are stored, in their order."""
        return tuple(column.name for column in fields(cls) if column.name != "number")

    @classmethod
    def from_rows(cls, rows: Int64s) -> Self:
        """Hits from int64[n, 11], columns in `columns` order, or int64[n, 12], with `number`."""
        names = cls.columns() if rows.shape[1] == len(cls.columns()) else (*cls.columns(), "number")
        return cls(**{name: rows[:, index] for index, name in enumerate(names)})

    @classmethod
    def empty(cls) -> Self:
        """No hits."""
        return cls.from_rows(np.empty((0, len(cls.columns())), np.int64))

    def rows(self) -> Int64s:
        """The same as int64[n, 11]."""
        return np.column_stack([getattr(self, name) for name in self.columns()])

    def numbered_rows(self) -> Int64s:
        """The same with `number`, as int64[n, 12].

        Raises:
            ValueError: nobody told which hits they are.
        """
        if self.number is None:
            raise ValueError("hits without numbers")
        return np.column_stack([self.rows(), self.number])

    def __len__(self) -> int:
        return len(self.intended)

    @property
    def good(self) -> Mask:
        """Which of them had a complete response with a status from 200 to 399."""
        answered = (self.status >= 200) & (self.status < 400)
        good: Mask = answered & (self.outcome == Outcome.OK)
        return good

    def select(self, where: Mask | slice | Int64s) -> Self:
        """The hits where a mask is true or with these indices; of a slice a view."""
        number = None if self.number is None else self.number[where]
        return type(self)(
            **{name: getattr(self, name)[where] for name in self.columns()}, number=number
        )


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one target, or all of them, did under load.

    Attributes:
        target: ``METHOD URL``, or ``all`` for the total.
        scheduled: hits the schedule wanted.
        sent: hits that left.
        succeeded: complete responses with a status from 200 to 399.
        statuses: count per HTTP status, as text.
        errors: count per error class, `Outcome.label`.
        generator_errors: of these, the generator's own.
        bytes_in: body bytes received on the wire.
        bytes_out: body bytes sent.
        span_ns: from the first intended hit to the last completed.
        asked_rate: hits per second the schedule asks for, in the mean; 0 where it asks for what
            the connections can do.
        achieved_rate: hits per second that were sent, over the time from first to last.
        throughput: successes per second of the span.
        latency: from the intended time, so that a stall counts for all who waited.
        service: from the time it was sent.
        lag: from due and a connection free to sent: the generator's own delay.
        slot_wait: from due to a connection free.
        waited: hits that found no free connection.
    """

    target: str
    scheduled: int
    sent: int
    succeeded: int
    statuses: dict[str, int]
    errors: dict[str, int]
    generator_errors: int
    bytes_in: int
    bytes_out: int
    span_ns: int
    asked_rate: float
    achieved_rate: float
    throughput: float
    latency: Percentiles | None
    service: Percentiles | None
    lag: Percentiles | None
    slot_wait: Percentiles | None
    waited: int


class LoadResult(msgspec.Struct, frozen=True):
    """The total and one report per target.

    Attributes:
        total: of all targets.
        per_target: in the order of the plan.
        changes: the rates that were set while it ran; empty where the schedule was followed.
        generator: how the load was made; None where nobody knows which engine sent.
        workers: the machines that made it together; empty where it was one.
    """

    total: LoadReport
    per_target: tuple[LoadReport, ...]
    changes: tuple[RateChange, ...] = ()
    generator: Generator | None = None
    workers: tuple[ClusterWorker, ...] = ()
