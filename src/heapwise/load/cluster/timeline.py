"""Hits of several machines on one time line, and those that a lost machine leaves open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from heapwise.load.engine import Phase
from heapwise.load.share import Share
from heapwise.load.unsent import unsent
from heapwise.load.wire import ROW, hits_since
from heapwise.model.load import Hits
from heapwise.model.profile import Int64s
from heapwise.model.schedules import Saturate, Schedule

_CHUNK = 1 << 16


def on_our_time(data: bytes, ahead_ns: int) -> Hits:
    """Rows of a worker.

    Args:
        data: int64[n, 12], little endian.
        ahead_ns: what its clock shows at the zero of our time line; -1 stays -1.

    Raises:
        ValueError: they are no rows.
    """
    return hits_since(ahead_ns, np.frombuffer(data, "<i8").reshape(-1, ROW))


def open_hits(phase: Phase, start_ns: int, arrived: Int64s) -> Iterator[Hits]:
    """Hits of a share that nobody has heard of, as never sent.

    Nothing is made up for a closed loop: what was not sent was not due.

    Args:
        phase: with the share.
        start_ns: when it began, on the time line.
        arrived: when those were due that have come, on the same; in any order.
    """
    if isinstance(phase.schedule, Saturate):
        return
    due = start_ns + _due(phase.schedule, phase.share)
    missing = _missing(due, np.sort(arrived))
    for first in range(0, len(due), _CHUNK):
        part = slice(first, first + _CHUNK)
        yield unsent(phase, due[part], first).select(missing[part])


def _due(schedule: Schedule, share: Share) -> Int64s:
    return share.offsets(schedule, 0, share.count(schedule))


def _missing(due: Int64s, arrived: Int64s) -> npt.NDArray[np.bool_]:
    """Which of ``due`` are not among ``arrived``; both ascending.

    Of several due at the same moment as many are missing as have not come, the last ones.
    """
    came = np.searchsorted(arrived, due, "right") - np.searchsorted(arrived, due, "left")
    place = np.arange(len(due)) - np.searchsorted(due, due, "left")
    return place >= came
