"""Buckets of a histogram as vegeta takes them, ``[0,1ms,10ms]``, and as it prints them."""

from __future__ import annotations

from itertools import pairwise

from heapwise.errors import UsageError
from heapwise.units import NS_PER_S, parse_duration

MAX_BUCKETS = 1_000

_SUBSECONDS = (("ms", 1_000_000), ("µs", 1_000), ("ns", 1))


def parse_buckets(text: str) -> tuple[int, ...]:
    """Read the lower bounds, ns, ascending; as with vegeta the first is 0 where none is given.

    Raises:
        UsageError: they are no durations between brackets, or not in order.
    """
    body = text.strip()
    if not (body.startswith("[") and body.endswith("]")):
        raise UsageError(f"not buckets: {text[:80]!r}", hint="write them as [0,1ms,10ms]")
    bounds = [parse_duration(part) for part in body[1:-1].split(",")]
    if bounds[0] > 0:
        bounds.insert(0, 0)
    if any(low >= high for low, high in pairwise(bounds)):
        raise UsageError(f"buckets are not in order: {text[:80]!r}", hint="the lowest comes first")
    if len(bounds) > MAX_BUCKETS:
        raise UsageError(f"{len(bounds):,} buckets", f"at most {MAX_BUCKETS:,} are counted")
    return tuple(bounds)


def go_duration(ns: int) -> str:
    """Print a duration, not negative, exactly as Go does: ``0s``, ``1.5ms``, ``1h0m2s``."""
    if ns == 0:
        return "0s"
    if ns < NS_PER_S:
        unit, size = next(each for each in _SUBSECONDS if ns >= each[1])
        return _decimal(ns, size) + unit
    minutes, rest = divmod(ns, 60 * NS_PER_S)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{text}{_decimal(rest, NS_PER_S)}s"


def _decimal(value: int, size: int) -> str:
    """``value / size``, exact, without zeros at its end; ``size`` is a power of ten."""
    whole, fraction = divmod(value, size)
    digits = f"{fraction:0{len(str(size)) - 1}d}".rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)
