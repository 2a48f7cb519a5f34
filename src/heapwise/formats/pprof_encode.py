"""Columns into ``profile.proto``; ids are table indices plus one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.formats import _pprof
from heapwise.formats.pprof_columns import DTYPES, HEADER, VALUE_TYPE, Columns
from heapwise.model.profile import Profile, StringTable, ValueType

_Array = npt.NDArray[Any]


def encode_message(profile: Profile) -> bytes:
    """Encode a profile without compressing it. The string table keeps its order.

    Raises:
        ValueError: the profile's columns contradict each other.
    """
    strings = _Strings(profile)
    header = _header(profile, strings)
    period_type = np.array([strings.pair(profile.period_type)], VALUE_TYPE)
    sample_types = np.array(list(map(strings.pair, profile.sample_types)), VALUE_TYPE)
    comments = np.array(list(map(strings.index, profile.comments)), np.int64)
    table = StringTable.of(strings.all)
    columns = Columns[_Array](
        header=header,
        period_type=period_type,
        sample_types=sample_types,
        comments=comments,
        strings=np.frombuffer(table.buffer, np.uint8),
        string_offsets=table.offsets,
        mappings=profile.mappings,
        functions=profile.functions,
        locations=profile.locations,
        line_offsets=profile.line_offsets,
        lines=profile.lines,
        values=profile.values,
        stacks=profile.stacks,
        stack_offsets=profile.stack_offsets,
        stack_locations=profile.stack_locations,
        label_offsets=profile.label_offsets,
        labels=profile.labels,
    )
    exact = zip(columns, DTYPES, strict=True)
    return _pprof.encode(*(np.require(column, dtype, ["C", "A"]) for column, dtype in exact))


class _Strings:
    """The profile's strings, and those its header adds."""

    def __init__(self, profile: Profile) -> None:
        self.all = list(profile.strings) or [b""]
        self._index = {string: index for index, string in reversed([*enumerate(self.all)])}

    def index(self, text: str) -> int:
        """The index of a text, which is added if it is new."""
        raw = text.encode("utf-8", "replace")
        index = self._index.setdefault(raw, len(self.all))
        if index == len(self.all):
            self.all.append(raw)
        return index

    def pair(self, value_type: ValueType) -> tuple[int, int]:
        """The indices of a type and its unit."""
        return self.index(value_type.type), self.index(value_type.unit)


def _header(profile: Profile, strings: _Strings) -> _Array:
    header = np.zeros(1, HEADER)
    for name in ("period", "time_ns", "duration_ns"):
        header[name] = getattr(profile, name)
    for name in ("default_sample_type", "drop_frames", "keep_frames", "doc_url"):
        header[name] = strings.index(getattr(profile, name))
    return header
