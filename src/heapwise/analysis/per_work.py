"""What one unit of work costs, from the exact counters at both ends of a window.

What lies between the two readings besides the work is known precisely. A reading takes its
counters while the service answers it, so what it allocates falls on both sides: its arrival
before, its answer after. The window therefore holds

- the answer of the reading that opened it,
- every reading in between, whole, and
- the arrival of the reading that closed it.

The first and the last part make one whole reading, so ``readings + 1`` are taken off. What one
costs was measured at both fences as the difference between readings back to back on an idle
service, which is cut at the same point: one answer and one arrival.

The collections and the profile that belong to a fence lie outside the window: before its first
reading and after its last.
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.recording import Problem, Scope, Window
from heapwise.model.work import PerWork, Work
from heapwise.units import format_size


def per_work(window: Window, work: Work) -> tuple[PerWork | None, tuple[Problem, ...]]:
    """The exact cost of one unit of work in a window, without what measuring cost.

    Args:
        window: between two fences of one process.
        work: what was done in it.

    Returns:
        The costs, None where the counters cannot give any; and what limits or spoils them.
        A figure is never negative.
    """
    if window.after is None:
        return None, (_open(window),)
    before, after = window.before.counters, window.after.counters
    if after.went_back(before):
        return None, (_restarted(window),)
    size = after.total_alloc - before.total_alloc
    count = after.mallocs - before.mallocs
    reading_size, reading_count = _reading_cost(window)
    readings = window.readings + 1
    measuring_size = min(readings * reading_size, size)
    measuring_count = min(readings * reading_count, count)
    costs = PerWork(
        work=work,
        bytes=work.per(size - measuring_size),
        allocs=work.per(count - measuring_count),
        measuring_bytes=work.per(measuring_size) or 0.0,
        measuring_allocs=work.per(measuring_count) or 0.0,
    )
    return costs, tuple(_limits(window, work, size, readings * reading_size))


def _reading_cost(window: Window) -> tuple[float, float]:
    """Bytes and objects of one reading: the mean over the fences that were calibrated."""
    fences = (window.before, window.after)
    known = [fence.calibration for fence in fences if fence is not None and fence.calibration]
    if not known:
        return 0.0, 0.0
    return (
        sum(max(0.0, each.bytes_per_reading) for each in known) / len(known),
        sum(max(0.0, each.allocs_per_reading) for each in known) / len(known),
    )


def _limits(window: Window, work: Work, size: float, measuring: float) -> Iterable[Problem]:
    if not work.count:
        yield Problem(
            scope=Scope.ALLOCATION,
            what=f"no {work.unit} was completed in window {window.name!r}",
            remedy="check that the targets answer",
        )
    fences = (window.before, window.after)
    if not any(fence is not None and fence.calibration for fence in fences):
        yield Problem(
            scope=Scope.NONE,
            what=f"the cost of {window.readings + 1} readings of the counters is in the figures: "
            "it was not calibrated",
        )
    elif work.count and measuring > size / 2:
        yield Problem(
            scope=Scope.ALLOCATION,
            what=f"of {format_size(size)} allocated in window {window.name!r}, "
            f"reading the counters {window.readings + 1} times took "
            f"{format_size(min(measuring, size))}",
            remedy="run longer, at a higher rate, or with a longer -interval",
        )


def _open(window: Window) -> Problem:
    return Problem(
        scope=Scope.ALLOCATION,
        what=f"window {window.name!r} was never closed: what it allocated is not known",
        remedy="let the run finish",
    )


def _restarted(window: Window) -> Problem:
    return Problem(
        scope=Scope.ALL,
        what=f"the service was restarted in window {window.name!r}: its counters went back",
        remedy="see the service's own log for why, and record again",
    )
