"""A profile as columns: what ``profile.proto`` says, in arrays that can be counted fast.

Shapes are given with n samples, k sample types, s distinct stacks, l locations, f functions.
Names are bytes, because a profile may hold any; they become text only where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
UInt32s = npt.NDArray[np.uint32]
Records = npt.NDArray[np.void]

FUNCTION = np.dtype(
    [("name", "<u4"), ("system_name", "<u4"), ("filename", "<u4"), ("start_line", "<i8")]
)
"""A function; the first three are indices into `Profile.strings`."""

LINE = np.dtype([("function", "<u4"), ("line", "<i8"), ("column", "<i8")])
"""One source line of a location; ``function`` is an index into `Profile.functions`."""

LOCATION = np.dtype([("mapping", "<i4"), ("address", "<u8"), ("folded", "?")])
"""A program counter; ``mapping`` is an index into `Profile.mappings`, -1 for none."""

MAPPING = np.dtype(
    [
        ("start", "<u8"),
        ("limit", "<u8"),
        ("offset", "<u8"),
        ("filename", "<u4"),
        ("build_id", "<u4"),
        ("has_functions", "?"),
        ("has_filenames", "?"),
        ("has_line_numbers", "?"),
        ("has_inline_frames", "?"),
    ]
)
"""A mapped file; ``filename`` and ``build_id`` are indices into `Profile.strings`."""

LABEL = np.dtype([("key", "<u4"), ("str", "<u4"), ("num", "<i8"), ("num_unit", "<u4")])
"""A label of a sample; all but ``num`` are indices into `Profile.strings`."""


class ValueType(msgspec.Struct, frozen=True):
    """What one column of values counts: ``alloc_space`` in ``bytes``."""

    type: str
    unit: str

    def __str__(self) -> str:
        return f"{self.type}/{self.unit}"


NO_TYPE = ValueType("", "")
"""What a profile without a period says of it."""


@dataclass(frozen=True, slots=True, eq=False)
class StringTable:
    """Strings in one arena: string i is ``buffer[offsets[i] : offsets[i + 1]]``; 0 is empty."""

    buffer: bytes
    offsets: Int64s

    @classmethod
    def of(cls, strings: Iterable[bytes]) -> Self:
        """Pack strings into one arena."""
        parts = list(strings)
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return cls(b"".join(parts), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return self.buffer[self.offsets[index] : self.offsets[index + 1]]

    def text(self, index: int) -> str:
        """The string for people: bytes that are not UTF-8 show as replacement characters."""
        return self[index].decode("utf-8", "replace")

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Profile:
    """One profile, columnar and immutable.

    Attributes:
        sample_types: the k value columns.
        values: int64[n, k].
        stacks: uint32[n], the stack of each sample; equal stacks share an id.
        stack_offsets: int64[s + 1] into `stack_locations`.
        stack_locations: uint32, location indices, leaf first.
        line_offsets: int64[l + 1] into `lines`; a location has several lines where calls were
            inlined, innermost first, and none where it was not symbolised.
        label_offsets: int64[n + 1] into `labels`.
        drop_frames: regular expression of frames that are no news, matched on the whole name.
    """

    strings: StringTable
    sample_types: tuple[ValueType, ...]
    values: Int64s
    stacks: UInt32s
    stack_offsets: Int64s
    stack_locations: UInt32s
    locations: Records
    line_offsets: Int64s
    lines: Records
    functions: Records
    mappings: Records
    label_offsets: Int64s
    labels: Records
    period_type: ValueType = NO_TYPE
    period: int = 0
    time_ns: int = 0
    duration_ns: int = 0
    default_sample_type: str = ""
    drop_frames: str = ""
    keep_frames: str = ""
    comments: tuple[str, ...] = field(default=())
    doc_url: str = ""

    def __len__(self) -> int:
        return len(self.stacks)

    @property
    def shown_by_default(self) -> ValueType:
        """The sample type a viewer picks unasked: the declared default, else the last one."""
        for sample_type in self.sample_types:
            if sample_type.type == self.default_sample_type:
                return sample_type
        return self.sample_types[-1]

    def column(self, sample_type: str) -> Int64s:
        """The values of one sample type, int64[n].

        Raises:
            KeyError: the profile has no such sample type.
        """
        for index, candidate in enumerate(self.sample_types):
            if candidate.type == sample_type:
                return self.values[:, index]
        raise KeyError(sample_type)

    def stack(self, index: int) -> UInt32s:
        """The location indices of stack ``index``, leaf first."""
        return self.stack_locations[self.stack_offsets[index] : self.stack_offsets[index + 1]]

    def location_lines(self, index: int) -> Records:
        """The lines of location ``index``, innermost first."""
        return self.lines[self.line_offsets[index] : self.line_offsets[index + 1]]

    def function_name(self, index: int) -> str:
        """The name of function ``index`` for people."""
        return self.strings.text(int(self.functions["name"][index]))

    def function_file(self, index: int) -> str:
        """The source file of function ``index`` for people."""
        return self.strings.text(int(self.functions["filename"][index]))
