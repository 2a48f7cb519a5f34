"""Two runs side by side, one row a metric, with the verdict that a single run of each allows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from heapwise.analysis.comparison_sentence import sentence
from heapwise.analysis.unlike import Unlike, differences
from heapwise.model.comparison import Comparison, ComparisonRow, Role, Verdict
from heapwise.model.metrics import (
    CATALOGUE,
    PRIMARY,
    Direction,
    Exactness,
    Family,
    Metric,
    MetricValue,
)
from heapwise.model.recording import Problem, Scope
from heapwise.model.report import RunReport
from heapwise.units import format_share, format_value

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
    rows = tuple(_rows(mine, theirs, unit, unlike))
    return Comparison(
        before=before.name,
        after=after.name,
        work_unit=unit,
        rows=rows,
        sentence=sentence(rows, 0.0),
        problems=(*(each.problem for each in unlike), *undiagnosed([before], [after])),
        gone=only_in(before, after),
        new=only_in(after, before),
    )


def _rows(
    before: Mapping[str, MetricValue],
    after: Mapping[str, MetricValue],
    unit: str,
    unlike: Iterable[Unlike],
) -> Iterable[ComparisonRow]:
    for ident, metric in CATALOGUE.items():
        first, second = _figure(before, ident), _figure(after, ident)
        if first.value is None and second.value is None:
            continue
        verdict, why = _verdict(metric, first, second, unlike)
        yield ComparisonRow(
            metric=ident,
            name=metric.name(unit),
            unit=metric.unit,
            before=first.value,
            after=second.value,
            delta=relative_change(first.value, second.value),
            verdict=verdict,
            why=why,
            role=role_of(metric),
        )


def role_of(metric: Metric) -> Role:
    """What a metric is asked for in a comparison."""
    if metric.id in PRIMARY:
        return Role.PRIMARY
    return Role.GUARD if metric.family is Family.GUARD else Role.OTHER


def _figure(run: Mapping[str, MetricValue], ident: str) -> MetricValue:
    """A figure of a run; what is no number was not measured."""
    figure = run.get(ident)
    if figure is None or figure.value is None or not math.isfinite(figure.value):
        return MetricValue(metric=ident, value=None)
    return figure


def _verdict(
    metric: Metric, before: MetricValue, after: MetricValue, unlike: Iterable[Unlike]
) -> tuple[Verdict, str]:
    sides = (("before", before), ("after", after))
    spoiled = [f"{side}: {value.invalid}" for side, value in sides if value.invalid]
    if spoiled:
        return Verdict.INVALID, "; ".join(spoiled)
    for side, value in sides:
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
        return Verdict.UNDECIDED, _too_close(metric, before, after)
    return moved(metric, fell=after < before), ""


def moved(metric: Metric, *, fell: bool) -> Verdict:
    """What it means that a metric fell, or rose."""
    if metric.direction is Direction.NEITHER:
        return Verdict.CHANGED
    return Verdict.BETTER if fell is (metric.direction is Direction.LOWER) else Verdict.WORSE


def _too_close(metric: Metric, before: float, after: float) -> str:
    if abs(after - before) <= metric.floor:
        limit = format_value(metric.floor, metric.unit)
    elif metric.resolution < 1:
        limit = format_share(metric.resolution)
    else:
        limit = f"a factor of {1 + metric.resolution:g}"
    return f"one run each cannot tell below {limit}"


def _apart(metric: Metric, before: float, after: float) -> bool:
    """True where the two differ by more than the metric resolves.

    The larger is measured against the smaller, so that halving counts as much as doubling; next
    to nothing every ratio is large, and only the floor tells.
    """
    low, high = sorted((before, after))
    return high - low > max(metric.floor, metric.resolution * low)


def relative_change(before: float | None, after: float | None) -> float | None:
    """The relative change; None where it has no meaning, as from zero."""
    if before is None or after is None or before <= 0:
        return None
    delta = (after - before) / before
    return delta if math.isfinite(delta) else None


def only_in(this: RunReport, other: RunReport) -> tuple[str, ...]:
    """Causes of findings that the other run lacks; none where nobody could have found them."""
    if not diagnosed(other):
        return ()
    known = {finding.cause for finding in other.findings}
    causes = (finding.cause for finding in this.findings)
    return tuple(dict.fromkeys(cause for cause in causes if cause not in known))


def diagnosed(report: RunReport) -> bool:
    """Whether the silence of a run means that there was nothing to find."""
    seen = report.owners is not None and bool(report.owners.rows)
    spoiled = any(each.scope in (Scope.ALL, Scope.ALLOCATION) for each in report.problems)
    return bool(report.findings) or (seen and not spoiled)


def undiagnosed(before: Sequence[RunReport], after: Sequence[RunReport]) -> Iterable[Problem]:
    """Sides whose silence about the other's findings means nothing: no run could be diagnosed."""
    for side, reports, others in (("before", before, after), ("after", after, before)):
        found = any(report.findings for report in others)
        if found and not any(map(diagnosed, reports)):
            yield Problem(
                scope=Scope.NONE,
                what=f"what was found {'after' if side == 'before' else 'before'} can be neither"
                f" confirmed nor ruled out {side}: that run does not tell who allocated",
            )
