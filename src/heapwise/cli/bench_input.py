"""Reads the files that ``heapwise bench`` compares."""

from __future__ import annotations

import sys

from heapwise.errors import ProfileError

MOST_BYTES = 1 << 30
"""Of one file."""


def read_results(path: str) -> bytes:
    """A whole file; - is standard input.

    Raises:
        ProfileError: it cannot be read, or is too large.
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(path, "rb") as stream:  # noqa: PTH123 - `bench <(…)` gives pipes
                data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ProfileError(f"cannot read {path}", error.strerror or str(error)) from None
    if len(data) > MOST_BYTES:
        raise ProfileError(f"{path} has more than 1 GiB")
    return data
