"""The collector in one reading of MemStats: expvar's page, or ``heap?debug=1``."""

from __future__ import annotations

from heapwise.analysis.gc_overview.heap import heap_of_readings
from heapwise.analysis.gc_overview.pauses import pauses_of, worst_of
from heapwise.analysis.gc_overview.warnings import RECORD_IT
from heapwise.analysis.gc_timeline import timeline_from_memstats
from heapwise.errors import ProfileError
from heapwise.formats.memstats import MemStats
from heapwise.model.gc_overview import CpuFigures, GcOverview, Pacing
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.units import NS_PER_S, format_count


def overview_of_memstats(
    stats: MemStats, source: GcSource, name: str
) -> tuple[GcOverview, GcTimeline]:
    """The collector over the cycles that the ring remembers, clock ``unix``.

    Raises:
        ProfileError: it remembers none.
    """
    timeline = timeline_from_memstats(stats, source)
    if timeline is None:
        raise ProfileError(
            f"no collection in {name}", "; ".join(stats.contradictions) or "there was none so far"
        )
    cycles, counters = timeline.collections, stats.counters
    span = cycles[-1].end_ns - cycles[0].end_ns
    told = counters.gc_cpu_ppb / 1e9 if counters.gc_cpu_ppb >= 0 else None
    overview = GcOverview(
        name=name,
        runtime="go",
        source=source,
        span_ns=span if span > 0 else None,
        cycles=len(cycles),
        seen=len(cycles),
        coverage=1.0,
        forced=None,
        cycles_per_second=(len(cycles) - 1) * NS_PER_S / span if span > 0 else None,
        skipped=None,
        pause=pauses_of(source, cycles),
        worst=worst_of(cycles),
        cpu=CpuFigures(told=told),
        heap=heap_of_readings([counters], []),
        pacing=Pacing(),
        notes=(
            f"one reading: the newest {len(cycles)} of {format_count(counters.num_gc)} cycles",
            *timeline.notes,
            *stats.contradictions,
        ),
        next_command=RECORD_IT,
    )
    return overview, timeline
