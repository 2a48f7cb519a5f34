"""A decompressed profile into columns, checked as pprof checks it; the C codec does the work."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.formats import _pprof
from heapwise.formats.pprof_columns import DTYPES, Columns
from heapwise.formats.pprof_limits import Damage, Limits
from heapwise.model.profile import Profile, StringTable, ValueType

_Array = npt.NDArray[Any]


def decode_message(data: bytes | bytearray, limits: Limits) -> Profile:
    """Decode a profile that is decompressed already; nobody may change it meanwhile.

    Raises:
        Damage: not a valid profile, or over a limit.
    """
    limits.check_size(len(data))
    raw = Columns(*_columns(data, limits))
    columns: Columns[_Array] = Columns(*map(np.frombuffer, raw, DTYPES))
    strings = StringTable(raw.strings, columns.string_offsets)
    header = _header(columns, strings)
    return Profile(
        strings=strings,
        values=columns.values.reshape(-1, len(columns.sample_types)),
        stacks=columns.stacks,
        stack_offsets=columns.stack_offsets,
        stack_locations=columns.stack_locations,
        locations=columns.locations,
        line_offsets=columns.line_offsets,
        lines=columns.lines,
        functions=columns.functions,
        mappings=columns.mappings,
        label_offsets=columns.label_offsets,
        labels=columns.labels,
        **header,
    )


def _columns(data: bytes | bytearray, limits: Limits) -> tuple[bytes, ...]:
    bounds = (
        limits.samples,
        limits.entries,
        limits.frames,
        limits.unknown,
        limits.nested,
        limits.message,
        limits.string,
    )
    try:
        return _pprof.decode(data, bounds, int.from_bytes(os.urandom(8)))
    except ValueError as error:
        text, facts = error.args
        one = facts["table"].removesuffix("s")
        raise Damage(text.format(one=one, **facts)) from None


def _header(columns: Columns[_Array], strings: StringTable) -> dict[str, Any]:
    """The fields outside the tables, as arguments of `Profile`."""

    @cache  # a hostile profile can name one long string a million times
    def text(index: int) -> str:
        if not 0 <= index < len(strings):
            raise Damage(f"its header names string {index:,} of {len(strings):,}")
        return strings.text(index)

    numbers = dict(zip(columns.header.dtype.names or (), columns.header[0].item(), strict=True))
    for name in ("default_sample_type", "drop_frames", "keep_frames", "doc_url"):
        numbers[name] = text(numbers[name])
    (period_type,) = columns.period_type.tolist()
    return {
        "sample_types": tuple(
            ValueType(text(kind), text(unit)) for kind, unit in columns.sample_types.tolist()
        ),
        "period_type": ValueType(*map(text, period_type)),
        "comments": tuple(map(text, columns.comments.tolist())),
        **numbers,
    }
