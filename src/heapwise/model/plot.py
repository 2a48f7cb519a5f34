"""A load over time, as its plot draws it."""

from __future__ import annotations

import msgspec

from heapwise.model.load import LoadResult
from heapwise.model.recording import Problem
from heapwise.model.report import Series


class LoadPlot(msgspec.Struct, frozen=True, kw_only=True):
    """One load; x is seconds since it began, warm-up before zero.

    Attributes:
        name: of the load; empty for one without.
        result: what its hits add up to.
        problems: what makes its latencies worthless.
        latency: single hits, OK and failed, and p50 and p99 per slice, ns from the time they were
            due.
        service: the same from the time they were sent; empty where nobody knows one from the
            other.
        rate: sent and failed per second.
        percentiles: latency, and service time where it is known, against percentile.
    """

    name: str
    result: LoadResult
    problems: tuple[Problem, ...]
    latency: tuple[Series, ...]
    service: tuple[Series, ...]
    rate: tuple[Series, ...]
    percentiles: tuple[Series, ...]
