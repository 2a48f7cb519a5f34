"""A decompressed profile into columns, checked as pprof checks it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from heapwise.formats import pprof_schema as schema
from heapwise.formats import pprof_wire as wire
from heapwise.formats.pprof_limits import Damage, Limits
from heapwise.model.profile import (
    FUNCTION,
    LABEL,
    LINE,
    LOCATION,
    MAPPING,
    Int64s,
    Profile,
    Records,
    StringTable,
    ValueType,
)

_Ids = dict[int, int]  # id in the profile -> index in our table; ids may be any 64-bit number


def decode_message(data: bytes, limits: Limits) -> Profile:
    """Decode a profile that is decompressed already.

    Raises:
        Damage: not a valid profile, or over a limit.
    """
    limits.check_size(len(data))
    parts = wire.split(data, limits)
    tables = parts.tables
    strings = _strings(data, tables[wire.STRING])
    header = _header(parts.header, strings)
    mapping_ids, mappings = _mappings(data, tables[wire.MAPPING], len(strings))
    function_ids, functions = _functions(data, tables[wire.FUNCTION], len(strings))
    locations = _Locations(function_ids, mapping_ids, limits)
    location_ids = locations.read(data, tables[wire.LOCATION])
    samples = _Samples(location_ids, len(header["sample_types"]), limits)
    samples.read(data, tables[wire.SAMPLE])
    return Profile(
        strings=strings,
        functions=functions,
        mappings=mappings,
        **locations.columns(),
        **samples.columns(len(strings)),
        **header,
    )


def _strings(data: bytes, table: wire.Table) -> StringTable:
    strings = StringTable.of(data[start:end] for start, end in table)
    if not len(strings):
        raise Damage("it has no string table")
    if strings[0]:
        raise Damage(f"string 0 at byte {table.starts[0]:,} is not empty")
    return strings


def _header(raw: bytes, strings: StringTable) -> dict[str, Any]:
    """The fields outside the tables, as arguments of `Profile`."""
    message = schema.Profile()
    _parse(message, raw, "the header", 0)

    @cache  # a hostile profile can name one long string a million times
    def text(index: int) -> str:
        if not 0 <= index < len(strings):
            raise Damage(f"its header names string {index:,} of {len(strings):,}")
        return strings.text(index)

    def value_type(field: Any) -> ValueType:
        return ValueType(text(field.type), text(field.unit))

    if not message.sample_type:
        raise Damage("it has no sample types")
    return {
        "sample_types": tuple(map(value_type, message.sample_type)),
        "period_type": value_type(message.period_type),
        "period": message.period,
        "time_ns": message.time_nanos,
        "duration_ns": message.duration_nanos,
        "default_sample_type": text(message.default_sample_type),
        "drop_frames": text(message.drop_frames),
        "keep_frames": text(message.keep_frames),
        "comments": tuple(map(text, message.comment)),
        "doc_url": text(message.doc_url),
    }


def _mappings(data: bytes, table: wire.Table, strings: int) -> tuple[_Ids, Records]:
    def row(message: Any) -> tuple[Any, ...]:
        return (
            message.memory_start,
            message.memory_limit,
            message.file_offset,
            message.filename,
            message.build_id,
            message.has_functions,
            message.has_filenames,
            message.has_line_numbers,
            message.has_inline_frames,
        )

    ids, rows = _table(data, table, schema.Mapping(), MAPPING, row)
    return ids, _checked(rows, MAPPING, ("filename", "build_id"), table.name, strings)


def _functions(data: bytes, table: wire.Table, strings: int) -> tuple[_Ids, Records]:
    def row(message: Any) -> tuple[Any, ...]:
        return message.name, message.system_name, message.filename, message.start_line

    ids, rows = _table(data, table, schema.Function(), FUNCTION, row)
    names = ("name", "system_name", "filename")
    return ids, _checked(rows, FUNCTION, names, table.name, strings)


class _Locations:
    """The location table; the lines of all locations stand in one array."""

    def __init__(self, function_ids: _Ids, mapping_ids: _Ids, limits: Limits) -> None:
        self._function_ids = function_ids
        self._mapping_ids = {0: -1, **mapping_ids}
        self._most_lines = limits.nested
        self._rows = np.empty(0, LOCATION)
        self._lines = array("q")
        self._offsets = array("q", [0])

    def read(self, data: bytes, table: wire.Table) -> _Ids:
        """Take in every location; their indices by id."""
        ids, rows = _table(data, table, schema.Location(), LOCATION, self._row)
        self._rows = rows.astype(LOCATION)
        return ids

    def columns(self) -> dict[str, Any]:
        """Arguments of `Profile`."""
        return {
            "locations": self._rows,
            "line_offsets": np.frombuffer(self._offsets, np.int64),
            "lines": np.frombuffer(self._lines, _wide(LINE)).astype(LINE),
        }

    def _row(self, message: Any) -> tuple[Any, ...]:
        for line in message.line:
            function = self._function_ids.get(line.function_id)
            if function is None:
                raise _dangling(f"location {message.id}", "function", line.function_id)
            self._lines.extend((function, line.line, line.column))
        if len(self._lines) > 3 * self._most_lines:
            raise Damage(f"more than {self._most_lines:,} lines in its locations")
        self._offsets.append(len(self._lines) // 3)
        mapping = self._mapping_ids.get(message.mapping_id)
        if mapping is None:
            raise _dangling(f"location {message.id}", "mapping", message.mapping_id)
        return mapping, message.address, message.is_folded


class _Samples:
    """The sample table; equal stacks become one."""

    def __init__(self, location_ids: _Ids, width: int, limits: Limits) -> None:
        self._location_ids = location_ids
        self._width = width
        self._limits = limits
        self._known: dict[bytes, int] = {}  # location indices as uint32 -> stack id
        self._stacks = array("I")
        self._values = array("q")
        self._labels = array("q")
        self._label_offsets = array("q", [0])

    def read(self, data: bytes, table: wire.Table) -> None:
        """Take in every sample."""
        message = schema.Sample()
        known, index_of = self._known, self._location_ids.__getitem__
        for number, (start, end) in enumerate(table):
            where = f"sample {number} at byte {start}"
            _parse(message, data[start:end], "sample", start)
            frames, values = message.location_id[:], message.value[:]
            self._check(len(frames), len(values), where)
            try:
                stack = array("I", map(index_of, frames)).tobytes()
            except KeyError as missing:
                raise _dangling(where, "location", missing.args[0]) from None
            self._stacks.append(known.setdefault(stack, len(known)))
            self._values.extend(values)
            for label in message.label:
                self._labels.extend((label.key, label.str, label.num, label.num_unit))
            self._label_offsets.append(len(self._labels) // 4)

    def columns(self, strings: int) -> dict[str, Any]:
        """Arguments of `Profile`."""
        labels = np.frombuffer(self._labels, _wide(LABEL))
        return {
            "values": np.frombuffer(self._values, np.int64).reshape(-1, self._width),
            "stacks": np.frombuffer(self._stacks, np.uint32),
            "stack_offsets": _offsets([len(stack) // 4 for stack in self._known]),
            "stack_locations": np.frombuffer(b"".join(self._known), np.uint32),
            "label_offsets": np.frombuffer(self._label_offsets, np.int64),
            "labels": _checked(labels, LABEL, ("key", "str", "num_unit"), "labels", strings),
        }

    def _check(self, frames: int, values: int, where: str) -> None:
        if values != self._width:
            raise Damage(f"{where} has {values} values for {self._width} sample types")
        if frames > self._limits.frames:
            raise Damage(f"{where} has {frames:,} locations, more than {self._limits.frames:,}")
        if len(self._labels) > 4 * self._limits.nested:
            raise Damage(f"more than {self._limits.nested:,} labels, reached in {where}")


def _parse(message: Any, raw: bytes, name: str, start: int) -> None:
    try:
        message.ParseFromString(raw)
    except DecodeError:
        raise Damage(f"the {name} at byte {start:,} is not well-formed") from None


def _table(
    data: bytes,
    table: wire.Table,
    message: Any,
    dtype: np.dtype[np.void],
    row: Callable[[Any], tuple[Any, ...]],
) -> tuple[_Ids, Records]:
    """Parse the entries of a table that has ids; the rows are as `_wide` makes them."""
    ids: _Ids = {}
    one = table.name.removesuffix("s")

    def rows() -> Iterator[tuple[Any, ...]]:
        for start, end in table:
            _parse(message, data[start:end], one, start)
            number = message.id
            if number == 0:
                raise Damage(f"the {one} at byte {start:,} has the reserved id 0")
            if number in ids:
                raise Damage(f"two {table.name} have the id {number}, the second at byte {start:,}")
            ids[number] = len(ids)
            yield row(message)

    return ids, np.fromiter(rows(), _wide(dtype), len(table))


def _wide(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """The same fields as they come off the wire: indices not checked yet, so 64 bits of them."""
    names = dtype.names or ()
    return np.dtype([(name, "<i8" if dtype[name].itemsize == 4 else dtype[name]) for name in names])


def _checked(
    rows: Records, dtype: np.dtype[np.void], fields: tuple[str, ...], table: str, strings: int
) -> Records:
    """The rows in their own type, once every string index is known to be one."""
    for field in fields:
        wrong = np.flatnonzero((rows[field] < 0) | (rows[field] >= strings))
        if len(wrong):
            index = rows[field][wrong[0]]
            raise Damage(f"entry {wrong[0]} of its {table} names string {index:,} of {strings:,}")
    return rows.astype(dtype)


def _offsets(lengths: list[int]) -> Int64s:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _dangling(where: str, kind: str, number: int) -> Damage:
    return Damage(f"{where} names {kind} {number}, which is not in the profile")
