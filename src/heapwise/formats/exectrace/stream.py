"""A trace, generation by generation."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from heapwise.formats._exectrace import Reader
from heapwise.formats.exectrace.header import HEADER_SIZE, read_version
from heapwise.formats.exectrace.limits import LIMITS, Limits
from heapwise.formats.exectrace.stacks import Stacks
from heapwise.model.exectrace import ClockSnapshot, Events, Generation, TraceDamage
from heapwise.units import NS_PER_S

_CHUNK = 1 << 20
_OLD = 22  # the versions below are of another kind
_LOST = {
    False: "the frequency of its clock is lost: its times assume units of 64 ns",
    True: "the frequency of its clock is lost: its times are in ticks",
}


def open_trace(source: BinaryIO, *, limits: Limits = LIMITS) -> TraceStream:
    """Begin to read a trace; the rest is read while it is iterated.

    Args:
        source: at the trace's first byte. It need not be seekable.
        limits: how much is held in memory.

    Raises:
        ProfileError: it is no trace, or one of a version that heapwise does not know. What is
            damaged later raises nothing: see `TraceStream.damage`.
    """
    return TraceStream(source, read_version(source), limits)


class TraceStream:
    """The generations of one trace, once.

    Attributes:
        version: of the format, as ``go 1.26``; Go 1.27 writes that too.
        size: bytes that were read so far.
        damage: after the last generation, why there are no more; None at the trace's proper end.
    """

    def __init__(self, source: BinaryIO, version: int, limits: Limits) -> None:
        self.version = f"go 1.{version}"
        self.size = HEADER_SIZE
        self.damage: TraceDamage | None = None
        self._source = source
        self._limits = limits
        self._is_old = version < _OLD
        self._reader = Reader(version, secrets.randbits(64), limits.generation, limits.entries)

    @property
    def disordered(self) -> int:
        """Events that contradict those before and were taken by time: none in a whole trace."""
        return self._reader.disordered

    def __iter__(self) -> Iterator[Generation]:
        rest, last = memoryview(b""), False
        left = self._limits.generations
        while True:
            consumed, complete = self._reader.feed(rest, last)
            rest = rest[consumed:]
            if complete and not left:
                self.damage = TraceDamage(
                    self.size - len(rest), "it has more generations than heapwise wants to read"
                )
                return
            if complete:
                left -= 1
                yield from self._parts()
            elif last or self._reader.damage:
                break
            else:
                chunk = self._source.read(_CHUNK)
                self.size += len(chunk)
                rest, last = memoryview(bytes(rest) + chunk), not chunk
        if self._reader.damage and not self.damage:
            self.damage = TraceDamage(*self._reader.damage)

    def _parts(self) -> Iterator[Generation]:
        """The complete generation in pieces of at most `Limits.events`, at least one."""
        number, size, strings, ids, ends, frames, snapshot, timed = self._reader.generation()
        self._note_damage(timed=timed)
        table = Stacks(ids, ends, frames, strings)
        clock = None
        if snapshot:
            time, monotonic, seconds, rest = snapshot
            clock = ClockSnapshot(time, monotonic, seconds * NS_PER_S + rest)
        columns = self._reader.events(self._limits.events)
        while columns or size:
            yield Generation(
                number=max(number, 1),
                events=_events(columns or (b"",) * len(Events.columns())),
                strings=strings,
                stacks=table,
                clock=clock,
                size=size,
            )
            clock, size = None, 0  # are said once
            columns = columns and self._reader.events(self._limits.events)

    def _note_damage(self, *, timed: bool) -> None:
        """Remember what is wrong, also where it is only that times are not known."""
        offset, what = self._reader.damage or (self.size, "")
        if not timed:
            what = "; ".join(filter(None, (what, _LOST[self._is_old])))
        if what and not self.damage:
            self.damage = TraceDamage(offset, what)


def _events(columns: tuple[bytes, ...]) -> Events:
    return Events(*(np.frombuffer(column, np.int64) for column in columns))
