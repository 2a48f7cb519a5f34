"""Samples as rows of integers, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import numpy as np

from heapwise.formats.framelog import LogContents
from heapwise.model.gc import Pause
from heapwise.model.load import Hits
from heapwise.model.memory import Counters, HostSample, MemorySample, ProcessSample
from heapwise.model.profile import Int64s

HITS = "hits"
MEMORY = "memory"
PROCESS = "process"
PAUSES = "pauses"
HOST = "host"

_Row = TypeVar("_Row", bound=msgspec.Struct)


def optional_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The fields of a struct that are -1 where nothing is known."""
    return frozenset(each.name for each in msgspec.structs.fields(kind) if each.default == -1)


_COUNTERS = Counters.__struct_fields__
_SAMPLE = tuple(name for name in MemorySample.__struct_fields__ if name != "counters")

COLUMNS = {
    HITS: Hits.columns(),
    MEMORY: (*_SAMPLE, *_COUNTERS),
    PROCESS: ProcessSample.__struct_fields__,
    PAUSES: Pause.__struct_fields__,
    HOST: HostSample.__struct_fields__,
}
"""The columns of every stream. Streams and columns may be added, none renamed."""

_ADDED = {
    MEMORY: frozenset(optional_fields(Counters) | optional_fields(MemorySample)),
    PROCESS: optional_fields(ProcessSample),
    PAUSES: optional_fields(Pause),
    HOST: optional_fields(HostSample),
}
"""Columns that older recordings may lack: what is not known is -1 in them all."""

_LARGEST = (1 << 63) - 1


def rows_of(structs: Sequence[msgspec.Struct]) -> Int64s:
    """Structs that hold integers and nothing else, as int64[n, k]."""
    return _table([msgspec.structs.astuple(struct) for struct in structs])


def memory_rows(sample: MemorySample) -> Int64s:
    """A sample with its counters, as int64[1, k]."""
    own = (getattr(sample, name) for name in _SAMPLE)
    return _table([(*own, *msgspec.structs.astuple(sample.counters))])


def _table(rows: list[tuple[int, ...]]) -> Int64s:
    """Rows as an array; Go says 2^64 - 1 for a heap without a goal, which becomes 2^63 - 1."""
    return np.array([[min(value, _LARGEST) for value in row] for row in rows], np.int64)


def stream_rows(log: LogContents, name: str) -> Int64s:
    """The rows of one stream, int64[n, k], columns as in `COLUMNS`.

    Columns of a newer version are left out, those of which an older one knew nothing are -1.

    Raises:
        ValueError: a column is missing that there always was.
    """
    columns = COLUMNS[name]
    stream = log.streams.get(name)
    if stream is None:
        return empty_rows(name)
    if stream.columns == columns:
        return stream.rows
    if set(columns) - set(stream.columns) - _ADDED.get(name, frozenset()):
        raise ValueError(f"the columns of the stream {name} are not those of this version")
    rows = np.full((len(stream.rows), len(columns)), -1, np.int64)
    for index, column in enumerate(columns):
        if column in stream.columns:
            rows[:, index] = stream.rows[:, stream.columns.index(column)]
    return rows


def empty_rows(name: str) -> Int64s:
    """No rows of a stream, int64[0, k]."""
    return np.empty((0, len(COLUMNS[name])), np.int64)


def structs_from(kind: type[_Row], rows: Int64s) -> tuple[_Row, ...]:
    """The structs that `rows_of` made rows of."""
    names = kind.__struct_fields__
    return tuple(kind(**dict(zip(names, row, strict=True))) for row in rows.tolist())


def memory_samples(rows: Int64s) -> tuple[MemorySample, ...]:
    """The samples that `memory_rows` made rows of."""
    own = len(_SAMPLE)
    return tuple(
        MemorySample(
            counters=Counters(**dict(zip(_COUNTERS, row[own:], strict=True))),
            **dict(zip(_SAMPLE, row[:own], strict=True)),
        )
        for row in rows.tolist()
    )
