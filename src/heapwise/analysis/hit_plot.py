"""The hits of a load over time: single ones where they stand out, and how the many lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heapwise.analysis.attack_report import measured
from heapwise.analysis.slices import latency_over_time, latency_percentiles, rate_over_time
from heapwise.analysis.thin import telling, thin
from heapwise.model.load import Hits, LoadResult, Outcome
from heapwise.model.plot import LoadPlot
from heapwise.model.recording import Problem
from heapwise.model.report import Series
from heapwise.units import NS_PER_S

_LINES = ("p50", "p99")
"""Of the quantiles per slice; the highest hits are there themselves."""


def plot_load(
    name: str, hits: Hits, result: LoadResult, problems: tuple[Problem, ...], limit: int
) -> LoadPlot:
    """A load over time.

    Args:
        name: of the load.
        hits: all of it, at least one.
        result: what they add up to.
        problems: what makes their latencies worthless.
        limit: most points of a line, at least 10; the first, last, lowest and highest of every
            stretch of time are kept.
    """
    counted = measured(hits)
    zero = int((counted if len(counted) else hits).intended.min())
    sent = hits.select(hits.sent >= 0)
    told_apart = bool((sent.sent != sent.intended).any())
    percentiles = latency_percentiles(counted)
    return LoadPlot(
        name=name,
        result=result,
        problems=problems,
        latency=_over_time(hits, zero, limit),
        service=_over_time(replace(sent, intended=sent.sent), zero, limit) if told_apart else (),
        rate=tuple(map(thin, rate_over_time(hits, zero))),
        percentiles=percentiles if told_apart else percentiles[:1],
    )


def _over_time(hits: Hits, zero_ns: int, limit: int) -> tuple[Series, ...]:
    """Hits that ended, at the time they were due: OK and failed apart, then the quantiles."""
    ended = hits.select(hits.done >= 0)
    good = (ended.outcome == Outcome.OK) & (ended.status >= 200) & (ended.status < 400)
    parts = (("OK", ended.select(good)), ("failed", ended.select(~good)))
    lines = [each for each in latency_over_time(hits, zero_ns) if each.name in _LINES]
    return (*(_points(name, part, zero_ns, limit) for name, part in parts if len(part)), *lines)


def _points(name: str, hits: Hits, zero_ns: int, limit: int) -> Series:
    order = np.argsort(hits.intended, kind="stable")
    x = (hits.intended[order] - zero_ns) / NS_PER_S
    y = (hits.done - hits.intended)[order].astype(np.float64)
    kept = telling(x, y, limit)
    return Series(name=name, unit="ns", x=tuple(x[kept].tolist()), y=tuple(y[kept].tolist()))
