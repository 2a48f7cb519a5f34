"""Counters of a load as Prometheus scrapes them, under the names that vegeta gives them.

Two formats, as the scraper asks: the text format 0.0.4 and OpenMetrics 1.0. In that a counter's
name has to end in ``_total``; as these do not, they are of unknown type there, as vegeta's are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from heapwise.model.profile import Int64s

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets, in seconds: those Prometheus' libraries have by default."""


@dataclass(slots=True, eq=False)
class Series:
    """What came of the requests with one method, URL and status.

    Attributes:
        method: of the target.
        url: of the target.
        status: as text, ``0`` where there was no response.
        buckets: requests per bucket of `BOUNDS_S`, and those above; int64[12], not cumulative.
        seconds: their latencies together.
        bytes_in: body bytes received.
        bytes_out: body bytes sent.
        failures: how many failed, by the reason.
    """

    method: str
    url: str
    status: str
    buckets: Int64s = field(default_factory=lambda: np.zeros(len(BOUNDS_S) + 1, np.int64))
    seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    def labels(self, **more: str) -> str:
        """The series' name, with what else there is."""
        own = {"method": self.method, "url": self.url, "status": self.status}
        return _labels({**own, **more})


def exposition(series: Iterable[Series], *, openmetrics: bool) -> str:
    """All series as a scraper reads them."""
    found = list(series)
    counter = "unknown" if openmetrics else "counter"
    # OpenMetrics wants 1.0 where Prometheus' own format has 1, and they are different labels.
    bounds = (*(str(bound) if openmetrics else f"{bound:g}" for bound in BOUNDS_S), "+Inf")
    lines = [
        *_described("request_seconds", "histogram", "Latency from when a request was due"),
        *(line for one in found for line in _histogram(one, bounds)),
        *_described("request_bytes_in", counter, "Body bytes received"),
        *(f"request_bytes_in{one.labels()} {one.bytes_in}" for one in found),
        *_described("request_bytes_out", counter, "Body bytes sent"),
        *(f"request_bytes_out{one.labels()} {one.bytes_out}" for one in found),
        *_described("request_fail_count", counter, "Requests that failed"),
        *(
            f"request_fail_count{one.labels(message=message)} {count}"
            for one in found
            for message, count in one.failures.items()
        ),
        *(["# EOF"] if openmetrics else []),
    ]
    return "\n".join(lines) + "\n"


def _described(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}."
    yield f"# TYPE {name} {kind}"


def _histogram(one: Series, bounds: tuple[str, ...]) -> Iterator[str]:
    sums = np.cumsum(one.buckets).tolist()
    for bound, count in zip(bounds, sums, strict=True):
        yield f"request_seconds_bucket{one.labels(le=bound)} {count}"
    yield f"request_seconds_sum{one.labels()} {one.seconds!r}"
    yield f"request_seconds_count{one.labels()} {sums[-1]}"


def _labels(values: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
