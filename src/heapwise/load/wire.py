"""What the driver and its worker say to each other: length-prefixed msgpack over pipes."""

from __future__ import annotations

import struct
from typing import TypeVar

import msgspec
import numpy as np

from heapwise.errors import HeapwiseError
from heapwise.load.engine import More, NewRate, Phase, PhaseReport, Stop
from heapwise.model.load import Hits, Plan
from heapwise.model.profile import Int64s

_LENGTH = struct.Struct("<I")

ROW = len(Hits.columns()) + 1
"""Columns of `Hits.numbered_rows`."""

_STAMPS = tuple(
    Hits.columns().index(name) for name in ("intended", "ready", "sent", "first_byte", "done")
)

MAX_FRAME = 1 << 30
"""Longer than any plan with its bodies; a longer one is garbage on the pipe."""


class Begin(msgspec.Struct, frozen=True, tag=True):
    """To the worker, once: the plan."""

    plan: Plan


class Run(msgspec.Struct, frozen=True, tag=True):
    """To the worker: send a phase."""

    phase: Phase


class Rows(msgspec.Struct, frozen=True, tag=True):
    """From the worker: hits as int64[n, 12] in native byte order."""

    data: bytes

    @classmethod
    def of(cls, rows: Int64s) -> Rows:
        """Pack rows."""
        return cls(rows.tobytes())

    def rows(self) -> Int64s:
        """Unpack rows."""
        return np.frombuffer(self.data, np.int64).reshape(-1, ROW)


class Body(msgspec.Struct, frozen=True, tag=True):
    """From the worker, before the phase's end: a kept response body."""

    target: int
    content: bytes


class Finished(msgspec.Struct, frozen=True, tag=True):
    """From the worker: the phase has ended; its bodies went before."""

    report: PhaseReport


class Failed(msgspec.Struct, frozen=True, tag=True):
    """From the worker, which then ends: an error made for people."""

    what: str
    why: str
    hint: str

    @classmethod
    def of(cls, error: HeapwiseError) -> Failed:
        """Pack an error."""
        return cls(error.what, error.why, error.hint)


ToWorker = Begin | Run | Stop | NewRate | More
FromWorker = Rows | Body | Finished | Failed
Message = TypeVar("Message")


def hits_since(zero_ns: int, rows: Int64s) -> Hits:
    """Rows as hits whose times are relative to ``zero_ns`` of their clock; -1 stays -1."""
    relative = rows.astype(np.int64)
    for column in _STAMPS:
        stamps = relative[:, column]
        np.subtract(stamps, zero_ns, out=stamps, where=stamps >= 0)
    return Hits.from_rows(relative)


def frame(message: msgspec.Struct) -> bytes:
    """One message with its length in front."""
    data = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(data)) + data


class Inbox:
    """Bytes of a pipe become messages.

    Args:
        kinds: the union of message types to expect.
    """

    def __init__(self, kinds: object) -> None:
        self._buffer = bytearray()
        self._decoder = msgspec.msgpack.Decoder(kinds)

    def feed(self, data: bytes) -> None:
        """Add what was read."""
        self._buffer += data

    def take(self) -> object | None:
        """The next complete message, or None.

        Raises:
            ValueError: what was fed is not a message.
        """
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > MAX_FRAME:
            raise ValueError(f"a message of {length} bytes")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        data = bytes(memoryview(self._buffer)[_LENGTH.size : end])
        del self._buffer[:end]
        message: object = self._decoder.decode(data)
        return message
