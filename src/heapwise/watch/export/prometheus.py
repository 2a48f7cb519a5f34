"""What is watched, as Prometheus scrapes it.

A series per target and figure, and one per open alert: names from outside are values of labels and
nothing else, so that the number of names is fixed and that of series bounded by that of targets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from heapwise.model.watch import Alert, Health, Stretch, TargetState, Vitals
from heapwise.names import visible
from heapwise.units import NS_PER_S
from heapwise.watch.export.own import NOTHING_KNOWN, SCRAPE_BOUNDS_S, Own

PREFIX = "heapwise_watch_"
_MAX_VALUE = 200
_TARGET = ("service", "instance")

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class _Figure(NamedTuple):
    """A figure of a target: its name without the prefix, what it is, and where it is read."""

    name: str
    help: str
    of: Callable[[TargetState], float | None]
    counts: bool = False


def _vital(read: Callable[[Vitals], float | None]) -> Callable[[TargetState], float | None]:
    """A figure of the last vitals, if the target answers: an old value is worse than none."""

    def of(state: TargetState) -> float | None:
        return read(state.vitals) if state.vitals and state.health is Health.UP else None

    return of


def _recent(read: Callable[[Stretch], float | None]) -> Callable[[TargetState], float | None]:
    def of(state: TargetState) -> float | None:
        return read(state.stretch) if state.stretch and state.health is Health.UP else None

    return of


def _pauses(state: TargetState) -> float | None:
    """All of a process' pauses together, of runtimes that tell."""
    total_ns = _vital(lambda vitals: vitals.pause_total_ns)(state)
    return None if total_ns is None else total_ns / NS_PER_S


FIGURES = (
    _Figure("target_up", "Whether the target answers with what can be used.",
            lambda state: float(state.health is Health.UP)),
    _Figure("scrapes", "Times it was asked.", lambda state: state.asked, counts=True),
    _Figure("scrape_failures", "Times it gave nothing.", lambda state: state.failed, counts=True),
    _Figure("restarts", "Restarts of its process that were seen.",
            lambda state: state.restarts, counts=True),
    _Figure("last_scrape_seconds", "How long the last scrape took.",
            lambda state: state.took_ns / NS_PER_S),
    _Figure("live_heap_bytes", "Live heap, by the best source there is.",
            _vital(lambda vitals: vitals.live)),
    _Figure("heap_bytes", "Heap, with what is not yet swept.", _vital(lambda vitals: vitals.heap)),
    _Figure("heap_goal_bytes", "Heap at which the next cycle starts.",
            _vital(lambda vitals: vitals.goal)),
    _Figure("limit_bytes", "Memory beyond which the process is killed or does little but collect.",
            _vital(lambda vitals: vitals.limit)),
    _Figure("resident_bytes", "Resident memory.", _vital(lambda vitals: vitals.rss)),
    _Figure("tasks", "Goroutines; threads and asyncio tasks.", _vital(lambda vitals: vitals.tasks)),
    _Figure("threads", "Threads of the operating system.", _vital(lambda vitals: vitals.threads)),
    _Figure("gc_cpu_share", "Share of the CPU it could have had that collecting took.",
            _recent(lambda stretch: stretch.gc_share)),
    _Figure("assist_cpu_share", "Share of the CPU it could have had that mark assists took.",
            _recent(lambda stretch: stretch.assist_share)),
    _Figure("allocated_bytes", "Bytes allocated.",
            _vital(lambda vitals: vitals.allocated), counts=True),
    _Figure("allocated_objects", "Objects allocated.",
            _vital(lambda vitals: vitals.mallocs), counts=True),
    _Figure("collections", "Collections; of CPython those of the oldest generation.",
            _vital(lambda vitals: vitals.cycles), counts=True),
    _Figure("pause_seconds", "Pauses of the collector together.", _pauses, counts=True),
    _Figure("work", "Requests, or other units of work.",
            _vital(lambda vitals: vitals.work), counts=True),
)  # fmt: skip
"""Everything that is told of a target."""


