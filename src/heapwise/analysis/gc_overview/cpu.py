"""What the collector takes of the CPU that there is."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.model.gc_overview import CpuFigures
from heapwise.model.gc_timeline import Collection


def cpu_of(
    collections: Sequence[Collection], span_ns: int, coverage: float, told: float | None = None
) -> CpuFigures:
    """The shares of cycles whose phases are known, of a stretch of time.

    Stops count for every processor, as the runtime counts them. Cycles that were missed are taken
    to be as dear as the others.

    Args:
        collections: of the stretch.
        span_ns: how long it is.
        coverage: of the cycles in it.
        told: the runtime's own share, where the source has it.
    """
    known = [each for each in collections if each.mark_ns >= 0]
    processors = max((each.processors for each in known), default=0)
    if not known or span_ns <= 0 or coverage <= 0:
        return CpuFigures(told=told)
    marking = sum(each.end_ns - each.start_ns for each in known) / span_ns / coverage
    if processors <= 0 or any(each.assist_cpu_ns < 0 for each in known):
        return CpuFigures(told=told, marking=min(1.0, marking))
    available = span_ns * processors * coverage
    stopped = sum(each.pause_ns * each.processors for each in known)
    assist = sum(each.assist_cpu_ns for each in known)
    share = (stopped + assist + sum(each.background_cpu_ns for each in known)) / available
    idle = sum(max(0, each.idle_cpu_ns) for each in known) / available
    return CpuFigures(
        share=min(1.0, share),
        with_idle=min(1.0, share + idle),
        assist=min(1.0, assist / available),
        told=told,
        marking=min(1.0, marking),
    )
