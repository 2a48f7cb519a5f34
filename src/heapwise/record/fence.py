"""Fences: the two moments between which everything is counted.

Go publishes allocations to the heap profile up to two collections late, so a profile is taken
only after forced collections. The counters are exact at once. The order keeps everything that
measuring forces out of the window: before the load the counters are read last, after it first.

What a window still contains of our own doing is the answer to the first fence's reading, which
is written after its counters were taken, and one answer for each reading during the load. What
an answer costs is measured next to each fence, on an idle interval.

A forced collection also empties every `sync.Pool`. A service that pools would pay for that in the
window, so that between the profile and the counters it gets time to settle under load.
"""

from __future__ import annotations

from collections.abc import Callable

from heapwise.errors import ServiceError
from heapwise.model.memory import MemorySample
from heapwise.model.recording import Calibration, Fence, Problem, Scope
from heapwise.record.machine import clock_pair
from heapwise.record.sampler import Collector, per_reading
from heapwise.runtimes.fetch import get

CALIBRATION_READINGS = 6
"""Readings back to back per fence; five differences have a robust median."""


RUNNING_S = 10.0
"""Longest wait for a profile of a program at work."""

CALIBRATION_BUDGET_NS = 2_000_000_000
"""Time after which no further reading is begun."""


def fence_before(collector: Collector, label: str, settle: Callable[[], None]) -> Fence:
    """Calibrate, collect, take the profile, let the service settle, and read the counters last.

    Raises:
        ServiceError: the service did not answer; nothing can be measured.
    """
    calibration = calibrate(collector)
    profile, forced = _profile(collector, label)
    settle()
    sample = collector.read()
    return _fence(sample, profile, calibration, forced)


def fence_after(
    collector: Collector, label: str, quieten: Callable[[], None] = lambda: None
) -> Fence | None:
    """Read the counters first, let other captures end, then calibrate, collect, take the profile.

    Returns:
        None where the service no longer answers; the reason is in the recording.
    """
    try:
        sample = collector.read()
    except ServiceError as error:
        _lost(collector, f"the service did not answer after the load: {error}", Scope.ALL)
        return None
    quieten()
    try:
        calibration = calibrate(collector)
        profile, forced = _profile(collector, label)
    except ServiceError as error:
        _lost(collector, f"no heap profile after the load: {error}", Scope.NONE)
        return _fence(sample, "", None, forced=False)
    return _fence(sample, profile, calibration, forced)


def fence_running(collector: Collector, label: str) -> Fence | None:
    """Counters and profile of a program in the middle of its work, without forcing anything.

    Returns:
        None where the program does not answer: it may just have ended.
    """
    try:
        sample = collector.read()
        data = get(collector.endpoint, "heap", deadline_s=RUNNING_S).body
    except ServiceError:
        return None
    name = collector.writer.profile(f"heap-{label}", data)
    return _fence(sample, name, None, forced=False)


def calibrate(collector: Collector) -> Calibration:
    """Read the counters back to back and see what one reading costs.

    Where readings take seconds, two have to do: nobody should wait a minute for the third digit.
    """
    start = collector.now()
    samples = [collector.read().counters for _ in range(2)]
    while len(samples) < CALIBRATION_READINGS and collector.now() - start < CALIBRATION_BUDGET_NS:
        samples.append(collector.read().counters)
    size, count = per_reading(samples)
    return Calibration(
        bytes_per_reading=size,
        allocs_per_reading=count,
        readings=len(samples) - 1,
        idle_ns=collector.now() - start,
    )


def _profile(collector: Collector, label: str) -> tuple[str, bool]:
    """Take a fenced heap profile; tell its file and whether the collections were seen."""
    earlier = collector.runtime.read(collector.endpoint).counters
    fenced = collector.runtime.fence(collector.endpoint)
    later = collector.runtime.read(collector.endpoint).counters
    name = collector.writer.profile(f"heap-{label}", fenced.data)
    return name, later.num_forced_gc - earlier.num_forced_gc >= fenced.cycles_forced


def _fence(
    sample: MemorySample, profile: str, calibration: Calibration | None, forced: bool
) -> Fence:
    return Fence(
        at_ns=sample.at_ns,
        counters=sample.counters,
        profile=profile,
        calibration=calibration,
        forced=forced,
        clock=clock_pair(),
        work=sample.work,
    )


def _lost(collector: Collector, what: str, scope: Scope) -> None:
    collector.writer.problem(
        Problem(scope=scope, what=what, remedy="see the service's own log for why")
    )
