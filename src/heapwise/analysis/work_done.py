"""What was done in the windows of a run, counted by whoever knows best.

Where we make the load, complete responses are counted. Else the program's own count is taken, and
where it has none, costs are given per second.
"""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.analysis.windows import completed, length_ns
from heapwise.model.recording import Recording, Window
from heapwise.model.work import Work
from heapwise.units import NS_PER_S

BEGAN = "job-began"
ENDED = "job-ended"
"""Events at the first and the last moment of a job's work."""

SECOND = "s"
"""The unit where nobody counted."""

RUN = "run"
"""The unit of a job that counts nothing: itself."""


def counted_by_program(recording: Recording, windows: Sequence[Window]) -> bool:
    """True where somebody else made the load and the program counted what it did."""
    if recording.manifest.plan is not None or not windows:
        return False
    return all(window.after is not None and window.after.work >= 0 for window in windows)


def unit_of(recording: Recording, windows: Sequence[Window]) -> str:
    """What costs are divided by: ``req``, ``row``, or ``s`` where nothing was counted."""
    manifest = recording.manifest
    if manifest.plan is not None or counted_by_program(recording, windows):
        return manifest.work_unit
    return RUN if manifest.job else SECOND


def work_in(recording: Recording, windows: Sequence[Window]) -> Work:
    """The work done in settled windows; whole seconds where nothing was counted."""
    unit = unit_of(recording, windows)
    if recording.manifest.plan is not None:
        return Work(unit, completed(recording.hits, windows))
    if counted_by_program(recording, windows):
        return Work(unit, sum(_counted(window) for window in windows))
    if unit == RUN:
        return Work(unit, len(windows))
    return Work(unit, round(length_ns(windows) / NS_PER_S))


def amount(recording: Recording, windows: Sequence[Window]) -> float:
    """The same as `work_in`, with fractions of seconds."""
    if unit_of(recording, windows) == SECOND:
        return length_ns(windows) / NS_PER_S
    return float(work_in(recording, windows).count)


def work_ns(recording: Recording, windows: Sequence[Window]) -> int:
    """How long the work in settled windows took, ns.

    A job that waits at its end says when that was; what lies between it and the fence is ours.
    """
    ended = [event.at_ns for event in recording.events if event.kind == ENDED]
    began = [event.at_ns for event in recording.events if event.kind == BEGAN]
    last = windows[-1].after if windows else None
    if not recording.manifest.job or not (began and ended) or last is None:
        return length_ns(windows)
    return min(ended[0], last.at_ns) - began[0]


def _counted(window: Window) -> int:
    """What the program counted in a window; a count begins at zero with the first unit."""
    assert window.after is not None  # noqa: S101 - the windows are settled
    return max(0, window.after.work - max(0, window.before.work))
