"""What a job says at its end: the last line that it prints is one JSON object."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from heapwise.errors import ServiceError

_TAIL_BYTES = 1 << 20
"""The longest last line."""

Figure = str | int | float | bool | None


class JobOutput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line.

    Attributes:
        work: units of work done.
        result: what must be equal for every variant: counts, checksums, sums.
        guard: what must not move far: hit ratios, sizes.
    """

    work: int
    result: dict[str, Figure]
    guard: dict[str, float] = {}

    def __post_init__(self) -> None:
        if not self.result:
            raise ValueError("result must hold something to compare")


def read_output(file: Path) -> JobOutput:
    """Read what a job said at its end.

    Raises:
        ServiceError: it ended without such a line.
    """
    with file.open("rb") as printed:
        size = printed.seek(0, os.SEEK_END)
        printed.seek(max(0, size - _TAIL_BYTES))
        lines = printed.read().strip().splitlines()
    if not lines:
        raise ServiceError("the job told no result", "it printed nothing")
    try:
        return msgspec.json.decode(lines[-1], type=JobOutput)
    except msgspec.DecodeError as error:
        last = ascii(lines[-1][:80].decode("utf-8", "replace"))
        raise ServiceError("the job told no result", f"{error}, in its last line {last}") from None
