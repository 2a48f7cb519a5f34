"""The one catalogue of metrics, shared by compare, report and gate."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Direction(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Exactness(StrEnum):
    """How far one reading can be trusted."""

    EXACT = "exact"
    """From counters that miss nothing."""
    SAMPLED = "sampled"
    """From a sample of events; has an interval."""
    TIMING = "timing"
    """From clocks; differs from run to run on the same code."""


class Family(StrEnum):
    """What a metric tells about."""

    ALLOCATION = "allocation"
    GC = "gc"
    LATENCY = "latency"
    CPU = "cpu"
    MEMORY = "memory"
    LOAD = "load"
    GUARD = "guard"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of figure.

    Attributes:
        id: the name in JSON and gates; ``/work`` stands for the unit of work.
        title: the name in tables; ``{work}`` stands for the unit of work.
        unit: of the value: ``B ns count share /s``.
        resolution: the relative change below which two single runs cannot be told apart,
            0.05 for 5 %: a little more than the spread of runs of one binary that was measured
            (docs/decisions/0006). Exact counters repeat, what a service does need not: a pool
            that happens to need one writer more allocates it.
        floor: the absolute change below which they cannot either, in ``unit``. Beside next to
            nothing any change is a large one: one collection more, and a run without pauses has
            some; whether a cycle ends before a fence or behind it is chance.
    """

    id: str
    title: str
    unit: str
    direction: Direction
    family: Family
    exactness: Exactness
    resolution: float
    floor: float = 0.0

    def name(self, work: str) -> str:
        """The title for a unit of work: ``B/req``."""
        return self.title.replace("{work}", work)


class MetricValue(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one run.

    Attributes:
        metric: `Metric.id`.
        value: None where it was not measured.
        invalid: why it must not be trusted; empty where it can be.
    """

    metric: str
    value: float | None
    invalid: str = ""


_LOWER, _HIGHER, _NEITHER = Direction.LOWER, Direction.HIGHER, Direction.NEITHER
_EXACT, _TIMING = Exactness.EXACT, Exactness.TIMING


def _metric(
    ident: str,
    title: str,
    unit: str,
    family: Family,
    exactness: Exactness,
    resolution: float,
    direction: Direction = _LOWER,
    floor: float = 0.0,
) -> Metric:
    return Metric(
        id=ident,
        title=title,
        unit=unit,
        direction=direction,
        family=family,
        exactness=exactness,
        resolution=resolution,
        floor=floor,
    )


_ALL = (
    _metric("bytes/work", "B/{work}", "B", Family.ALLOCATION, _EXACT, 0.1),
    _metric("allocs/work", "allocs/{work}", "count", Family.ALLOCATION, _EXACT, 0.02),
    _metric("gc.cycles", "GC cycles", "count", Family.GC, _EXACT, 0.15, floor=1.0),
    _metric(
        "gc.cycles/1k", "GC cycles/1k {work}", "count", Family.GC, _EXACT, 0.15, floor=0.1
    ),
    _metric("gc.cpu_share", "GC CPU share", "share", Family.GC, _TIMING, 0.5, floor=0.001),
    _metric("gc.assist_share", "GC assist share", "share", Family.GC, _TIMING, 1.0, floor=0.001),
    _metric("gc.pause.p50", "GC pause p50", "ns", Family.GC, _TIMING, 1.0),
    _metric("gc.pause.p99", "GC pause p99", "ns", Family.GC, _TIMING, 3.0, floor=10e6),
    _metric("gc.pause.max", "GC pause max", "ns", Family.GC, _TIMING, 4.0, floor=10e6),
    _metric("gc.pause.total", "GC pause total", "ns", Family.GC, _TIMING, 0.5, floor=1e6),
    _metric("latency.p50", "latency p50", "ns", Family.LATENCY, _TIMING, 0.75),
    _metric("latency.p90", "latency p90", "ns", Family.LATENCY, _TIMING, 3.0),
    _metric("latency.p95", "latency p95", "ns", Family.LATENCY, _TIMING, 4.0),
    _metric("latency.p99", "latency p99", "ns", Family.LATENCY, _TIMING, 7.0),
    _metric("latency.p99.9", "latency p99.9", "ns", Family.LATENCY, _TIMING, 50.0),
    _metric("latency.max", "latency max", "ns", Family.LATENCY, _TIMING, 50.0),
    _metric("cpu/work", "CPU/{work}", "ns", Family.CPU, _TIMING, 0.5),
    _metric("rss.peak", "RSS peak", "B", Family.MEMORY, _TIMING, 1.5),
    _metric("heap.live", "live heap", "B", Family.MEMORY, _TIMING, 0.3, floor=2 << 20),
    _metric(
        "faults.minor/work", "minor faults/{work}", "count", Family.MEMORY, _TIMING, 20.0,
        floor=0.1,
    ),
    _metric("work.rate", "{work}/s", "/s", Family.LOAD, _TIMING, 0.1, direction=_HIGHER),
    _metric("elapsed", "elapsed", "ns", Family.LOAD, _TIMING, 0.1),
    _metric(
        "rate.achieved", "achieved rate", "/s", Family.LOAD, _TIMING, 0.02, direction=_HIGHER
    ),
    _metric(
        "response.bytes/work", "response B/{work}", "B", Family.GUARD, _EXACT, 0.005,
        direction=_NEITHER,
    ),
    _metric("errors.share", "errors", "share", Family.GUARD, _EXACT, 0.0),
)  # fmt: skip

CATALOGUE: dict[str, Metric] = {metric.id: metric for metric in _ALL}
"""Every metric by its id, in the order tables print them."""

PRIMARY = ("bytes/work", "allocs/work", "gc.cpu_share", "latency.p99", "work.rate", "cpu/work")
"""The questions that a comparison of rounds asks, and whose p-values are corrected together.

A load that is paced has latencies, work that nobody paces has its rate: no run has both.
"""

MOST_PRIMARY = 5
"""Of them in one comparison: with every further one each has to be answered more clearly."""
