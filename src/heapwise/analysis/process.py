"""What the operating system counted about the service's process inside windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from heapwise.model.memory import ProcessSample
from heapwise.model.recording import Window

_DRIFT = 2.0
_FEW_FAULTS = 1_000


def growth(
    samples: Sequence[ProcessSample],
    windows: Iterable[Window],
    counter: Callable[[ProcessSample], int],
) -> float | None:
    """How much a counter of the process grew inside settled windows.

    The process is read next to each fence, not at the same instant: the value at the fence is
    interpolated. Samples after a counter went backwards belong to another process.

    Returns:
        None with fewer than two samples of one process.
    """
    times = [sample.at_ns for sample in samples]
    values = [counter(sample) for sample in samples]
    if falls := np.flatnonzero(np.diff(values) < 0).tolist():
        times, values = times[: falls[0] + 1], values[: falls[0] + 1]
    if len(times) < 2:
        return None
    return sum(
        float(np.diff(np.interp([window.before.at_ns, window.after.at_ns], times, values))[0])
        for window in windows
        if window.after
    )


def fault_drift(samples: Sequence[ProcessSample], windows: Sequence[Window]) -> float | None:
    """How many times more minor faults one half of a window had than the other.

    An allocator that gives memory back and takes it again faults at every turn; a run that
    changes between the two ways midway has timings of neither.

    Returns:
        The largest factor, 1 or more; None where there are too few faults or samples to tell.
    """
    factors = []
    for window in windows:
        if window.after is None:
            continue
        begin, end = window.before.at_ns, window.after.at_ns
        times = [sample.at_ns for sample in samples]
        if sum(begin < at < end for at in times) < 4:
            continue
        faults = np.interp(
            [begin, (begin + end) / 2, end], times, [sample.minor_faults for sample in samples]
        )
        first, second = sorted(np.diff(faults).tolist())
        if second >= _FEW_FAULTS:
            factors.append(second / max(first, 1.0))
    return max(factors) if factors else None


def drifted(factor: float | None) -> bool:
    """True where the halves of a window are too unlike to be one measurement."""
    return factor is not None and factor > _DRIFT