def render(
    states: Sequence[TargetState], alerts: Iterable[Alert], own: Own = NOTHING_KNOWN
) -> tuple[bytes, str]:
    """The page that Prometheus reads, and its content type.

    Args:
        states: of all targets.
        alerts: those that last; others are left out.
        own: how the watcher does.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(states, alerts, own))
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


class _Page(Collector):
    def __init__(self, states: Sequence[TargetState], alerts: Iterable[Alert], own: Own) -> None:
        self._states = states
        self._alerts = tuple(alerts)
        self._own = own

    def describe(self) -> Iterable[Family]:
        """Nothing: else all is collected once more to find out."""
        return ()

    def collect(self) -> Iterator[Family]:
        named = [
            ([label_value(state.target.service), label_value(state.target.instance)], state)
            for state in self._states
        ]
        for figure in FIGURES:
            family = (CounterMetricFamily if figure.counts else GaugeMetricFamily)(
                PREFIX + figure.name, figure.help, labels=_TARGET
            )
            for names, state in named:
                value = figure.of(state)
                if value is not None:
                    family.add_metric(names, value)
            yield family
        yield from _builds(named)
        yield from _alerts(self._alerts)
        yield from _health(self._own)


def label_value(text: str) -> str:
    """A name from outside: visible, not long, and still another one than any other name."""
    shown = visible(text)
    if len(shown) <= _MAX_VALUE:
        return shown
    digest = hashlib.blake2b(shown.encode(), digest_size=4).hexdigest()
    return f"{shown[: _MAX_VALUE - 9]}…{digest}"


def _builds(named: Sequence[tuple[list[str], TargetState]]) -> Iterator[Family]:
    family = GaugeMetricFamily(
        f"{PREFIX}target_info",
        "What runs there; always 1.",
        labels=(*_TARGET, "runtime", "version", "build"),
    )
    for names, state in named:
        if (vitals := state.vitals) is not None:
            told = (vitals.runtime, vitals.version, vitals.build)
            family.add_metric([*names, *map(label_value, told)], 1)
    yield family


def _alerts(alerts: Sequence[Alert]) -> Iterator[Family]:
    labels = (*_TARGET, "code", "severity", "silenced")
    family = GaugeMetricFamily(f"{PREFIX}alert", "An alert that lasts; always 1.", labels=labels)
    began = GaugeMetricFamily(
        f"{PREFIX}alert_began_timestamp_seconds",
        "When it was first seen, unix time.",
        labels=labels,
    )
    for alert in alerts:
        if alert.ended_ns is None:
            texts = (alert.service, alert.instance, alert.code, alert.severity.value)
            values = [*map(label_value, texts), str(alert.silenced).lower()]
            family.add_metric(values, 1)
            began.add_metric(values, alert.began_ns / NS_PER_S)
    yield from (family, began)


def _health(own: Own) -> Iterator[Family]:
    counts = list(accumulate(own.scrapes))
    bounds = [*map(str, SCRAPE_BOUNDS_S), "+Inf"]
    yield HistogramMetricFamily(
        f"{PREFIX}scrape_seconds",
        "How long scrapes took.",
        buckets=list(zip(bounds, counts, strict=True)),
        sum_value=own.scrapes_s,
    )
    yield CounterMetricFamily(
        f"{PREFIX}scrapes_skipped", "Scrapes whose time went by before it could begin.", own.skipped
    )
    if own.store_bytes is not None:
        yield GaugeMetricFamily(f"{PREFIX}store_bytes", "Size of the store.", own.store_bytes)
    yield GaugeMetricFamily(
        f"{PREFIX}store_fails", "1 while the store takes nothing.", int(own.store_fails)
    )
    yield CounterMetricFamily(
        f"{PREFIX}store_dropped_rows", "Readings that the store could not keep.", own.dropped_rows
    )
    queue = GaugeMetricFamily(f"{PREFIX}queue_length", "How many wait.", labels=("queue",))
    for name, length in own.queues.items():
        queue.add_metric([label_value(name)], length)
    yield queue
    yield from _sinks(own)


def _sinks(own: Own) -> Iterator[Family]:
    of_sink = ("sink",)
    sent = CounterMetricFamily(
        f"{PREFIX}notices", "Notices that it took; of exports, bodies.", labels=of_sink
    )
    failed = CounterMetricFamily(
        f"{PREFIX}notice_failures", "Attempts that failed.", labels=of_sink
    )
    dropped = CounterMetricFamily(
        f"{PREFIX}notices_dropped",
        "What was given up, refused or too much to wait.",
        labels=of_sink,
    )
    waiting = GaugeMetricFamily(
        f"{PREFIX}alerts_untold", "Alerts that wait; of exports, bodies.", labels=of_sink
    )
    for sink in own.sinks:
        name = [label_value(sink.name)]
        sent.add_metric(name, sink.sent)
        failed.add_metric(name, sink.failed)
        dropped.add_metric(name, sink.dropped)
        waiting.add_metric(name, sink.waiting)
    yield from (sent, failed, dropped, waiting)
