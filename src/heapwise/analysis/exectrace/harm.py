"""Whether the collector gets in the way of the program, in sentences with their figures."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.analysis.exectrace.timeline import MARK_TERMINATION, SWEEP_TERMINATION
from heapwise.model.trace import Spread
from heapwise.units import NS_PER_S, format_duration, format_rate, format_share, how_many

_LONG_NS = 1_000_000
"""From a millisecond on a single wait shows in the latency of a request."""

_SHARE = 0.01
"""From one hundredth on time that is lost shows in throughput."""

_MARKING_SHARE = 0.1
"""The share of time spent marking from which a slow request may well meet a collection."""


def assists_harm(assists: Sequence[Spread], running_ns: int) -> str:
    """What mark assists cost; empty where it is next to nothing."""
    total = sum(each.total_ns for each in assists)
    longest = max((each.max_ns for each in assists), default=0)
    share = total / running_ns if running_ns else 0.0
    if not total or (longest < _LONG_NS and share < _SHARE):
        return ""
    count = sum(each.count for each in assists)
    payer = assists[0]
    return (
        f"Goroutines that allocate had to mark first: {how_many(count, 'assist')} held them up "
        f"for {format_duration(total)}, the longest for {format_duration(longest)} (all goroutines "
        f"ran for {format_duration(running_ns)}); {format_share(payer.total_ns / total)} of it was "
        f"paid by goroutines of {payer.name or 'unknown origin'}."
    )


def stops_harm(stops: Sequence[Spread], duration_ns: int) -> str:
    """What stopping the world for the collector costs; empty where it is next to nothing."""
    gc = [each for each in stops if each.name in {SWEEP_TERMINATION, MARK_TERMINATION}]
    total = sum(each.total_ns for each in gc)
    longest = max((each.max_ns for each in gc), default=0)
    share = total / duration_ns if duration_ns else 0.0
    if longest < _LONG_NS and share < _SHARE:
        return ""
    return (
        f"The world stood still for the collector {how_many(sum(s.count for s in gc), 'time')}: "
        f"{format_duration(total)}, {format_share(share)} of the time, the longest "
        f"{format_duration(longest)}."
    )


def marking_harm(marking: Spread | None, share: float, duration_ns: int, processors: float) -> str:
    """How much of the time is spent marking; empty where it is little.

    Args:
        marking: collections.
        share: of the time.
        duration_ns: of the trace.
        processors: share of all processors' time that the collector's workers used.
    """
    if marking is None or share < _MARKING_SHARE:
        return ""
    rate = marking.count * NS_PER_S / duration_ns
    return (
        f"Collections at {format_rate(rate)}, and {format_share(share)} of the time one was "
        f"marking; its workers used {format_share(processors)} of all processors."
    )
