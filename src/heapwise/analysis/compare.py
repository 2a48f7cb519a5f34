"""Two runs side by side, one row a metric, with the verdict that a single run of each allows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from heapwise.analysis.unlike import Unlike, differences
from heapwise.model.comparison import Comparison, ComparisonRow, Verdict
from heapwise.model.finding import Finding
from heapwise.model.metrics import (
    CATALOGUE,
    Direction,
    Exactness,
    Family,
    Metric,
    MetricValue,
)
from heapwise.model.report import RunReport
from heapwise.units import format_share

ONE_CYCLE = 1.0
"""Whether a cycle ends just before a fence or just after it is chance."""


EQUAL = 0.002
"""Exact figures that differ by less print alike, and are called the same."""


def compare(before: RunReport, after: RunReport) -> Comparison:
    """Every metric that either run has, in the catalogue's order.

    Two single runs tell nothing about how runs of the same code differ, so a figure that moved by
    less than runs of one binary were seen to (`Metric.resolution`) is undecided; an exact one that
    did not move at all is the same.
    """
    unlike = differences(before, after)
    unit = before.work_unit if before.work_unit == after.work_unit else "work"
    mine = {value.metric: value for value in before.metrics}
    theirs = {value.metric: value for value in after.metrics}
    return Comparison(
        before=before.name,
        after=after.name,
        work_unit=unit,
        rows=tuple(_rows(mine, theirs, unit, unlike)),
        problems=tuple(each.problem for each in unlike),
        gone=_only_in(before.findings, after.findings),
        new=_only_in(after.findings, before.findings),
    )


def _rows(
    before: Mapping[str, MetricValue],
    after: Mapping[str, MetricValue],
    unit: str,
    unlike: Iterable[Unlike],
) -> Iterable[ComparisonRow]:
    for ident, metric in CATALOGUE.items():
        first = before.get(ident, MetricValue(metric=ident, value=None))
        second = after.get(ident, MetricValue(metric=ident, value=None))
        if first.value is None and second.value is None:
            continue
        verdict, why = _verdict(metric, first, second, unlike)
        yield ComparisonRow(
            metric=ident,
            name=metric.name(unit),
            unit=metric.unit,
            before=first.value,
            after=second.value,
            delta=_delta(first.value, second.value),
            verdict=verdict,
            why=why,
        )


def _verdict(
    metric: Metric, before: MetricValue, after: MetricValue, unlike: Iterable[Unlike]
) -> tuple[Verdict, str]:
    for side, value in (("before", before), ("after", after)):
        if value.invalid:
            return Verdict.INVALID, f"{side}: {value.invalid}"
    for side, value in (("before", before), ("after", after)):
        if value.value is None:
            return Verdict.UNDECIDED, f"not measured {side}"
    for difference in unlike:
        if difference.touches(metric):
            return Verdict.UNDECIDED, f"the two runs are unlike: {difference.name}"
    assert before.value is not None  # noqa: S101 - for the type checker; returned above
    assert after.value is not None  # noqa: S101 - for the type checker; returned above
    return _judge(metric, before.value, after.value)


def _judge(metric: Metric, before: float, after: float) -> tuple[Verdict, str]:
    if not _apart(metric, before, after):
        if metric.exactness is Exactness.EXACT and abs(after - before) <= EQUAL * max(before, 0.0):
            return Verdict.SAME, ""
        return Verdict.UNDECIDED, f"one run each cannot tell below {_limit(metric.resolution)}"
    if metric.direction is Direction.NEITHER:
        return Verdict.CHANGED, ""
    lower_is_better = metric.direction is Direction.LOWER
    return (Verdict.BETTER if (after < before) is lower_is_better else Verdict.WORSE), ""


def _limit(resolution: float) -> str:
    return format_share(resolution) if resolution < 1 else f"a factor of {1 + resolution:g}"


def _apart(metric: Metric, before: float, after: float) -> bool:
    """True where the two differ by more than the metric resolves.

    The larger is measured against the smaller, so that halving counts as much as doubling.
    """
    if metric.family is Family.GC and metric.unit == "count" and abs(after - before) <= ONE_CYCLE:
        return False
    low, high = sorted((before, after))
    return high - low > metric.resolution * max(low, 0.0)


def _delta(before: float | None, after: float | None) -> float | None:
    """The relative change; None where it has no meaning, as from zero."""
    if before is None or after is None or before <= 0:
        return None
    delta = (after - before) / before
    return delta if math.isfinite(delta) else None


def _only_in(these: Iterable[Finding], those: Iterable[Finding]) -> tuple[str, ...]:
    """Findings that the other run lacks, by code and place.

    Lines move when code is fixed and a dependency's functions are renamed from one release to the
    next, so the place is the module without its version, or the function of one's own code.
    """
    known = {_place(finding) for finding in those}
    return tuple(dict.fromkeys(_place(each) for each in these if _place(each) not in known))


def _place(finding: Finding) -> str:
    function = finding.where.partition(" ")[0]
    return f"{finding.code} {finding.module.partition('@')[0] or function}"
