"""The tables of a store, and how readings become rows and rows readings.

Vitals and bins have one column a field, so that anybody's sqlite3 can read them, and a check sum
each, because SQLite has none: a flipped bit costs a row and never makes a wrong one. What a
collector's pauses came to is in the bins; of vitals neither the ring nor the histogram is kept,
which would be nine tenths of the bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar
from zlib import crc32

import msgspec

from heapwise.model.watch import Bin, Vitals

Row = tuple[Any, ...]
Kept = TypeVar("Kept", bound=msgspec.Struct)

VERSION = 1
"""Rises when a store of before cannot be written any more."""

APPLICATION = 0x68707773
"""``hpws``: tells a store from any other SQLite database."""

_LARGEST = 1 << 63
_MSGPACK = msgspec.msgpack.Encoder(enc_hook=str)


def checksum(*said: Any) -> int:
    """CRC-32 of what a row says."""
    return crc32(_MSGPACK.encode(said))


def storable(value: Any) -> Any:
    """A field as SQLite has it, whatever a hostile target said: it knows no NaN, 64 bits, UTF-8."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value


def encoded(value: msgspec.Struct) -> bytes:
    """A struct as MessagePack, which has infinity; half characters in its texts are replaced."""
    try:
        return msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        return msgspec.msgpack.encode(_with_whole_texts(msgspec.to_builtins(value)))


def _with_whole_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_whole_texts(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_whole_texts(each) for each in value]
    return storable(value) if isinstance(value, str) else value


@dataclass(frozen=True)  # no slots: what is worked out once needs a place
class Series(Generic[Kept]):
    """A table with one row for each target and moment, made after a struct.

    Attributes:
        name: of the table.
        kind: what a row is.
        time: the field that orders them, ns.
        left_out: fields that are not kept.
    """

    name: str
    kind: type[Kept]
    time: str
    left_out: frozenset[str] = frozenset()

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The columns, in the order of the struct, the time first."""
        names = self.kind.__struct_fields__
        return (self.time, *(n for n in names if n != self.time and n not in self.left_out))

    @property
    def create(self) -> str:
        """The statement that makes the table."""
        # Columns have no type, so that what was an int comes back as one, and a float as one.
        columns = ", ".join(f'"{name}"' for name in self.fields[1:])
        return (
            f"CREATE TABLE {self.name} (target INTEGER NOT NULL, {self.time} INTEGER NOT NULL, "
            f"{columns}, crc INTEGER NOT NULL, PRIMARY KEY (target, {self.time})) WITHOUT ROWID"
        )

    @property
    def insert(self) -> str:
        """The statement that keeps `row`."""
        columns = ", ".join(f'"{name}"' for name in ("target", *self.fields, "crc"))
        marks = ", ".join("?" * (len(self.fields) + 2))
        return f"INSERT OR REPLACE INTO {self.name} ({columns}) VALUES ({marks})"  # noqa: S608 - names are ours

    @property
    def select(self) -> str:
        """The statement that finds a target's rows between two moments, oldest first."""
        span = f"{self.time} >= ? AND {self.time} < ?"
        return f"{self._chosen} WHERE target = ? AND {span} ORDER BY {self.time}"

    @property
    def newest(self) -> str:
        """The statement that finds a target's last row."""
        return f"{self._chosen} WHERE target = ? ORDER BY {self.time} DESC LIMIT 1"

    @property
    def _chosen(self) -> str:
        columns = ", ".join(f'"{name}"' for name in ("target", *self.fields, "crc"))
        return f"SELECT {columns} FROM {self.name}"  # noqa: S608 - names are ours

    def values(self, kept: Kept) -> Row:
        """The fields of one, in the order of `fields`."""
        return tuple([storable(getattr(kept, name)) for name in self.fields])

    def row(self, target: int, values: Row) -> Row:
        """What `insert` wants."""
        return (target, *values, self._checksum(target, values))

    def read(self, row: Row) -> Kept | None:
        """What a row says; None where it is not what was written."""
        target, *values, crc = row
        if self._checksum(target, values) != crc:
            return None
        try:
            said = dict(zip(self.fields, values, strict=True))
            return msgspec.convert(said, self.kind, strict=False)  # 200.0 is a count too
        except msgspec.ValidationError:
            return None

    def _checksum(self, target: int, values: Sequence[Any]) -> int:
        # With names and without what is unknown: columns that are added later change nothing.
        named = zip(self.fields, values, strict=True)
        return checksum(target, {name: value for name, value in named if value is not None})


VITALS = Series("vitals", Vitals, "at_ns", frozenset({"pauses", "pause_histogram"}))
BINS = Series("bins", Bin, "begin_ns")

OTHERS = (
    """CREATE TABLE targets (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, data BLOB NOT NULL,
    seen_ns INTEGER NOT NULL, since_ns INTEGER NOT NULL, problem TEXT NOT NULL,
    crc INTEGER NOT NULL)""",
    """CREATE TABLE alerts (id TEXT PRIMARY KEY, began_ns INTEGER NOT NULL, ended_ns INTEGER,
    data BLOB NOT NULL, crc INTEGER NOT NULL)""",
    "CREATE INDEX alerts_began ON alerts (began_ns)",
    """CREATE TABLE deploys (service TEXT NOT NULL, at_ns INTEGER NOT NULL, build TEXT NOT NULL,
    before TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (service, at_ns, build))""",
    """CREATE TABLE profiles (id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL,
    kind TEXT NOT NULL, reason TEXT NOT NULL, at_ns INTEGER NOT NULL, build TEXT NOT NULL,
    process INTEGER, size INTEGER NOT NULL, sha256 TEXT NOT NULL, file TEXT NOT NULL,
    crc INTEGER NOT NULL)""",
    "CREATE INDEX profiles_at ON profiles (at_ns)",
    "CREATE TABLE notes (at_ns INTEGER NOT NULL, text TEXT NOT NULL)",
)
"""The statements that make the other tables."""
