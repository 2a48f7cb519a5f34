"""Vitals out of a page of metrics.

client_golang tells Go's MemStats, the process and, with `WithGoCollectorRuntimeMetrics`, what the
runtime counts by itself: the live heap, CPU by class, all pauses. prometheus_client tells of
Python little more than the process.
"""

from __future__ import annotations

from collections.abc import Mapping

from heapwise.analysis.live_heap import NO_GOAL
from heapwise.errors import ProfileError
from heapwise.formats.prometheus_text import Scrape
from heapwise.model.memory import Counters
from heapwise.model.watch import Floor, Source, Vitals
from heapwise.watch.scrape.floor import floor_of

_HISTOGRAMS = ("go_sched_pauses_total_gc_seconds", "go_gc_pauses_seconds")
_CYCLES = ("go_gc_cycles_total_gc_cycles_total", "go_gc_duration_seconds_count")
_GOAL = "go_memstats_next_gc_bytes"
_CPU = "go_cpu_classes_{}_cpu_seconds_total"
_LARGEST = 2.0**63
_NS = 1e9
_OLDEST = "2"
"""CPython's oldest generation."""


def vitals_of_metrics(
    page: Scrape, at_ns: int, settings: Mapping[str, str] | None = None
) -> Vitals:
    """What a page says; its work and the name of its build are for the caller.

    Args:
        page: of one moment.
        at_ns: which.
        settings: GOGC and GOMEMLIMIT of the process, where they are known; client_golang tells
            them since 1.20.

    Raises:
        ProfileError: it tells of no process, or of amounts that cannot be.
    """
    told = _Told(page)
    if page.python:
        return _python(told, at_ns)
    if told.of("go_goroutines") is not None or told.of("go_memstats_alloc_bytes_total") is not None:
        return _go(told, at_ns, settings or {})
    if told.of("process_resident_memory_bytes") is None:
        why = (
            f"{page.foreign} samples of runtimes carry labels of other processes"
            if page.foreign
            else "no sample of go_, python_ or process_ tells an amount"
        )
        raise ProfileError("no metrics of one process", why)
    return _python(told, at_ns)


class _Told:
    """The amounts of a page."""

    def __init__(self, page: Scrape) -> None:
        self.page = page

    def of(self, *names: str) -> float | None:
        """The first of these samples that the page has.

        Raises:
            ProfileError: it is none that such an amount can have.
        """
        for name in names:
            value = self.page.values.get(name)
            if value is not None:
                if not 0 <= value <= _LARGEST:
                    raise ProfileError("metrics that cannot be true", f"{name} is {value:g}")
                return value
        return None

    def count(self, *names: str) -> int | None:
        value = self.of(*names)
        return None if value is None else int(value)

    def ns(self, name: str) -> int | None:
        value = self.of(name)
        return None if value is None else round(value * _NS)

    def cpu(self, *classes: str) -> float | None:
        """The first class of CPU time less the others, s."""
        values = [self.of(_CPU.format(each)) for each in classes]
        first, *others = (
            (value for value in values if value is not None) if None not in values else (None,)
        )
        return None if first is None else max(0.0, first - sum(others))


