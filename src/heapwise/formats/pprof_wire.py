"""The outermost layer of a profile, split into its tables before any object is built.

One pass that counts as it goes and gives up when a limit is passed, so that a profile of 42 million
empty samples costs no more than the first two million.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from heapwise.formats.pprof_limits import Damage, Limits

_LENGTH = 2  # the wire type of strings and messages
SAMPLE, MAPPING, LOCATION, FUNCTION, STRING = 2, 3, 4, 5, 6
_HEADER = frozenset({1, *range(7, 16)})
_NAMES = {
    SAMPLE: "samples",
    MAPPING: "mappings",
    LOCATION: "locations",
    FUNCTION: "functions",
    STRING: "strings",
}


@dataclass(slots=True, eq=False)
class Table:
    """Where the entries of one repeated field lie in the data.

    Attributes:
        most: number of entries allowed.
        longest: bytes of an entry allowed.
    """

    name: str
    most: int
    longest: int
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts, self.ends, strict=True)

    def add(self, start: int, end: int) -> None:
        """Note an entry.

        Raises:
            Damage: one too many, or it is too long.
        """
        if len(self.starts) >= self.most:
            raise Damage(f"more than {self.most:,} {self.name}, reached at byte {start:,}")
        if end - start > self.longest:
            raise Damage(
                f"one of the {self.name} takes {end - start:,} bytes at byte {start:,}, "
                f"more than the limit of {self.longest:,}"
            )
        self.starts.append(start)
        self.ends.append(end)


@dataclass(slots=True, eq=False)
class Parts:
    """A profile split: its tables by field number, and all other fields as one small message."""

    tables: dict[int, Table]
    header: bytes


def split(data: bytes, limits: Limits) -> Parts:
    """Split a decompressed profile into its tables.

    Raises:
        Damage: not the wire format of a protobuf message, or over a limit.
    """
    tables = {
        number: Table(
            name,
            limits.samples if number == SAMPLE else limits.entries,
            limits.string if number == STRING else limits.message,
        )
        for number, name in _NAMES.items()
    }
    by_tag = {number << 3 | _LENGTH: table for number, table in tables.items()}
    header = bytearray()
    position, end, unknown = 0, len(data), 0
    try:
        while position < end:
            start = position
            table = by_tag.get(data[position])
            if table is not None and (size := data[position + 1]) < 0x80:  # nearly always
                position += 2 + size
                if position > end:
                    raise _too_long(start)
                table.add(start + 2, position)
                continue
            tag, position = _varint(data, position)
            number, kind = tag >> 3, tag & 7
            body, position = _value(data, position, kind, start)
            if number in tables:
                if kind != _LENGTH:
                    raise Damage(f"field {number} at byte {start:,} has wire type {kind}, not 2")
                tables[number].add(body, position)
            elif number in _HEADER:
                header += data[start:position]
                if len(header) > limits.message:
                    raise Damage(f"more than {limits.message:,} bytes outside the tables")
            else:  # a later version of the format may have more fields, but not millions of them
                unknown += 1
                if number == 0 or unknown > limits.unknown:
                    raise Damage(f"the field at byte {start:,} belongs to no profile")
    except IndexError:
        raise Damage(f"it breaks off inside a field at byte {end:,}") from None
    return Parts(tables, bytes(header))


def _value(data: bytes, position: int, kind: int, start: int) -> tuple[int, int]:
    """Where the value of the field at ``start`` begins, its length prefix left out, and ends."""
    if kind == _LENGTH:
        size, position = _varint(data, position)
        if size > len(data) - position:
            raise _too_long(start)
        return position, position + size
    match kind:
        case 0:
            end = _varint(data, position)[1]
        case 1:
            end = position + 8
        case 5:
            end = position + 4
        case _:
            raise Damage(f"wire type {kind} at byte {start:,}, which profiles do not use")
    if end > len(data):
        raise IndexError
    return position, end


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The varint at ``position`` and where it ends; IndexError where the data ends first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise Damage(f"a number of more than 10 bytes ends at byte {position:,}")


def _too_long(start: int) -> Damage:
    return Damage(f"the field at byte {start:,} is longer than what is left")
