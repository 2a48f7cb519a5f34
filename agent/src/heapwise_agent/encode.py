"""Writes ``profile.proto`` (package ``perftools.profiles``), the format of every pprof.

Only what pprof needs of it: field numbers and rules are those of google/pprof's
``proto/profile.proto``. Rows without a value are left out, which is what a delta consists of
mostly. Rows with the same stack and labels stay apart, as in Go's own heap profiles; readers add
them up.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heapwise_agent.names import Names
from heapwise_agent.sampler import Frame

_INT64_MAX = 2**63 - 1
_UINT64 = 2**64 - 1

Labels = tuple[tuple[str, str | int, str], ...]
"""Key, value, and the unit of a value that is a number."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a number of a sample means: ``ValueType("alloc_space", "bytes")``."""

    type: str
    unit: str


class Profile:
    """Samples by stack and labels.

    Args:
        types: what the values of a sample are, in order.
        period_type: what `period` counts.
        period: the mean distance of two sampled events, in units of `period_type`.

    Attributes:
        time_ns: when it was taken, or its last moment, unix ns; 0 for now.
        duration_ns: the time it covers; 0 for "since the start".
        default: the sample type that is shown first; the last one if empty.
        comments: whatever its reader should know.
    """

    def __init__(self, types: Sequence[ValueType], period_type: ValueType, period: int = 1) -> None:
        self.types = tuple(types)
        self.period_type = period_type
        self.period = period
        self.time_ns = 0
        self.duration_ns = 0
        self.default = ""
        self.comments: tuple[str, ...] = ()
        self._rows: list[tuple[tuple[Frame, ...], Labels, Sequence[float]]] = []

    def add(self, stack: tuple[Frame, ...], values: Sequence[float], labels: Labels = ()) -> None:
        """Add a sample, leaf first; its values are rounded once, when they are read."""
        self._rows.append((stack, labels, values))

    def subtract(self, earlier: Profile) -> None:
        """Take away what was there before; what is gone since becomes negative, as with Go."""
        sums: dict[tuple[tuple[Frame, ...], Labels], list[float]] = {}
        for sign, rows in ((1, self._rows), (-1, earlier._rows)):
            for stack, labels, values in rows:
                row = sums.setdefault((stack, labels), [0.0] * len(self.types))
                for index, value in enumerate(values):
                    row[index] += sign * value
        self._rows = [(stack, labels, values) for (stack, labels), values in sums.items()]

    def rows(self) -> Iterable[tuple[tuple[Frame, ...], Labels, tuple[int, ...]]]:
        """Stack, labels and rounded values of every row that has any."""
        for stack, labels, values in self._rows:
            rounded = tuple(_int64(value) for value in values)
            if any(rounded):
                yield stack, labels, rounded

    def encode(self) -> bytes:
        """The gzipped message."""
        writer = _Writer(Path(sys.executable or "python").name)
        for stack, labels, values in self.rows():
            writer.sample(stack, labels, values)
        head = [writer.value_type(1, kind) for kind in self.types]
        tail = [
            _number(9, self.time_ns or time.time_ns()),
            _number(10, self.duration_ns),
            writer.value_type(11, self.period_type),
            _number(12, self.period),
            *(_number(13, writer.string(comment)) for comment in self.comments),
            _number(14, writer.string(self.default)),
        ]
        return _gzip([*head, *writer.tables(), *tail])


class _Writer:
    """The tables of a message; ids are positions, counted from 1.

    Stacks, and frames at first, are told apart by identity, since hashing a frame costs more than
    all the rest; the profile keeps them alive meanwhile.
    """

    def __init__(self, program: str) -> None:  # pprof prints the program as "File:"
        self._names = Names()
        self._strings: dict[str, int] = {"": 0}
        self._functions: dict[tuple[str, str, int], int] = {}
        self._locations: dict[Frame, int] = {}
        self._near: dict[int, bytes] = {}
        self._stacks: dict[int, bytes] = {}
        self._out: list[bytes] = []
        # The functions of the one mapping are complete, so that pprof does not look for symbols.
        mapping = _number(1, 1) + _number(5, self.string(program))
        self._out.append(_message(3, mapping + b"".join(_number(flag, 1) for flag in (7, 8, 9))))

    def string(self, text: str) -> int:
        """The number of a text."""
        return self._strings.setdefault(text, len(self._strings))

    def value_type(self, field: int, kind: ValueType) -> bytes:
        """A `ValueType` in that field."""
        body = _number(1, self.string(kind.type)) + _number(2, self.string(kind.unit))
        return _message(field, body)

    def sample(self, stack: tuple[Frame, ...], labels: Labels, values: tuple[int, ...]) -> None:
        """Add a sample, and what it refers to."""
        ids = self._stacks.get(id(stack))
        if ids is None:
            ids = _message(1, b"".join(map(self._location, stack)))
            self._stacks[id(stack)] = ids
        packed = _message(2, b"".join(_varint(value & _UINT64) for value in values))
        self._out.append(_message(2, ids + packed + b"".join(map(self._label, labels))))

    def tables(self) -> list[bytes]:
        """Everything so far; strings last, since the others still added to them."""
        encoded = (text.encode("utf-8", "backslashreplace") for text in self._strings)
        return [*self._out, *(_message(6, text) for text in encoded)]

    def _label(self, label: tuple[str, str | int, str]) -> bytes:
        key, value, unit = label
        body = _number(1, self.string(key))
        if isinstance(value, str):
            return _message(3, body + _number(2, self.string(value)))
        return _message(3, body + _number(3, value) + _number(4, self.string(unit)))

    def _location(self, frame: Frame) -> bytes:
        """The id, encoded."""
        near = self._near.get(id(frame))
        if near is None:
            number = self._locations.get(frame)
            if number is None:
                number = self._locations[frame] = len(self._locations) + 1
                self._out.append(_message(4, self._place(number, frame)))
            near = self._near[id(frame)] = _varint(number)
        return near

    def _place(self, number: int, frame: Frame) -> bytes:
        line = _number(1, self._function(frame)) + _number(2, max(0, frame.line))
        return _number(1, number) + _number(2, 1) + _message(4, line)

    def _function(self, frame: Frame) -> int:
        key = (frame.name, frame.filename, frame.start_line)
        known = self._functions.get(key)
        if known is None:
            known = self._functions[key] = len(self._functions) + 1
            body = (
                _number(1, known)
                + _number(2, self.string(self._names.shown(frame)))
                # A name that differs from the system's is left alone by pprof's demangler, which
                # would take the brackets of <module> for C++ and drop them.
                + _number(3, self.string(frame.name))
                + _number(4, self.string(frame.filename))
                + _number(5, max(0, frame.start_line))
            )
            self._out.append(_message(5, body))
        return known


def _int64(value: float) -> int:
    return min(max(round(value), -_INT64_MAX), _INT64_MAX)


def _gzip(parts: Iterable[bytes]) -> bytes:
    stream = zlib.compressobj(level=1, wbits=31)  # the level Go uses
    compressed = [stream.compress(b"".join(parts)), stream.flush()]
    return b"".join(compressed)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = tuple(bytes((value,)) for value in range(0x80))


def _number(field: int, value: int) -> bytes:
    """A varint field; a zero is what a reader assumes anyway."""
    return _SMALL[field << 3] + _varint(value & _UINT64) if value else b""


def _message(field: int, body: bytes) -> bytes:
    return _SMALL[field << 3 | 2] + _varint(len(body)) + body
