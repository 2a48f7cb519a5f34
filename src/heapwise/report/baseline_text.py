"""Baselines as plain text: what is in each, and the median of every metric."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from heapwise.model.baseline import Baseline
from heapwise.model.metrics import CATALOGUE, Metric
from heapwise.model.report import RunReport
from heapwise.report.columns import joined, paragraph, table
from heapwise.units import format_value, how_many


def render_baselines(baselines: Sequence[Baseline]) -> str:
    """One table a baseline; text of at most 100 columns."""
    return "\n".join(joined(_lines(baseline)) for baseline in baselines)


def _lines(baseline: Baseline) -> Iterable[str]:
    first = baseline.rounds[0]
    revision = f", revision {baseline.revision}" if baseline.revision else ""
    yield from paragraph(
        f"{baseline.name}: {how_many(len(baseline.rounds), 'round')}, saved {baseline.saved}"
        f"{revision}"
    )
    yield from paragraph(f"{first.service} · {first.load}", "  ", "  ")
    yield from paragraph(f"{first.machine} [{baseline.fingerprint}]", "  ", "  ")
    rows = [
        (metric.name(first.work_unit), *_figures(metric, baseline.rounds))
        for metric in CATALOGUE.values()
        if _values(metric, baseline.rounds)
    ]
    yield from table([("", "median", "least", "most"), *rows], "<>>>")


def _values(metric: Metric, rounds: Iterable[RunReport]) -> list[float]:
    """Of the rounds in which the metric can be trusted."""
    return [
        figure.value
        for report in rounds
        for figure in report.metrics
        if figure.metric == metric.id and figure.value is not None and not figure.invalid
    ]


def _figures(metric: Metric, rounds: Sequence[RunReport]) -> tuple[str, str, str]:
    values = _values(metric, rounds)
    figures = (statistics.median(values), min(values), max(values))
    first, second, third = (format_value(value, metric.unit) for value in figures)
    return first, second, third
