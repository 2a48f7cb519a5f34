"""Windows that end where their figures end, and the work that was done in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from heapwise.model.load import HitFlag, Hits, Outcome
from heapwise.model.memory import MemorySample
from heapwise.model.recording import Fence, Recording, Window


def settle(window: Window, samples: Sequence[MemorySample]) -> Window:
    """The part of a window whose counters belong together.

    A window between two fences of one process is that already. Where the run was cut short, or
    the service restarted and its counters began anew, the window ends at the last reading before
    that. Such an end has exact counters and no profile.

    Args:
        window: as recorded.
        samples: all readings of the run, in order of time.

    Returns:
        The window; ``after`` is None where nothing was read after the first fence.
    """
    restart = restarted_ns(window, samples)
    if window.after is not None and restart is None:
        return window
    steady = [
        sample for sample in _inside(window, samples) if restart is None or sample.at_ns < restart
    ]
    if not steady:
        return msgspec.structs.replace(window, after=None)
    last = steady[-1]
    end = Fence(at_ns=last.at_ns, counters=last.counters, work=last.work)
    # The answer to the reading that ends the window was written after its counters were taken.
    return msgspec.structs.replace(window, after=end, readings=len(steady) - 1)


def settled(recording: Recording) -> tuple[Window, ...]:
    """Every window of a run that has an end, settled."""
    windows = (settle(window, recording.memory) for window in recording.windows)
    return tuple(window for window in windows if window.after is not None)


def restarted_ns(window: Window, samples: Sequence[MemorySample]) -> int | None:
    """When a reading first showed that the service is not the process it was, None if none did."""
    readings = [(sample.at_ns, sample.counters) for sample in _inside(window, samples)]
    if window.after is not None:
        readings.append((window.after.at_ns, window.after.counters))
    earlier = window.before.counters
    for at_ns, counters in readings:
        if counters.went_back(earlier):
            return at_ns
        earlier = counters
    return None


def length_ns(windows: Iterable[Window]) -> int:
    """How long settled windows are together, ns."""
    return sum(window.after.at_ns - window.before.at_ns for window in windows if window.after)


def completed(hits: Hits, windows: Iterable[Window]) -> int:
    """Responses that were complete, whatever their status, inside settled windows.

    This is the work that a run's allocations are divided by: a 404 is answered by running code
    as well. A hit without a complete response cost the service something too, but nobody can
    tell how much of it; a run with many such hits is marked by `heapwise.analysis.validity`.
    """
    answered = hits.done[hits.outcome == Outcome.OK]
    return sum(
        int(np.count_nonzero((answered > window.before.at_ns) & (answered <= window.after.at_ns)))
        for window in windows
        if window.after
    )


def load_start_ns(recording: Recording) -> int:
    """When the load of the first window began: the zero of every chart, ns since the run's."""
    hits = recording.hits
    measured = hits.intended[(hits.flags & HitFlag.WARMUP) == 0]
    if len(measured):
        return int(measured.min())
    return recording.windows[0].before.at_ns if recording.windows else 0


def _inside(window: Window, samples: Sequence[MemorySample]) -> list[MemorySample]:
    end = window.after.at_ns if window.after else None
    return [
        sample
        for sample in samples
        if sample.at_ns > window.before.at_ns and (end is None or sample.at_ns < end)
    ]
