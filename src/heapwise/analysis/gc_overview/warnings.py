"""What is wrong with a collector, in words."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.analysis.gc_overview.pacing import TIGHT
from heapwise.model.gc_overview import CpuFigures, Direction, HeapFigures, Pacing
from heapwise.units import format_rate, format_share

SPIRAL_CPU = 0.25
"""Share of the CPU, idle marking included, from which on a tight heap is a death spiral.

Measured on two processors with 100 MB alive and 105 MB/s of churn: GOGC=30 collects 3.7 times a
second for 7 % of the CPU; with a limit of 130 MiB it is 55 times for 80 %.
"""

SPIRAL_MARKING = 0.5
"""Share of the time with a cycle going on from which on cycles come back to back."""

RECORD_IT = "heapwise record http://127.0.0.1:6060 -duration 30s -o run.hw"
"""The next step where only the collector is known: who allocates."""

MUCH_CPU = 0.25
OFTEN_FORCED = 0.25


def warnings_of(
    cpu: CpuFigures, heap: HeapFigures, pacing: Pacing, *, rate: float | None, forced: float | None
) -> tuple[str, ...]:
    """What a person should look at in a Go service, the worst first.

    Args:
        cpu: its shares.
        heap: its floor.
        pacing: its goal.
        rate: cycles per second.
        forced: share of the cycles.
    """
    often = f"cycles at {format_rate(rate)}" if rate is not None else "cycles"
    used = _used(cpu)
    found = []
    if spirals(cpu, pacing):
        found.append(
            f"death spiral: {often} take {format_share(used or 0)} of the CPU, and the goal lies "
            f"{format_share(pacing.room or 0)} above what is alive: raise GOMEMLIMIT, or keep less "
            "alive"
        )
    elif used is not None and used > MUCH_CPU:
        setting = "GOMEMLIMIT" if pacing.binds or (pacing.memory_limit or 0) > 0 else "GOGC"
        found.append(
            f"the collector takes {format_share(used)} of the CPU: allocate less, "
            f"or raise {setting}"
        )
    return (*found, *_of_any(heap, forced))


def python_warnings(cpu: CpuFigures, heap: HeapFigures, *, forced: float | None) -> tuple[str, ...]:
    """What a person should look at in a Python service; arguments as above."""
    found = []
    if cpu.share is not None and cpu.share > MUCH_CPU:
        found.append(
            f"the collector stops the program {format_share(cpu.share)} of the time: see below "
            "which generation, and who is in its way"
        )
    return (*found, *_of_any(heap, forced))


def _of_any(heap: HeapFigures, forced: float | None) -> Iterable[str]:
    if forced is not None and forced >= OFTEN_FORCED:
        yield (
            f"{format_share(forced)} of the cycles are forced: something calls runtime.GC, "
            "debug.FreeOSMemory or heap?gc=1"
        )
    if heap.trend is not None and heap.trend.direction is Direction.RISING:
        yield (
            "the floor of the live heap rises over this stretch: a cache that fills up looks the "
            "same, so watch it for hours before calling it a leak"
        )


def spirals(cpu: CpuFigures, pacing: Pacing) -> bool:
    """True where the collector runs back to back because its goal touches the live heap."""
    used = _used(cpu)
    return (
        pacing.room is not None
        and pacing.room < TIGHT
        and (used or 0.0) > SPIRAL_CPU
        and (cpu.marking is None or cpu.marking >= SPIRAL_MARKING)
    )


def _used(cpu: CpuFigures) -> float | None:
    """The share of the CPU; the runtime's own since its start where nothing better is known."""
    shares = (cpu.with_idle, cpu.share, cpu.told)
    return next((share for share in shares if share is not None), None)
