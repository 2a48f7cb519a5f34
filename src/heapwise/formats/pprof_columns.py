"""What passes between Python and the C codec: one buffer per column, in the codec's order."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np

from heapwise.model.profile import FUNCTION, LABEL, LINE, LOCATION, MAPPING

T = TypeVar("T")

_INT64 = np.dtype("<i8")
_UINT32 = np.dtype("<u4")

HEADER = np.dtype(
    {
        "names": [
            "drop_frames",
            "keep_frames",
            "time_ns",
            "duration_ns",
            "period",
            "default_sample_type",
            "doc_url",
        ],
        "formats": [_INT64] * 7,
        "offsets": [8 * number for number in (7, 8, 9, 10, 12, 14, 15)],
        "itemsize": 8 * 16,
    }
)
"""What is one number in a profile, by its field number."""

VALUE_TYPE = np.dtype([("type", _INT64), ("unit", _INT64)])
"""A sample type or period type as two strings."""


class Columns(NamedTuple, Generic[T]):
    """The columns of `heapwise.model.profile.Profile`, and its header as numbers.

    Where `header`, `period_type`, `sample_types` and `comments` name strings, these are indices
    that the codec does not check.
    """

    header: T
    period_type: T
    sample_types: T
    comments: T
    strings: T
    string_offsets: T
    mappings: T
    functions: T
    locations: T
    line_offsets: T
    lines: T
    values: T
    stacks: T
    stack_offsets: T
    stack_locations: T
    label_offsets: T
    labels: T


DTYPES = Columns(
    header=HEADER,
    period_type=VALUE_TYPE,
    sample_types=VALUE_TYPE,
    comments=_INT64,
    strings=np.dtype("u1"),
    string_offsets=_INT64,
    mappings=MAPPING,
    functions=FUNCTION,
    locations=LOCATION,
    line_offsets=_INT64,
    lines=LINE,
    values=_INT64,
    stacks=_UINT32,
    stack_offsets=_INT64,
    stack_locations=_UINT32,
    label_offsets=_INT64,
    labels=LABEL,
)
"""The rows of each column."""
