"""What the driver and its workers say to each other: msgpack, and nothing that is pickled."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.wire import Failed
from heapwise.model.load import Plan

Message = TypeVar("Message", bound=msgspec.Struct)


class Judge(msgspec.Struct, frozen=True, kw_only=True):
    """To a worker, first: what it would be asked to send, for its own opinion.

    Attributes:
        version: of heapwise, which both must have.
        allow_remote: targets outside loopback and private networks are meant.
    """

    version: str
    plan: Plan
    allow_remote: bool


class Willing(msgspec.Struct, frozen=True, tag=True):
    """From a worker that would send it: who it is, and the addresses that hosts have there."""

    host: str
    addresses: dict[str, str]


class Clocks(msgspec.Struct, frozen=True):
    """A worker's clocks, read together: CLOCK_MONOTONIC and the wall clock, ns."""

    monotonic_ns: int
    wall_ns: int


class Join(msgspec.Struct, frozen=True):
    """To a worker: be a generator of this run, with this plan, until the driver lets go."""

    run: str
    plan: Plan


class Order(msgspec.Struct, frozen=True):
    """A phase to send, and its number in the run; `Phase.start_ns` is the worker's own clock's."""

    number: int
    phase: Phase


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """To a worker, some times a second: tell what has come.

    Attributes:
        received: bytes of rows that have arrived, of all that it ever made.
        order: what to send next; may be repeated.
        stop: number of a phase to end early, -1 for none.
        leave: the run is over.
    """

    run: str
    received: int = 0
    order: Order | None = None
    stop: int = -1
    leave: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """From a worker.

    Attributes:
        ready: number of the phase it waits for; -1 until its engine is there.
        rows: the next hits as int64[n, 12], little endian; times are of its CLOCK_MONOTONIC.
        more: there are more rows already.
        report: of the phase before the one it waits for.
        failed: why it will not go on.
    """

    ready: int = -1
    rows: bytes = b""
    more: bool = False
    report: PhaseReport | None = None
    failed: Failed | None = None


Verdict = Willing | Failed


def pack(message: msgspec.Struct) -> bytes:
    """A message as bytes."""
    return msgspec.msgpack.encode(message)


def unpack(data: bytes, kind: type[Message]) -> Message:
    """A message of a kind.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return msgspec.msgpack.decode(data, type=kind)