def _go(told: _Told, at_ns: int, settings: Mapping[str, str]) -> Vitals:
    gogc, limit = _gogc(told), told.of("go_gc_gomemlimit_bytes")
    live, floor = _live(told, gogc, limit, settings)
    total = told.of("go_gc_duration_seconds_sum")
    histograms = (told.page.histograms.get(name) for name in _HISTOGRAMS)
    return Vitals(
        at_ns=at_ns,
        source=Source.PROMETHEUS,
        runtime="go",
        version=told.page.version,
        build=told.page.build if told.page.build != "(devel)" else "",
        started_ns=told.ns("process_start_time_seconds") or None,
        live=live,
        floor=floor,
        heap=told.of("go_memstats_heap_alloc_bytes"),
        goal=_goal(told, "go_gc_heap_goal_bytes", _GOAL),
        gogc=gogc,
        limit=limit if limit is not None and 0 < limit < NO_GOAL else None,
        rss=told.of("process_resident_memory_bytes"),
        allocated=told.of("go_memstats_alloc_bytes_total", "go_gc_heap_allocs_bytes_total"),
        mallocs=told.of("go_memstats_mallocs_total", "go_gc_heap_allocs_objects_total"),
        frees=told.of("go_memstats_frees_total", "go_gc_heap_frees_objects_total"),
        cycles=told.count(*_CYCLES),
        pause_histogram=next((each for each in histograms if each is not None), None),
        pause_total_ns=None if total is None else total * _NS,
        gc_cpu_s=told.cpu("gc_total", "gc_mark_idle"),
        assist_cpu_s=told.cpu("gc_mark_assist"),
        cpu_available_s=told.cpu("total"),
        cpu_s=told.of("process_cpu_seconds_total"),
        cpu_counted_s=told.cpu("total", "idle"),
        gc_fraction=_fraction(told),
        last_gc_ns=told.ns("go_memstats_last_gc_time_seconds"),
        tasks=told.count("go_goroutines", "go_sched_goroutines_goroutines"),
        threads=told.count("go_threads"),
    )


def _gogc(told: _Told) -> float | None:
    """Per cent; 0 for off, which the runtime counts as the largest number there is."""
    percent = told.page.values.get("go_gc_gogc_percent")
    if percent is None:
        return None
    return percent if 0 <= percent < NO_GOAL else 0.0


def _goal(told: _Told, *names: str) -> float | None:
    """None where the collector is off: before Go 1.19 that is all that 64 bits can count."""
    found = (told.page.values.get(name) for name in names)
    goal = next((each for each in found if each is not None), None)
    return goal if goal is not None and 0 <= goal < NO_GOAL else None


def _fraction(told: _Told) -> float | None:
    """The collector's share; old runtimes may tell a little less than none."""
    share = told.page.values.get("go_memstats_gc_cpu_fraction")
    return share if share is not None and share >= 0 else None


def _live(
    told: _Told, gogc: float | None, limit: float | None, settings: Mapping[str, str]
) -> tuple[float | None, Floor | None]:
    exact = told.of("go_gc_heap_live_bytes")
    if exact is not None:
        return exact, Floor.EXACT
    cycles, goal = told.count(*_CYCLES), _goal(told, _GOAL)
    heap = told.count("go_memstats_heap_alloc_bytes")
    counters = Counters(
        total_alloc=0,
        mallocs=0,
        frees=0,
        heap_alloc=-1 if heap is None else heap,
        next_gc=-1 if goal is None else int(goal),
        stack_inuse=told.count("go_memstats_stack_inuse_bytes") or 0,
        num_gc=-1 if cycles is None else cycles,
    )
    now = dict(settings)  # a program may have changed what it was started with
    if gogc is not None:
        now["GOGC"] = str(int(gogc)) if gogc else "off"
    if limit is not None:
        now["GOMEMLIMIT"] = str(int(limit)) if limit < NO_GOAL else ""
    return floor_of(counters, now)


def _python(told: _Told, at_ns: int) -> Vitals:
    """Of a Python process, or of another one that tells only what the system knows of it."""
    rss = told.of("process_resident_memory_bytes")
    oldest = told.page.generations.get(_OLDEST)
    return Vitals(
        at_ns=at_ns,
        source=Source.PROMETHEUS,
        runtime="python" if told.page.python else "",
        version=told.page.version,
        started_ns=told.ns("process_start_time_seconds") or None,
        live=rss,
        floor=Floor.RSS if rss is not None else None,
        rss=rss,
        cycles=int(oldest) if oldest is not None and 0 <= oldest <= _LARGEST else None,
        cpu_s=told.of("process_cpu_seconds_total"),
    )
