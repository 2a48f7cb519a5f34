"""How far another machine's clocks are ahead of ours, from round trips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from heapwise.errors import UsageError
from heapwise.load.cluster.wire import Clocks
from heapwise.units import format_duration

LIMIT_NS = 50_000_000
"""More than this and a machine's clock is not set, or the way to it is too slow to tell."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Our clocks before, the other's, and our monotonic clock after; ns."""

    before: Clocks
    there: Clocks
    after_ns: int


@dataclass(frozen=True, slots=True)
class Offset:
    """The other's clocks less ours, and how far off both may be; ns."""

    monotonic_ns: int
    wall_ns: int
    error_ns: int


def offset_of(trips: Iterable[RoundTrip]) -> Offset:
    """The estimate of the shortest of several round trips, as NTP's clock filter takes it.

    The other read its clocks at some moment of the trip. Taking the middle is wrong by half the
    trip at most (RFC 5905, section 8), so the shortest one knows best.
    """
    best = min(trips, key=lambda trip: trip.after_ns - trip.before.monotonic_ns)
    half = -(-(best.after_ns - best.before.monotonic_ns) // 2)
    return Offset(
        monotonic_ns=best.there.monotonic_ns - best.before.monotonic_ns - half,
        wall_ns=best.there.wall_ns - best.before.wall_ns - half,
        error_ns=half,
    )


def check_offset(name: str, offset: Offset) -> None:
    """Refuse a machine whose clock is not set, or cannot be read well enough.

    Raises:
        UsageError: it is off by more than `LIMIT_NS`, or may be.
    """
    limit = format_duration(LIMIT_NS)
    if abs(offset.wall_ns) > LIMIT_NS:
        way = "ahead of" if offset.wall_ns > 0 else "behind"
        raise UsageError(
            f"the clock of {name} is {format_duration(abs(offset.wall_ns))} {way} this one",
            f"more than {limit}",
            "set both by NTP",
        )
    if offset.error_ns > LIMIT_NS:
        raise UsageError(
            f"the clock of {name} is known to within {format_duration(offset.error_ns)} only",
            f"more than {limit}: the way there is slow",
            "use a scheduler nearer to its workers",
        )
