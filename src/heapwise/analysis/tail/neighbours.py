"""How much of the machine other programs had while hits were measured.

A service that has to share its processors collects for longer, in Go as in Python: what shows as a
mark or a pause is then mostly waiting. Clocks cannot tell the two apart, so a collector that looks
guilty on somebody else's machine is left undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heapwise.analysis.engine_share import engine_share
from heapwise.analysis.tail.measured import MeasuredTime
from heapwise.model.recording import Recording

CROWDED = 0.5
"""Of the machine, that others may have before nothing about a collector can be proven ..."""

FULL = 0.9
"""... if so much of it is busy that a service may have to wait for a processor."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who used the machine.

    Attributes:
        others: share of all processors that neither the service nor the load generator used.
        busy: share that anybody used.
    """

    others: float
    busy: float

    @property
    def crowding(self) -> bool:
        """The service may have had to wait for processors that others had."""
        return self.others >= CROWDED and self.busy >= FULL


def neighbours(recording: Recording, time: MeasuredTime) -> Neighbours | None:
    """Who used the machine while hits were measured.

    Returns:
        None where the machine, or the service on it, was not watched.
    """
    host, process = recording.host, recording.process
    if not recording.manifest.service.same_host or min(len(host), len(process)) < 2:
        return None
    begin, end = float(time.starts[0]), float(time.ends[-1])
    read = [sample.at_ns for sample in host]
    busy = _gained(read, [one.busy_ns + max(0, one.steal_ns) for one in host], begin, end)
    capacity = busy + _gained(read, [one.idle_ns for one in host], begin, end)
    service = _gained(
        [sample.at_ns for sample in process], [sample.cpu_ns for sample in process], begin, end
    )
    ours = service + (engine_share(recording) or 0.0) * (end - begin)
    if capacity <= 0:
        return None
    return Neighbours(max(0.0, busy - ours) / capacity, busy / capacity)


def _gained(times: Sequence[int], values: Sequence[int], begin: float, end: float) -> float:
    """By how much a counter rose, interpolated between its readings."""
    return max(0.0, float(np.diff(np.interp([begin, end], times, values))[0]))
