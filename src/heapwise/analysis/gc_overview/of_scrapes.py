"""The collector in one page of metrics, or between two."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from heapwise.analysis.gc_overview.pacing import OFF, Told
from heapwise.analysis.gc_overview.pauses import gained, pauses_of_histogram
from heapwise.analysis.gc_overview.warnings import RECORD_IT, warnings_of
from heapwise.analysis.live_heap import NO_GOAL
from heapwise.formats.memstats import RING
from heapwise.formats.prometheus_text import Scrape
from heapwise.model.gc import TimeHistogram
from heapwise.model.gc_overview import (
    CpuFigures,
    GcOverview,
    HeapFigures,
    Pacing,
    PauseFigures,
    Within,
)
from heapwise.model.gc_timeline import GcSource
from heapwise.units import NS_PER_S

_HISTOGRAMS = ("go_sched_pauses_total_gc_seconds", "go_gc_pauses_seconds")
_SUMMARY = "go_gc_duration_seconds"
_CYCLES = ("go_gc_cycles_total_gc_cycles_total", f"{_SUMMARY}_count")
_LAST = "go_memstats_last_gc_time_seconds"
_BORN = "process_start_time_seconds"
_ALLOCATED = "go_memstats_alloc_bytes_total"
_CPU = "go_cpu_classes_{}_cpu_seconds_total"
_NS = 1e9


def overview_of_scrapes(name: str, later: Scrape, earlier: Scrape | None = None) -> GcOverview:
    """The collector between two pages of one process, or from its start to the only one.

    Pages carry no time; the end of the newest cycle, which they do, stands for it.

    Args:
        name: of the pages.
        later: the only page, or the second one.
        earlier: the first one; one of another process, or from before a restart, is left out.
    """
    restarted = earlier is not None and went_back(earlier, later)
    change = _Change(later, None if restarted else earlier)
    cycles = round(change.of(*_CYCLES) or 0)
    span = change.span_ns()
    pause, source, seen = _pauses(change, cycles)
    cpu, heap, pacing = _cpu(change), _heap(change, span), _pacing(later)
    forced = change.of("go_gc_cycles_forced_gc_cycles_total")
    rate = cycles * NS_PER_S / span if span else None
    share = forced / cycles if forced is not None and cycles else None
    return GcOverview(
        name=name,
        runtime="go",
        source=source,
        span_ns=span,
        cycles=cycles,
        seen=seen,
        coverage=seen / cycles if cycles else 1.0,
        forced=None if forced is None else round(forced),
        cycles_per_second=rate,
        skipped=None,
        pause=pause,
        cpu=cpu,
        heap=heap,
        pacing=pacing,
        warnings=(
            *_limited(later),
            *warnings_of(cpu, heap, pacing, rate=rate, forced=share),
        ),
        notes=tuple(_notes(change, pause, restarted=restarted)),
        next_command=RECORD_IT,
    )


def went_back(earlier: Scrape, later: Scrape) -> bool:
    """True where the second page is of another process than the first."""
    born = [page.values.get(_BORN) for page in (earlier, later)]
    if None not in born and born[0] != born[1]:
        return True
    counters = (*_CYCLES, _ALLOCATED, f"{_SUMMARY}_sum")
    if any(
        later.values[name] < earlier.values[name]
        for name in counters
        if name in later.values and name in earlier.values
    ):
        return True
    return any(
        gained(earlier.histograms[name], later.histograms[name]) is None
        for name in _HISTOGRAMS
        if name in earlier.histograms and name in later.histograms
    )


class _Change:
    """What became of counters between two pages, or since the start."""

    def __init__(self, later: Scrape, earlier: Scrape | None) -> None:
        self.later = later
        self.earlier = earlier

    def of(self, *names: str) -> float | None:
        """The rise of the first of these counters that the pages have."""
        for name in names:
            end = self.later.values.get(name)
            if end is None:
                continue
            if self.earlier is None:
                return end
            if name in self.earlier.values:
                return max(0.0, end - self.earlier.values[name])
        return None

    def span_ns(self) -> int | None:
        """From the newest cycle of the first page, or the start, to that of the last."""
        end = self.later.values.get(_LAST)
        begin = (
            self.later.values.get(_BORN)
            if self.earlier is None
            else (self.earlier.values.get(_LAST))
        )
        if not begin or not end or not 0 < end - begin < NO_GOAL / _NS:
            return None
        return round((end - begin) * _NS)

    def histogram(self) -> TimeHistogram | None:
        """The pauses that came in between."""
        for name in _HISTOGRAMS:
            end = self.later.histograms.get(name)
            if end is None:
                continue
            if self.earlier is None:
                return end
            if name in self.earlier.histograms:
                return gained(self.earlier.histograms[name], end)
        return None


def _pauses(change: _Change, cycles: int) -> tuple[PauseFigures | None, GcSource, int]:
    total = change.of(f"{_SUMMARY}_sum")
    total_ns = None if total is None else total * _NS
    histogram = change.histogram()
    found = pauses_of_histogram(histogram) if histogram is not None else None
    if found is not None:
        return msgspec.structs.replace(found, total_ns=total_ns), GcSource.HISTOGRAM, cycles
    if histogram is not None:
        return None, GcSource.HISTOGRAM, 0
    quantiles = change.later.summaries.get(_SUMMARY, {})
    known = {"p50": quantiles.get(0.5), "max": quantiles.get(1.0)}
    if not cycles or None in known.values():
        return None, GcSource.COUNTERS, 0
    ever = round(change.later.values.get(f"{_SUMMARY}_count", cycles))
    figures = PauseFigures(
        meaning=f"both stops of a cycle together; of the newest {RING} cycles, whenever they were",
        count=min(RING, ever),
        quantiles={name: Within.exactly((each or 0) * _NS) for name, each in known.items()},
        total_ns=total_ns,
    )
    return figures, GcSource.RING, min(RING, cycles)


def _cpu(change: _Change) -> CpuFigures:
    names = ("total", "gc_total", "gc_mark_idle", "gc_mark_assist")
    total, used, idle, assist = (change.of(_CPU.format(name)) for name in names)
    if not total or used is None:
        return CpuFigures()
    return CpuFigures(
        share=None if idle is None else max(0.0, used - idle) / total,
        with_idle=used / total,
        assist=None if assist is None else assist / total,
    )


def _heap(change: _Change, span_ns: int | None) -> HeapFigures:
    values = change.later.values
    allocated = change.of(_ALLOCATED)
    in_use, heap = (
        values.get("go_memstats_heap_inuse_bytes"),
        values.get("go_memstats_heap_alloc_bytes"),
    )
    idle, released = (values.get(f"go_memstats_heap_{kind}_bytes") for kind in ("idle", "released"))
    return HeapFigures(
        live=values.get("go_gc_heap_live_bytes"),
        allocation_rate=allocated * NS_PER_S / span_ns if allocated and span_ns else None,
        in_use=in_use,
        idle=None if idle is None or released is None else max(0.0, idle - released),
        released=released,
        fragmentation=1 - heap / in_use if in_use and heap is not None else None,
    )


def _pacing(page: Scrape) -> Pacing:
    """GOGC and the limit as the process says; whether it binds needs the live heap besides."""
    values = page.values
    told = _told(values)
    live = values.get("go_gc_heap_live_bytes")
    goal = values.get("go_gc_heap_goal_bytes", values.get("go_memstats_next_gc_bytes"))
    room = max(0.0, goal / live - 1) if live and goal and goal < NO_GOAL else None
    binds, why = None, ""
    if told.memory_limit == OFF:
        binds, why = False, "there is no memory limit"
    elif told.memory_limit is not None and told.gogc == OFF:
        binds, why = True, "GOGC is off: only the limit starts cycles"
    elif told.memory_limit is not None and told.gogc and live and goal:
        binds = goal < 0.9 * live * (1 + told.gogc / 100)
        why = f"the goal is as GOGC={100 * (room or 0):.0f} would put it"
    return Pacing(
        gogc=told.gogc,
        gogc_told=told.gogc is not None,
        memory_limit=told.memory_limit,
        room=room,
        binds=binds,
        why=why,
    )


def _told(values: dict[str, float]) -> Told:
    gogc, limit = values.get("go_gc_gogc_percent"), values.get("go_gc_gomemlimit_bytes")
    if gogc is not None and not 0 <= gogc < NO_GOAL:
        gogc = OFF  # the runtime counts "off" as the largest number there is
    if limit is None:
        return Told(gogc, None)
    return Told(gogc, round(limit) if 0 < limit < NO_GOAL else OFF)


def _limited(page: Scrape) -> Sequence[str]:
    cycle = page.values.get("go_gc_limiter_last_enabled_gc_cycle", 0.0)
    if cycle <= 0:
        return ()
    what = (
        f"the runtime's GC CPU limiter was on, last in cycle {cycle:.0f}: it gave up the memory "
        "limit, so as not to spend more than half of the CPU on collecting"
    )
    return (what,)


def _notes(change: _Change, pause: PauseFigures | None, *, restarted: bool) -> list[str]:
    notes = []
    if restarted:
        notes.append("the process was restarted between the pages: figures are since its start")
    elif change.earlier is None:
        notes.append("one page: figures are since the process started; give two for a stretch")
    coarse = pause is not None and any(
        each.high > 2 * each.low > 0 for each in pause.quantiles.values()
    )
    if coarse:
        notes.append(
            "the buckets are wide: client_golang merges Go's own, which are a quarter wide, to "
            "one a decade"
        )
    if change.later.foreign:
        notes.append(f"{change.later.foreign} samples with labels of their own were left out")
    return notes
