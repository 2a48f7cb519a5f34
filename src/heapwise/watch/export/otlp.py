"""The figures of targets for an OpenTelemetry collector: OTLP over HTTP, encoded as JSON.

One resource a target: a service may have many processes, and its collector tells them apart by
``service.instance.id``. In the tests the protocol's own definitions parse every message, and a
local receiver stands in for the collector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeGuard

import msgspec

from heapwise import __version__
from heapwise.model.gc import TimeHistogram
from heapwise.model.watch import SinkHealth, Stretch, Target, Vitals
from heapwise.names import visible
from heapwise.units import NS_PER_S
from heapwise.watch.clock import Clock
from heapwise.watch.config.sections import Otlp
from heapwise.watch.export.otlp_figures import (
    OF_ALL,
    OF_RUNTIME,
    OF_STRETCH,
    PAUSES,
    RUNTIMES,
    Figure,
    Instrument,
)
from heapwise.watch.export.outbox import Outbox
from heapwise.watch.post import Receiver

PATH = "/v1/metrics"
_TARGETS_EACH = 200
"""Of one message: about half a megabyte, of the 20 that a collector takes by default."""

_MOST_WAITING = 8 << 20
_LONGEST_VALUE = 1024
_CUMULATIVE = 2
_BROKEN = frozenset({"s", "1", "%"})
"""Units of which there are parts."""


class Answer(NamedTuple):
    """What a target said, and what it did since it said something before."""

    target: Target
    vitals: Vitals
    stretch: Stretch | None = None


class OtlpExport:
    """Tells figures at an interval until it is closed: an exporter.

    A target that does not answer is not told of: absence is how OTLP says that.

    Args:
        settings: where to, and how often.
        clock: of the watcher.

    Raises:
        UsageError: the address is none.
    """

    def __init__(self, settings: Otlp, clock: Clock) -> None:
        root = Receiver.parse("otlp", settings.url, settings.access())
        receiver = root.below(PATH) if root.target == "/" else root
        self._outbox = Outbox(
            receiver, clock, deadline_s=settings.deadline / NS_PER_S, most_bytes=_MOST_WAITING
        )
        self._clock = clock
        self._interval_ns = settings.interval
        self._next_ns = clock.now_ns() + settings.interval
        self._answers: dict[str, Answer] = {}

    def take(self, target: Target, vitals: Vitals, stretch: Stretch | None) -> None:
        """What a target said; of several answers in an interval the last one is told."""
        self._answers[target.key] = Answer(target, vitals, stretch)
        now_ns = self._clock.now_ns()
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + self._interval_ns
            self._tell()

    def health(self) -> SinkHealth:
        """How it does."""
        return self._outbox.health()

    def close(self) -> None:
        """Send what is left, as far as that takes a second."""
        self._tell()
        self._outbox.close()

    def _tell(self) -> None:
        answers = list(self._answers.values())
        self._answers = {}
        self._outbox.put(
            *(
                metrics_request(answers[first : first + _TARGETS_EACH])
                for first in range(0, len(answers), _TARGETS_EACH)
            )
        )


def metrics_request(answers: Sequence[Answer]) -> bytes:
    """The body of an ``ExportMetricsServiceRequest``: a resource for each answer."""
    resources = [
        {
            "resource": {"attributes": _attributes(_resource(answer))},
            "scopeMetrics": [
                {
                    "scope": {"name": "heapwise.watch", "version": __version__},
                    "metrics": list(_metrics(answer)),
                }
            ],
        }
        for answer in answers
    ]
    return msgspec.json.encode({"resourceMetrics": resources})


def _resource(answer: Answer) -> dict[str, str]:
    target, vitals = answer.target, answer.vitals
    return {
        **dict(target.labels),
        "service.name": target.service,
        "service.instance.id": target.instance,
        "service.version": vitals.build,
        "process.runtime.name": RUNTIMES.get(vitals.runtime, vitals.runtime),
        "process.runtime.version": vitals.version,
    }


def _attributes(given: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"key": visible(key), "value": {"stringValue": visible(value)[:_LONGEST_VALUE]}}
        for key, value in given.items()
        if value
    ]


def _metrics(answer: Answer) -> Iterator[dict[str, Any]]:
    vitals, stretch = answer.vitals, answer.stretch
    for figure in (*OF_ALL, *OF_RUNTIME.get(vitals.runtime, ())):
        if _can_be_told(value := figure.of(vitals)):
            yield _figure(figure, value, vitals)
    for recent in OF_STRETCH:
        if _can_be_told(value := recent.of(stretch) if stretch else None):
            yield _gauge(recent.name, recent.unit, value, vitals.at_ns)
    if vitals.pause_histogram is not None and vitals.runtime in PAUSES:
        yield _pauses(PAUSES[vitals.runtime], vitals.pause_histogram, vitals)


def _gauge(name: str, unit: str, value: float, at_ns: int) -> dict[str, Any]:
    return {"name": name, "unit": unit, "gauge": {"dataPoints": [_point(value, unit, at_ns)]}}


def _figure(figure: Figure, value: float, vitals: Vitals) -> dict[str, Any]:
    if figure.instrument is Instrument.GAUGE:
        return _gauge(figure.name, figure.unit, value, vitals.at_ns)
    rises = figure.instrument is Instrument.COUNTER
    point = _point(value, figure.unit, vitals.at_ns) | (_since(vitals) if rises else {})
    if figure.attributes:
        point["attributes"] = _attributes(dict(figure.attributes))
    return {
        "name": figure.name,
        "unit": figure.unit,
        "sum": {
            "dataPoints": [point],
            "aggregationTemporality": _CUMULATIVE,
            "isMonotonic": rises,
        },
    }


def _pauses(name: str, histogram: TimeHistogram, vitals: Vitals) -> dict[str, Any]:
    point: dict[str, Any] = {
        "timeUnixNano": str(vitals.at_ns),
        "count": str(histogram.total),
        "bucketCounts": [str(count) for count in histogram.counts],
        "explicitBounds": [bound / NS_PER_S for bound in histogram.bounds],
        **_since(vitals),
    }
    if vitals.pause_total_ns is not None:
        point["sum"] = vitals.pause_total_ns / NS_PER_S
    points = {"dataPoints": [point], "aggregationTemporality": _CUMULATIVE}
    return {"name": name, "unit": "s", "histogram": points}


def _since(vitals: Vitals) -> dict[str, str]:
    """When counters began: a lower value with another beginning is no fall, but a restart."""
    return {} if vitals.started_ns is None else {"startTimeUnixNano": str(vitals.started_ns)}


def _can_be_told(value: float | None) -> TypeGuard[float]:
    """False for what is not known, or too large for 64 bits, and for NaN, which JSON lacks."""
    return value is not None and abs(value) < 2.0**63


def _point(value: float, unit: str, at_ns: int) -> dict[str, Any]:
    """A point, of a type that stays the same; 64-bit integers are texts in the protocol's JSON."""
    figure = {"asDouble": value} if unit in _BROKEN else {"asInt": str(round(value))}
    return {"timeUnixNano": str(at_ns), **figure}
