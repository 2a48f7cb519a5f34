"""Tables that several profiles share, filled in the order in which samples need their entries."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.analysis.edit import owners, ranges
from heapwise.analysis.tag_filters import held_labels
from heapwise.model.profile import (
    FUNCTION,
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


class Interned:
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


class Tables:
    """The tables of a merged profile; they hold only what its samples use."""

    def __init__(self) -> None:
        self._strings = Interned()
        self._strings.add(b"", b"")
        self._functions = Interned()
        self._mappings = Interned()
        self._locations = Interned()
        self._stacks = Interned()

    def adopt(self, profile: Profile) -> list[tuple[int, bytes]]:
        """Take over what a profile's samples use; their stacks and labels in shared terms."""
        strings = np.array([self._strings.add(text, text) for text in profile.strings], np.uint32)
        used = _first_uses(profile.stacks)
        depths = np.diff(profile.stack_offsets)[used]
        frames = profile.stack_locations[ranges(profile.stack_offsets[used], depths)]
        locations = np.zeros(len(profile.locations), np.uint32)
        needed = _first_uses(frames)
        locations[needed] = self._adopt_locations(profile, needed, strings)
        raw = _split(locations[frames], depths)
        stacks = dict(zip(used.tolist(), (self._stacks.add(one, one) for one in raw), strict=True))
        keys = _label_keys(profile, strings)
        return [
            (stacks[stack], key) for stack, key in zip(profile.stacks.tolist(), keys, strict=True)
        ]

    def _adopt_locations(self, profile: Profile, needed: Int64s, strings: UInt32s) -> list[int]:
        mappings = self._adopt_mappings(profile, needed, strings)
        lines = self._adopt_lines(profile, needed, strings)
        offsets = profile.line_offsets
        result = []
        for index, row in zip(needed.tolist(), profile.locations[needed].tolist(), strict=True):
            own, address, folded = row
            source = lines[offsets[index] : offsets[index + 1]].tobytes()
            mapping, start = mappings[own]
            base = self._mappings.rows[mapping][0] if mapping >= 0 else 0
            inside = (address - start) % _WORD
            entry = (mapping, (inside + base) % _WORD, folded), source
            result.append(self._locations.add((mapping, inside, folded, source), entry))
        return result

    def _adopt_mappings(
        self, profile: Profile, needed: Int64s, strings: UInt32s
    ) -> dict[int, tuple[int, int]]:
        """Shared index and own start of each mapping; without build id and file all are one."""
        table = profile.mappings.copy()
        for column in ("filename", "build_id"):
            table[column] = strings[table[column]]
        mappings = profile.locations["mapping"][needed]
        wanted = _first_uses(mappings[mappings >= 0]).tolist()
        if len(table) and not self._mappings.rows:
            wanted = [0, *wanted]  # the first mapping is the program itself, used or not
        result = {-1: (-1, 0)}
        for own in wanted:
            if own not in result:
                row = table[own].tolist()
                start, limit, offset, filename, build_id = row[:5]
                # A loader rounds sizes to pages, and two readings may disagree below that.
                pages = -(-((limit - start) % _WORD) // _PAGE)
                result[own] = self._mappings.add((pages, offset, build_id or filename), row), start
        return result

    def _adopt_lines(self, profile: Profile, needed: Int64s, strings: UInt32s) -> Records:
        """The profile's lines with the shared index of their functions, where they are needed."""
        table = profile.functions.copy()
        for column in ("name", "system_name", "filename"):
            table[column] = strings[table[column]]
        lines = profile.lines.copy()
        rank = np.full(len(profile.locations), len(needed))
        rank[needed] = np.arange(len(needed))
        of_lines = rank[owners(profile.line_offsets)]
        order = np.argsort(of_lines, kind="stable")[: np.count_nonzero(of_lines < len(needed))]
        functions = np.zeros(len(table), np.uint32)
        for own in _first_uses(lines["function"][order]).tolist():
            row = table[own].tolist()
            functions[own] = self._functions.add(row, row)
        lines["function"] = functions[lines["function"]]
        return lines

    def columns(self) -> dict[str, Any]:
        """The tables as `Profile` holds them."""
        stack_offsets, stack_locations = unpacked(self._stacks.rows, np.dtype(np.uint32))
        line_offsets, lines = unpacked([source for _, source in self._locations.rows], LINE)
        return {
            "strings": StringTable.of(self._strings.rows),
            "functions": np.array(self._functions.rows, FUNCTION),
            "mappings": np.array(self._mappings.rows, MAPPING),
            "locations": np.array([row for row, _ in self._locations.rows], LOCATION),
            "line_offsets": line_offsets,
            "lines": lines,
            "stack_offsets": stack_offsets,
            "stack_locations": stack_locations,
        }


def unpacked(parts: list[bytes], dtype: np.dtype[Any]) -> tuple[Int64s, Records]:
    """Rows of bytes as one array with offsets (CSR)."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) // dtype.itemsize for part in parts], out=offsets[1:])
    return offsets, np.frombuffer(b"".join(parts), dtype).copy()


def _first_uses(indices: npt.NDArray[np.integer]) -> Int64s:
    """The distinct indices, none below 0, in the order in which they come."""
    first = np.full(int(indices.max(initial=0)) + 1, -1)
    first[indices[::-1]] = np.arange(len(indices))[::-1]
    used = np.flatnonzero(first >= 0)
    return used[np.argsort(first[used])]


def _label_keys(profile: Profile, strings: UInt32s) -> list[bytes]:
    """The labels of each sample as bytes in shared terms, in an order that content decides."""
    labels = profile.labels.copy()
    for column in ("key", "str", "num_unit"):
        labels[column] = strings[labels[column]]
    held = held_labels(profile)
    sample = owners(profile.label_offsets)[held]
    labels = labels[held]
    # The sort is stable: several values of one key keep their order, which has a meaning.
    labels = labels[np.lexsort((labels["key"], labels["str"] != 0, sample))]
    return _split(labels, np.bincount(sample, minlength=len(profile)))


def _split(rows: npt.NDArray[Any], lengths: Int64s) -> list[bytes]:
    """The bytes of consecutive groups of rows."""
    ends = np.concatenate([[0], np.cumsum(lengths * rows.itemsize)]).tolist()
    raw = rows.tobytes()
    return [raw[first:last] for first, last in pairwise(ends)]
