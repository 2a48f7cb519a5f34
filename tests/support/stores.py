"""Stores of watchers with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heapwise.formats.pprof import encode
from heapwise.model.watch import Alert, Bin, Floor, Severity, Source, Target, Vitals
from heapwise.watch.store import Store
from support.profiles import profile

T0 = 1_795_000_000_000_000_000
"""2026-11-18T11:06:40Z."""

SECOND = 10**9
HOUR = 3600 * SECOND
DAY = 24 * HOUR


@dataclass
class SetClock:
    """Shows what it was set to."""

    now: int = T0

    def now_ns(self) -> int:
        return self.now


def opened(directory: Path, now_ns: int = T0) -> Store:
    """A store that is written."""
    return Store.open(directory, clock=SetClock(now_ns))


def target(number: int = 0, service: str = "api") -> Target:
    """One instance of a service."""
    address = f"10.0.0.{number}:6060"
    return Target(
        service=service, instance=address, url=f"http://{address}", labels=(("zone", "a"),)
    )


def vitals(at_ns: int, live: float = 123_456_789.0, process: int = 4711) -> Vitals:
    """What a Go service with runtime metrics says."""
    return Vitals(
        at_ns=at_ns, source=Source.PROMETHEUS, runtime="go", version="go1.27.3",
        build="v1.2.3-0-gabcdef012345", started_ns=T0 - DAY, process=process, live=live,
        floor=Floor.EXACT, heap=2.2e8, goal=2.5e8, gogc=100.0, limit=5.4e8, rss=3.1e8,
        allocated=1.2e12, mallocs=3.4e10, frees=3.3e10, cycles=123_456, pause_total_ns=1e9,
        gc_cpu_s=123.4, assist_cpu_s=1.2, cpu_available_s=1e6, cpu_s=1e5, tasks=213, threads=20,
        work=1e8,
    )  # fmt: skip


def five_minutes(begin_ns: int, live: float = 1e8) -> Bin:
    """A bin of such a service."""
    return Bin(
        begin_ns=begin_ns, stretches=20, live=live, load=51.3, allocated=2e7, work=51.3,
        gc_share=0.031, assist_share=0.0004, pause_p99_ns=123_456.0, pause_max_ns=223_456.0,
        coverage=1.0, cycles=60, rss=3.1e8, tasks=200.0, limit=5.4e8,
    )  # fmt: skip


def alert(ident: str, *, ended_ns: int | None = None, began_ns: int = T0) -> Alert:
    """A leak of one instance."""
    one = target()
    return Alert(
        id=ident, target=one.key, service=one.service, instance=one.instance, code="leak",
        severity=Severity.PAGE, summary="live heap grew by 42 %", began_ns=began_ns,
        seen_ns=began_ns, ended_ns=ended_ns,
    )  # fmt: skip


def heap(stacks: Mapping[str, tuple[int, int]]) -> bytes:
    """A heap profile as Go writes them: bytes allocated and in use by ``outer;…;leaf``."""
    return encode(
        profile(
            {
                tuple(reversed(path.split(";"))): (1, allocated, 1, in_use)
                for path, (allocated, in_use) in stacks.items()
            }
        )
    )
