"""What a watched process did between two readings, and whether it was one process at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from heapwise.analysis.gc_overview.pauses import gained
from heapwise.model.gc import TimeHistogram
from heapwise.model.watch import PausesSeen, Stretch, Vitals

_CLOCK_JITTER_NS = 2_000_000_000
"""Linux tells when it booted in whole seconds, and exporters add a process's start to that."""

_FINE = 2.0
"""Buckets that are wider than this tell no quantile."""

_YOUNG_NS = 2_000_000_000
"""Below this age of a process it matters when to the millisecond it began."""

_ROUNDING_S = 1e-3
"""CPU times are differences of sums in floating point; nothing restarts by a millisecond."""

_RELATIVE_ROUNDING = 1e-12
"""Pages print numbers as floating point, and two sources of one number differ in its last digit."""

_COUNTERS = ("allocated", "mallocs", "cycles", "pause_total_ns")
"""Not the objects freed: the agent estimates what is in use, so that they may fall."""

_CPU_TIMES = ("gc_cpu_s", "assist_cpu_s", "cpu_available_s")
"""Not that of the system: a sum over a tree of processes falls when one of them leaves it."""

_NAMES = ("runtime", "version", "build")


def between(earlier: Vitals, later: Vitals) -> Stretch | None:
    """What happened from one reading to the next one of the same target.

    The shares of the collector are those of the cycles that ended in between: Go counts CPU when
    a cycle ends, so that a stretch without one tells None, and the next one tells for both.

    Returns:
        None where the process was restarted in between: its counters began anew, and no
        difference of them means anything.

    Raises:
        ValueError: the readings are in the wrong order.
    """
    if later.at_ns <= earlier.at_ns:
        raise ValueError("the later reading must be the later one")
    if restarted(earlier, later):
        return None
    seconds = (later.at_ns - earlier.at_ns) / 1e9
    collecting = _gain(earlier, later, "gc_cpu_s")
    available = _gain(earlier, later, "cpu_available_s")
    cpu = _gain(earlier, later, "cpu_s")
    told = _share(collecting, available)
    return Stretch(
        begin_ns=earlier.at_ns,
        end_ns=later.at_ns,
        live=later.live,
        heap=later.heap,
        rss=later.rss,
        limit=later.limit,
        hard_limit=later.hard_limit,
        allocated=_gain(earlier, later, "allocated"),
        mallocs=_gain(earlier, later, "mallocs"),
        pauses=_pauses(earlier, later),
        gc_share=told if told is not None else _share_of_fractions(earlier, later),
        gc_of_used=_share(collecting, _gain(earlier, later, "cpu_counted_s")),
        assist_share=_share(_gain(earlier, later, "assist_cpu_s"), available),
        cpu_share=None if cpu is None else cpu / seconds,
        tasks=later.tasks,
        threads=later.threads,
        work=_work(earlier, later),
    )


def restarted(earlier: Vitals, later: Vitals) -> bool:
    """True where another process answers than before.

    It began at another time, is another number, program or runtime, counts less than before, or
    remembers another end of the same collection; the same end to the nanosecond shows that it was
    the clock that moved its start. A process that tells nothing of this but counters that overtook
    those before it cannot be told from its forerunner.
    """
    return (
        _differ(earlier, later)
        or (_began_otherwise(earlier, later) and not _remembers_the_same(earlier, later))
        or any(_fell(earlier, later, name, 0.0) for name in _COUNTERS)
        or any(_fell(earlier, later, name, _ROUNDING_S) for name in _CPU_TIMES)
        or _counts_pauses_anew(earlier, later)
        or _remembers_others(earlier, later)
    )


def _began_otherwise(earlier: Vitals, later: Vitals) -> bool:
    before, now = earlier.started_ns, later.started_ns
    return before is not None and now is not None and abs(before - now) > _CLOCK_JITTER_NS


def _differ(earlier: Vitals, later: Vitals) -> bool:
    if None not in (earlier.process, later.process) and earlier.process != later.process:
        return True
    names = ((getattr(earlier, name), getattr(later, name)) for name in _NAMES)
    return any(before and now and before != now for before, now in names)


def _fell(earlier: Vitals, later: Vitals, name: str, slack: float) -> bool:
    before, now = getattr(earlier, name), getattr(later, name)
    if before is None or now is None:
        return False
    return bool(now < before - slack - _RELATIVE_ROUNDING * before)


def _counts_pauses_anew(earlier: Vitals, later: Vitals) -> bool:
    before, now = earlier.pause_histogram, later.pause_histogram
    if before is None or now is None or before.bounds != now.bounds:
        return False
    return gained(before, now) is None


