"""Counts of a load while it runs, in the series of `heapwise.formats.prometheus`."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np

from heapwise.formats.hits import error_text
from heapwise.formats.prometheus import BOUNDS_S, Series, exposition
from heapwise.model.load import HitFlag, Hits, Outcome
from heapwise.units import NS_PER_S

_BOUNDS_NS = np.array([round(bound * NS_PER_S) for bound in BOUNDS_S])


class Tally:
    """The counts so far; one thread may add while others read.

    Args:
        label: method and URL of a target, as they are shown.
    """

    def __init__(self, label: Callable[[int], tuple[str, str]]) -> None:
        self._label = label
        self._series: dict[tuple[str, str, str], Series] = {}
        self._lock = Lock()

    def add(self, hits: Hits) -> None:
        """Count hits that ended; those of a warm-up and those never sent are in no figure."""
        counted = hits.select((hits.sent >= 0) & ((hits.flags & HitFlag.WARMUP) == 0))
        kinds = np.column_stack([counted.target, counted.status, counted.outcome])
        with self._lock:
            for kind in np.unique(kinds, axis=0):
                target, status, outcome = kind.tolist()
                self._add(target, status, outcome, counted.select((kinds == kind).all(axis=1)))

    def exposition(self, *, openmetrics: bool) -> str:
        """What a scraper is told."""
        with self._lock:
            return exposition(self._series.values(), openmetrics=openmetrics)

    def _add(self, target: int, status: int, outcome: int, hits: Hits) -> None:
        code = status if outcome == Outcome.OK else 0
        key = (*self._label(target), str(code))
        series = self._series.setdefault(key, Series(*key))
        latencies = hits.done - hits.intended
        places = np.searchsorted(_BOUNDS_NS, latencies)  # a bucket holds its upper bound
        series.buckets += np.bincount(places, minlength=len(series.buckets))
        series.seconds += float(latencies.sum()) / NS_PER_S
        series.bytes_in += int(hits.bytes_in.sum())
        series.bytes_out += int(hits.bytes_out.sum())
        if message := error_text(Outcome(outcome), code):
            series.failures[message] = series.failures.get(message, 0) + len(hits)
