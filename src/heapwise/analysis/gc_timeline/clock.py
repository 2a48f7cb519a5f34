"""How far the service's wall clock and the clock of a run may be apart."""

from __future__ import annotations

from heapwise.model.recording import Recording

OTHER_MACHINE_NS = 1_000_000_000
"""Machines that keep each other's time well are a few ms apart; nothing here can tell how well."""


def clock_doubt_ns(recording: Recording) -> int:
    """By how much a wall time that the service told may be wrong on the run's clock, ns.

    On one machine both read the same clock, which may have been set during the run: the fences
    read it beside the monotonic one, and no collection ends after the reading that tells of it.
    """
    if not recording.manifest.service.same_host:
        return OTHER_MACHINE_NS
    zero = recording.manifest.clock
    fences = [fence for window in recording.windows for fence in (window.before, window.after)]
    steps = [
        abs((fence.clock.wall_ns - zero.wall_ns) - (fence.clock.monotonic_ns - zero.monotonic_ns))
        for fence in fences
        if fence is not None and fence.clock is not None
    ]
    ahead = [
        sample.counters.last_gc_ns - zero.wall_ns - sample.at_ns - sample.took_ns
        for sample in recording.memory
    ]
    return max([0, *steps, *ahead])