def _remembers_others(earlier: Vitals, later: Vitals) -> bool:
    """True where its ring holds other collections under the same numbers, or fewer of them."""
    newest = _newest(earlier), _newest(later)
    if None not in newest and (newest[1] or 0) < (newest[0] or 0):
        return True
    return any(apart_ns > _CLOCK_JITTER_NS for apart_ns in _ends_apart_ns(earlier, later))


def _remembers_the_same(earlier: Vitals, later: Vitals) -> bool:
    """True where both rings hold a collection under one number with one end."""
    return any(apart_ns == 0 for apart_ns in _ends_apart_ns(earlier, later))


def _ends_apart_ns(earlier: Vitals, later: Vitals) -> Iterator[int]:
    """How far apart the ends are that the two remember of the same collections, ns."""
    ends = {pause.number: pause.end_ns for pause in earlier.pauses}
    return (
        abs(ends[pause.number] - pause.end_ns) for pause in later.pauses if pause.number in ends
    )


def _gain(earlier: Vitals, later: Vitals, name: str) -> float | None:
    """What a counter rose by; never negative, None where one of the readings does not tell."""
    before, now = getattr(earlier, name), getattr(later, name)
    return None if before is None or now is None else max(0.0, float(now - before))


def _share(part: float | None, whole: float | None) -> float | None:
    return min(1.0, part / whole) if part is not None and whole else None


def _share_of_fractions(earlier: Vitals, later: Vitals) -> float | None:
    """The collector's share, from its shares since the start at the ends of two cycles.

    GCCPUFraction f is what collecting took of all CPU from the start S of the process to the end
    L of its newest cycle (``runtime.gcMarkTermination``). With as many processors all along it
    took (f₂·(L₂ - S) - f₁·(L₁ - S)) / (L₂ - L₁) in between.
    """
    start, end = later.started_ns, later.last_gc_ns
    if start is None or not end or later.gc_fraction is None:
        return None
    if earlier.cycles == 0:
        begin, before = start, 0.0
    elif earlier.gc_fraction is None or not earlier.last_gc_ns:
        return None
    else:
        begin, before = earlier.last_gc_ns, earlier.gc_fraction
    if not start <= begin < end or end - start < _YOUNG_NS:
        return None
    collecting = later.gc_fraction * (end - start) - before * (begin - start)
    return min(1.0, max(0.0, collecting / (end - begin)))


def _work(earlier: Vitals, later: Vitals) -> float | None:
    """Work done; None where its counter fell, as a sum does when one of its series ends."""
    if _fell(earlier, later, "work", 0.0):
        return None
    return _gain(earlier, later, "work")


def _pauses(earlier: Vitals, later: Vitals) -> PausesSeen | None:
    """By the ring where it lost none or there is nothing else, else by the histogram.

    Fine buckets are as good as lengths; those that are a decade wide tell no quantile.
    """
    total = _gain(earlier, later, "pause_total_ns")
    counted, remembered = _counted(earlier, later, total), _remembered(earlier, later, total)
    lost = remembered is None or remembered.coverage < 1
    if counted is not None and counted.histogram is not None:
        return counted if lost or is_fine(counted.histogram) else remembered
    if remembered is not None:
        return remembered
    cycles = _gain(earlier, later, "cycles")
    return None if cycles is None else PausesSeen(happened=int(cycles), total_ns=total)


def is_fine(histogram: TimeHistogram) -> bool:
    """True where the edges of its buckets lie close together, as the runtime's own do.

    Those are at most a quarter apart; client_golang merges them to one a decade.
    """
    return all(high <= _FINE * low for low, high in pairwise(histogram.bounds) if low > 0)


def _counted(earlier: Vitals, later: Vitals, total: float | None) -> PausesSeen | None:
    """All pauses by length."""
    before, now = earlier.pause_histogram, later.pause_histogram
    new = gained(before, now) if before is not None and now is not None else None
    return None if new is None else PausesSeen(happened=new.total, histogram=new, total_ns=total)


def _remembered(earlier: Vitals, later: Vitals, total: float | None) -> PausesSeen | None:
    """Those that the ring still has, by number."""
    before, now = _newest(earlier), _newest(later)
    if before is None or now is None:
        return None
    seen = [pause for pause in later.pauses if pause.number > before]
    return PausesSeen(
        happened=max(0, now - before),
        lengths_ns=tuple(max(0, pause.pause_ns) for pause in seen),
        generations=tuple(pause.generation for pause in seen if pause.generation >= 0),
        total_ns=total,
    )


def _newest(vitals: Vitals) -> int | None:
    """The number of the newest collection that the ring holds; 0 before the first one."""
    if vitals.pauses:
        return vitals.pauses[-1].number
    return 0 if vitals.cycles == 0 else None
