"""Which rows of an array are equal, without sorting them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from heapwise.analysis import _aggregate
from heapwise.model.profile import Int64s, UInt32s


def distinct(rows: npt.NDArray[Any]) -> tuple[Int64s, UInt32s]:
    """Number equal rows of a one-dimensional array of any type alike, as they come.

    Returns:
        int64, the first row of each group; and uint32 per row, its group.
    """
    return _grouped(rows, None)


def distinct_runs(items: npt.NDArray[Any] | bytes, offsets: Int64s) -> tuple[Int64s, UInt32s]:
    """The same for runs of items (CSR): run i is ``items[offsets[i] : offsets[i + 1]]``."""
    return _grouped(items, np.ascontiguousarray(offsets))


def _grouped(items: npt.NDArray[Any] | bytes, offsets: Int64s | None) -> tuple[Int64s, UInt32s]:
    if not isinstance(items, bytes):
        items = np.ascontiguousarray(items)
    width = 1 if isinstance(items, bytes) else items.itemsize
    firsts, groups = _aggregate.group(items, offsets, width, secret())
    return np.frombuffer(firsts, np.int64), np.frombuffer(groups, np.uint32)


def secret() -> int:
    """What hashes depend on, so that nobody can write a profile whose rows collide."""
    return int.from_bytes(os.urandom(8))
