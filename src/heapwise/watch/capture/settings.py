"""What captures may cost."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from heapwise.formats.pprof_limits import MIB, Limits

HEAP, GOROUTINE, LEAKED, CPU, TRACE = "heap", "goroutine", "goroutineleak", "cpu", "trace"

PATHS = MappingProxyType(
    {HEAP: "heap", GOROUTINE: "goroutine", LEAKED: "goroutineleak", CPU: "profile", TRACE: "trace"}
)
"""Where each kind is asked for, below the debug endpoint."""

GROWING = frozenset({HEAP, GOROUTINE})
"""Kinds of which several in a row show what grows."""

BY_PATH = GROWING | {LEAKED}
"""Kinds of which it is told what each call path holds."""

OF_GO = frozenset({LEAKED, TRACE})
"""Kinds that only Go has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be taken in an hour.

    Attributes:
        captures: how many.
        size: bytes of profiles.
        seconds: of CPU profiles and execution traces, which slow a service down.
    """

    captures: int
    size: int
    seconds: float


OF_A_SERVICE = Allowance(captures=12, size=64 * MIB, seconds=60.0)
OF_ALL = Allowance(captures=240, size=512 * MIB, seconds=600.0)

SMALL = Limits(compressed=16 * MIB, decompressed=128 * MIB, samples=500_000, entries=500_000)
"""Profiles of a watcher are smaller than those somebody names: nobody is there to judge them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """What is captured, how often, and how much of it.

    Attributes:
        kinds: that may be taken at all.
        cooldown_minutes: between two CPU profiles, or two traces, of a target; scaled.
        later_minutes: after the first of a series of heap or goroutine profiles, when the next
            ones are taken; scaled.
        every_minutes: from then on, and in the end at longer intervals; scaled.
        most: profiles of a series.
        cpu_seconds: of a CPU profile.
        trace_seconds: of an execution trace.
        cpu_veto: share of its processors above which a target is too busy to be profiled.
        patience_s: for an answer, besides what is asked for.
        limits: of what is kept.
        of_a_service: in an hour, for all its targets together.
        of_all: in an hour, for everything that is watched.
        at_once: fetched or diagnosed at the same time; the others wait unjudged.
    """

    kinds: frozenset[str] = frozenset(PATHS)
    cooldown_minutes: float = 60.0
    later_minutes: tuple[float, ...] = (10.0, 30.0)
    every_minutes: float = 30.0
    most: int = 48
    cpu_seconds: int = 10
    trace_seconds: float = 1.0
    cpu_veto: float = 0.8
    patience_s: float = 30.0
    limits: Limits = SMALL
    of_a_service: Allowance = OF_A_SERVICE
    of_all: Allowance = OF_ALL
    at_once: int = 2
