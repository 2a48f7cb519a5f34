"""Rounds of two sides with noise as services have it, for comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from heapwise.model.report import RunReport
from support.runs import report

SPREAD = {
    "bytes/work": 0.005,
    "allocs/work": 0.002,
    "gc.cpu_share": 0.15,
    "latency.p99": 0.4,
    "cpu/work": 0.08,
}
"""Relative standard deviation from run to run of one binary, of the primary metrics."""

CENTRE = {
    "bytes/work": 800e3,
    "allocs/work": 80.0,
    "gc.cpu_share": 0.12,
    "latency.p99": 3e6,
    "cpu/work": 400e3,
}

GUARDS = {"response.bytes/work": 193.0, "errors.share": 0.0}


def rounds(
    count: int,
    random: np.random.Generator,
    factors: Mapping[str, float] | None = None,
    spread: Mapping[str, float] | None = None,
    **others: Any,
) -> list[RunReport]:
    """Reports of one side; skewed noise, as times have it.

    Args:
        count: of rounds.
        random: drawn from.
        factors: what a metric's centre is multiplied by.
        spread: instead of `SPREAD`.
        others: of every report.
    """
    wide = {**SPREAD, **(spread or {})}
    made = []
    for number in range(count):
        noisy = {
            metric: centre
            * (factors or {}).get(metric, 1.0)
            * float(np.exp(wide[metric] * random.gumbel() / 1.28))
            for metric, centre in CENTRE.items()
        }
        made.append(report(name=f"round-{number}.hw", metrics=noisy | GUARDS, **others))
    return made


def one_metric(metric: str, *values: float | None, **others: Any) -> list[RunReport]:
    """A round for each value of one metric."""
    return [report(metrics={metric: value}, **others) for value in values]
