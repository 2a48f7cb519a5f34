"""A recording, analysed: everything a report needs to render, and nothing left to compute."""

from __future__ import annotations

import msgspec

from heapwise.model.finding import Finding
from heapwise.model.gc import GcSummary
from heapwise.model.load import LoadResult
from heapwise.model.metrics import MetricValue
from heapwise.model.recording import LogLoss, Problem
from heapwise.model.tables import OwnerTable
from heapwise.model.tail import Bottleneck, TailAttribution
from heapwise.model.trace import TraceSummary
from heapwise.model.work import PerWork


class Series(msgspec.Struct, frozen=True):
    """A line of a chart: ``x`` in seconds since the load started, ``y`` in ``unit``."""

    name: str
    unit: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


class Bands(msgspec.Struct, frozen=True):
    """Stretches of time in which something went on.

    Attributes:
        name: ``GC mark``, ``assist``, ``stop-the-world`` or ``collection``.
        starts: seconds since the load started, ascending.
        ends: the same; two stretches never overlap.
    """

    name: str
    starts: tuple[float, ...]
    ends: tuple[float, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The run over time, thinned for drawing.

    Attributes:
        heap: heap in use, live heap and goal: the sawtooth.
        latency: p50, p99 and max from the intended time per slice.
        rate: sent and failed per second per slice.
        collections: seconds at which collections ended, thinned when there are too many.
        collections_shown: share of the collections that `collections` holds.
        percentiles: latency against percentile, x in per cent.
        bands: when the collector worked, one for each kind of work that is known.
        slow: the slowest hits, one point each at the moment they were due, apart by whether the
            collector was active while they waited.
    """

    heap: tuple[Series, ...] = ()
    latency: tuple[Series, ...] = ()
    rate: tuple[Series, ...] = ()
    collections: tuple[float, ...] = ()
    collections_shown: float = 1.0
    percentiles: tuple[Series, ...] = ()
    bands: tuple[Bands, ...] = ()
    slow: tuple[Series, ...] = ()


class Endpoint(msgspec.Struct, frozen=True):
    """What one target costs, where targets were driven apart."""

    target: str
    per_work: PerWork


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One recording, analysed.

    Attributes:
        name: of the recording.
        state: ``complete``, ``interrupted`` or ``in progress``.
        service: what ran, in a line: runtime, version, address.
        load: what was sent, in a line: rate, duration, targets.
        created: ISO 8601.
        machine: in a line.
        per_work: the exact costs; None where the counters could not be read.
        endpoints: the same per target, where they were driven apart.
        metrics: in the catalogue's order.
        tail: what held the slow requests up; None without load.
        bottleneck: what bounds the run; None where nothing tells.
        trace: of the execution trace that was taken; None without.
        next_command: what to type next.
    """

    name: str
    state: str
    service: str
    load: str
    created: str
    machine: str
    runtime_version: str
    valid: bool
    problems: tuple[Problem, ...]
    loss: LogLoss
    work_unit: str
    per_work: PerWork | None
    endpoints: tuple[Endpoint, ...]
    metrics: tuple[MetricValue, ...]
    load_result: LoadResult | None
    gc: GcSummary | None
    owners: OwnerTable | None
    findings: tuple[Finding, ...]
    timeline: Timeline
    tail: TailAttribution | None = None
    bottleneck: Bottleneck | None = None
    trace: TraceSummary | None = None
    next_command: str = ""
