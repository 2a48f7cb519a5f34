"""What a profile gained over an earlier one of the same process.

The two may number their strings, functions and locations differently: everything is matched by
content, as ``go tool pprof -base`` does. A sample is its call stack and its labels; a location is
its source lines and its address within its mapping, so that a mapping that moved still matches.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from heapwise.errors import ProfileError
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
    UInt32s,
)

_PAGE = 0x1000
_WORD = 1 << 64


def subtract(before: Profile, after: Profile) -> Profile:
    """``after`` minus ``before``, sample by sample; samples that cancel out are gone.

    Equal to pprof's ``Merge(after, Scale(before, -1))``, except that the times are those of Go's
    own ``seconds=N`` deltas: taken when ``after`` was, as long as lies between the two. Values of
    counters that only grow stay positive; ``inuse_*`` may come out negative.

    Args:
        before: the earlier profile.
        after: the later one.

    Raises:
        ProfileError: the two do not count the same things, or not at the same sampling rate: the
            runtime scales everything since its start by the rate of the moment.
    """
    _require_same_kind(before, after)
    _require_same_rate(before, after)
    tables = _Tables()
    gained, known = tables.adopt(after), tables.adopt(before)
    rows: dict[tuple[int, bytes], int] = {}
    row_of = [rows.setdefault(key, len(rows)) for key in (*gained, *known)]
    values = np.zeros((len(rows), len(after.sample_types)), np.int64)
    np.add.at(values, row_of, np.concatenate([after.values, -before.values]))
    kept = np.flatnonzero(values.any(axis=1))
    keys = list(rows)
    label_offsets, labels = _unpacked([keys[row][1] for row in kept], LABEL)
    return Profile(
        **tables.columns(),
        sample_types=after.sample_types,
        values=values[kept],
        stacks=np.array([keys[row][0] for row in kept], np.uint32),
        label_offsets=label_offsets,
        labels=labels,
        period_type=after.period_type,
        period=max(before.period, after.period),
        time_ns=after.time_ns,
        duration_ns=max(0, after.time_ns - before.time_ns),
        default_sample_type=after.default_sample_type,
        drop_frames=after.drop_frames,
        keep_frames=after.keep_frames,
        comments=after.comments,
        doc_url=after.doc_url,
    )


def _require_same_kind(before: Profile, after: Profile) -> None:
    if before.sample_types == after.sample_types and before.period_type == after.period_type:
        return
    raise ProfileError(
        "the two profiles cannot be subtracted",
        f"one counts {_kind(before)}, the other {_kind(after)}",
        "take both from the same endpoint",
    )


def _require_same_rate(before: Profile, after: Profile) -> None:
    if before.period == after.period or not len(before) or not len(after):
        return
    raise ProfileError(
        "the two profiles cannot be subtracted",
        f"the sampling rate changed from {before.period:,} to {after.period:,} between them",
        "set runtime.MemProfileRate once, first thing in main",
    )


def _kind(profile: Profile) -> str:
    types = ", ".join(map(str, profile.sample_types)) or "nothing"
    return f"{types} per {profile.period_type}"


class _Interned:
    """Rows of a table that several profiles share; equal content gets one index."""

    def __init__(self) -> None:
        self.index: dict[Hashable, int] = {}
        self.rows: list[Any] = []

    def add(self, key: Hashable, row: Any) -> int:
        """The index of ``key``, whose row is the first one that came with it."""
        index = self.index.setdefault(key, len(self.rows))
        if index == len(self.rows):
            self.rows.append(row)
        return index


class _Tables:
    """The tables of the result, filled from one profile after the other."""

    def __init__(self) -> None:
        self.strings = _Interned()
        self.strings.add(b"", b"")
        self.functions = _Interned()
        self.mappings = _Interned()
        self.locations = _Interned()
        self.stacks = _Interned()

    def adopt(self, profile: Profile) -> list[tuple[int, bytes]]:
        """Take over a profile's tables; return (stack, labels) of each sample in shared terms."""
        strings = np.array([self.strings.add(text, text) for text in profile.strings], np.uint32)
        functions = self._functions(profile, strings)
        locations = self._locations(profile, functions, self._mappings(profile, strings))
        frames = locations[profile.stack_locations]
        stacks = [
            self.stacks.add(frame := part.tobytes(), frame)
            for part in np.split(frames, profile.stack_offsets[1:-1])
        ]
        return list(
            zip((stacks[i] for i in profile.stacks), _label_keys(profile, strings), strict=True)
        )

    def _functions(self, profile: Profile, strings: UInt32s) -> UInt32s:
        table = profile.functions.copy()
        for column in ("name", "system_name", "filename"):
            table[column] = strings[table[column]]
        return np.array([self.functions.add(row, row) for row in table.tolist()], np.uint32)

    def _mappings(self, profile: Profile, strings: UInt32s) -> list[tuple[int, int]]:
        """Shared index and own start of each mapping; without build id and file all are one."""
        table = profile.mappings.copy()
        for column in ("filename", "build_id"):
            table[column] = strings[table[column]]
        result = []
        for row in table.tolist():
            start, limit, offset, filename, build_id = row[:5]
            # A loader rounds sizes to pages, and two readings may disagree below that.
            pages = -(-((limit - start) % _WORD) // _PAGE)
            result.append((self.mappings.add((pages, offset, build_id or filename), row), start))
        return result

    def _locations(
        self, profile: Profile, functions: UInt32s, mappings: list[tuple[int, int]]
    ) -> UInt32s:
        lines = profile.lines.copy()
        lines["function"] = functions[lines["function"]]
        result = np.empty(len(profile.locations), np.uint32)
        for index, (own, address, folded) in enumerate(profile.locations.tolist()):
            first, last = profile.line_offsets[index : index + 2]
            source = lines[first:last].tobytes()
            mapping, start = mappings[own] if own >= 0 else (-1, 0)
            base = self.mappings.rows[mapping][0] if own >= 0 else 0
            key = (mapping, (address - start) % _WORD, folded, source)
            row = (mapping, (address - start + base) % _WORD, folded)
            result[index] = self.locations.add(key, (row, source))
        return result

    def columns(self) -> dict[str, Any]:
        """The tables as `Profile` holds them."""
        stack_offsets, stack_locations = _unpacked(self.stacks.rows, np.dtype(np.uint32))
        line_offsets, lines = _unpacked([source for _, source in self.locations.rows], LINE)
        return {
            "strings": StringTable.of(self.strings.rows),
            "functions": np.array(self.functions.rows, FUNCTION),
            "mappings": np.array(self.mappings.rows, MAPPING),
            "locations": np.array([row for row, _ in self.locations.rows], LOCATION),
            "line_offsets": line_offsets,
            "lines": lines,
            "stack_offsets": stack_offsets,
            "stack_locations": stack_locations,
        }


def _label_keys(profile: Profile, strings: UInt32s) -> list[bytes]:
    """The labels of each sample as bytes in shared terms, in an order that content decides."""
    labels = profile.labels.copy()
    for column in ("key", "str", "num_unit"):
        labels[column] = strings[labels[column]]
    sample = np.repeat(np.arange(len(profile)), np.diff(profile.label_offsets))
    # The sort is stable: several values of one key keep their order, which has a meaning.
    labels = labels[np.lexsort((labels["str"] != 0, labels["key"], sample))]
    return [
        labels[first:last].tobytes()
        for first, last in zip(profile.label_offsets, profile.label_offsets[1:], strict=False)
    ]


def _unpacked(parts: list[bytes], dtype: np.dtype[Any]) -> tuple[Int64s, Records]:
    """Rows of bytes as one array with offsets (CSR)."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) // dtype.itemsize for part in parts], out=offsets[1:])
    return offsets, np.frombuffer(b"".join(parts), dtype).copy()
