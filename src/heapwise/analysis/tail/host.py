"""When the machine, rather than the service, may have held a request up.

The machine is read a few times a second. What happened between two readings is a sum, and nobody
knows in which part of that stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from heapwise.analysis.tail.activity import Window
from heapwise.model.memory import HostSample
from heapwise.model.tail import Cause

SATURATED = 0.95
"""Processors that are busy for so much of a stretch have none to spare."""

HOST = (Cause.CPU, Cause.STEAL, Cause.THROTTLE, Cause.PRESSURE)

Share = Callable[[HostSample, HostSample], float]


def host_windows(
    samples: Sequence[HostSample], *, same_host: bool
) -> dict[Cause, list[Window] | str]:
    """The windows of everything a machine does to a service, or why they are unknown.

    Args:
        samples: readings of the machine that heapwise runs on.
        same_host: the service runs there too.
    """
    if not same_host:
        return dict.fromkeys(HOST, "the service runs on another machine")
    if len(samples) < 2:
        return dict.fromkeys(HOST, "the recording has no readings of the machine")
    last = samples[-1]
    found: dict[Cause, list[Window] | str] = {Cause.CPU: list(_windows(samples, _saturated))}
    for cause, counter, share in (
        (Cause.STEAL, last.steal_ns, _stolen),
        (Cause.THROTTLE, last.throttled_ns, _throttled),
        (Cause.PRESSURE, max(last.pressure_memory_ns, last.pressure_io_ns), _pressed),
    ):
        known = counter >= 0
        found[cause] = list(_windows(samples, share)) if known else "the system does not tell"
    return found


def _windows(samples: Sequence[HostSample], share: Share) -> Iterable[Window]:
    for first, second in pairwise(samples):
        if second.at_ns > first.at_ns and (active := share(first, second)) > 0:
            yield first.at_ns, second.at_ns, min(1.0, active)


def _capacity(first: HostSample, second: HostSample) -> tuple[int, int, int]:
    """CPU time that was busy, stolen, and there altogether."""
    busy, idle = second.busy_ns - first.busy_ns, second.idle_ns - first.idle_ns
    stolen = _risen(first.steal_ns, second.steal_ns)
    return busy, stolen, busy + idle + stolen


def _saturated(first: HostSample, second: HostSample) -> float:
    """All of a stretch without idle time, else the part in which something waited for a processor.

    The latter (PSI) knows of bursts that are shorter than the time between two readings.
    """
    busy, stolen, capacity = _capacity(first, second)
    if capacity > 0 and (busy + stolen) / capacity >= SATURATED:
        return 1.0
    waited = _risen(first.pressure_cpu_ns, second.pressure_cpu_ns)
    return waited / (second.at_ns - first.at_ns)


def _stolen(first: HostSample, second: HostSample) -> float:
    _, stolen, capacity = _capacity(first, second)
    return stolen / capacity if capacity > 0 else 0.0


def _throttled(first: HostSample, second: HostSample) -> float:
    return _risen(first.throttled_ns, second.throttled_ns) / (second.at_ns - first.at_ns)


def _pressed(first: HostSample, second: HostSample) -> float:
    memory = _risen(first.pressure_memory_ns, second.pressure_memory_ns)
    disk = _risen(first.pressure_io_ns, second.pressure_io_ns)
    return (memory + disk) / (second.at_ns - first.at_ns)


def _risen(first: int, second: int) -> int:
    """By how much a counter rose; by nothing that is known where it could not be read before."""
    return max(0, second - first) if first >= 0 else 0
