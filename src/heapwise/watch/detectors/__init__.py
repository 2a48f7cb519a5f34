"""What is wrong with a target: one detector for each thing that can be."""

from __future__ import annotations

from collections.abc import Callable

from heapwise.watch.detectors.alloc_step import AllocStep
from heapwise.watch.detectors.assist import Assist
from heapwise.watch.detectors.base import Detector, Settings
from heapwise.watch.detectors.gc_share import GcShare
from heapwise.watch.detectors.limit import Limit
from heapwise.watch.detectors.live_growth import Growing, Leak
from heapwise.watch.detectors.pauses import Pauses
from heapwise.watch.detectors.python_gen2 import PythonGen2
from heapwise.watch.detectors.tasks import Tasks
from heapwise.watch.scale import Scale

__all__ = ["DETECTORS", "Detector", "Settings"]

DETECTORS: tuple[Callable[[Scale, Settings], Detector], ...] = (
    Leak,
    Growing,
    Limit,
    GcShare,
    Assist,
    Pauses,
    AllocStep,
    Tasks,
    PythonGen2,
)
