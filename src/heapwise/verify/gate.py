"""Judges budgets: relative ones by the interval of the change, absolute ones by the median."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from heapwise.analysis.round_samples import side_of
from heapwise.analysis.unlike import Unlike
from heapwise.errors import UsageError
from heapwise.model.comparison import MOVED, Comparison, ComparisonRow, Verdict
from heapwise.model.gate import Budget, GateCheck, GateResult, Outcome
from heapwise.model.metrics import CATALOGUE, Metric
from heapwise.model.report import RunReport
from heapwise.units import format_share, format_value

_RANK = {Outcome.FAILED: 0, Outcome.UNDECIDED: 1, Outcome.PASSED: 2}

SPOILS_ALL = frozenset({"runtime", "settings", "targets", "rate", "duration", "unit of work"})
"""Differences that move allocations by themselves: no change of code could be told from them."""


def must_be_comparable(unlike: Iterable[Unlike]) -> None:
    """Refuse two sides that differ in more than their code.

    A compare shows such differences and goes on, because they may be what somebody wants to see;
    a gate that judged them would fail builds for an upgrade of the compiler.

    Raises:
        UsageError: with the difference.
    """
    for each in unlike:
        if each.name in SPOILS_ALL:
            raise UsageError(
                "the two sides cannot be compared",
                each.problem.what,
                "measure both alike, or save a new baseline",
            )


def judge_all(
    budgets: Sequence[Budget],
    news: Sequence[RunReport],
    comparison: Comparison | None,
    unlike: Sequence[Unlike] = (),
    *,
    strict: bool = False,
    notes: Sequence[str] = (),
) -> GateResult:
    """Judge every budget.

    Args:
        budgets: at least one.
        news: the rounds of the side that is judged.
        comparison: with the base; None where there is none.
        unlike: in what the two sides differ besides the code; what it touches is undecided.
        strict: undecided counts as failed in `GateResult.outcome`.
        notes: passed on.

    Raises:
        UsageError: a budget is relative and there is nothing to compare with, or counts another
            unit of work than the runs.
    """
    _must_fit(budgets, news, comparison)
    checks = [_judge(budget, news, comparison, unlike) for budget in budgets]
    checks.sort(key=lambda check: (_RANK[check.outcome], -check.excess))
    return GateResult(
        outcome=_together([check.outcome for check in checks], strict=strict),
        checks=tuple(checks),
        base=comparison.before if comparison else "",
        new=comparison.after if comparison else news[0].name,
        rounds=comparison.rounds if comparison else (0, len(news)),
        strict=strict,
        notes=tuple(notes),
    )


def _must_fit(
    budgets: Iterable[Budget], news: Sequence[RunReport], comparison: Comparison | None
) -> None:
    for budget in budgets:
        if budget.relative and comparison is None:
            raise UsageError(
                f"{budget.text!r} compares, and there is nothing to compare with",
                hint="give --base or --baseline, or make one: heapwise baseline save RECORDING…",
            )
        unit = news[0].work_unit
        if budget.work_unit and budget.work_unit != unit:
            raise UsageError(f"{budget.text!r} counts per {budget.work_unit}, the runs per {unit}")


def _together(outcomes: Sequence[Outcome], *, strict: bool) -> Outcome:
    worst = min(outcomes, key=_RANK.__getitem__)
    return Outcome.FAILED if strict and worst is Outcome.UNDECIDED else worst


def _judge(
    budget: Budget,
    news: Sequence[RunReport],
    comparison: Comparison | None,
    unlike: Iterable[Unlike],
) -> GateCheck:
    metric = CATALOGUE[budget.metric]
    if budget.relative and comparison is not None:
        spoiled = [each.name for each in unlike if each.touches(metric)]
        return _relative(budget, metric, _row(comparison, budget.metric), spoiled, news)
    return _absolute(budget, metric, news)


def _row(comparison: Comparison, metric: str) -> ComparisonRow | None:
    return next((row for row in comparison.rows if row.metric == metric), None)


def _absolute(budget: Budget, metric: Metric, news: Sequence[RunReport]) -> GateCheck:
    """The median of the valid rounds against the limit."""
    open_check = _open(budget, metric, news)
    side = side_of("new", news, metric)
    if not side.values:
        return replace(open_check, why=side.spoiled[0] if side.spoiled else "not measured")
    value = statistics.median(side.values)
    beyond = value > budget.amount if budget.above else value < budget.amount
    figures = (format_value(each, metric.unit) for each in (value, budget.amount))
    return replace(
        open_check,
        outcome=Outcome.FAILED if beyond else Outcome.PASSED,
        value=value,
        excess=_excess(value, budget) if beyond else 0.0,
        why="{}, limit {}".format(*figures),
    )


def _excess(value: float, budget: Budget) -> float:
    """How far beyond the limit, relative to it; a limit of zero is exceeded without measure."""
    if budget.amount == 0:
        return math.inf
    return abs(value - budget.amount) / abs(budget.amount)


def _relative(
    budget: Budget,
    metric: Metric,
    row: ComparisonRow | None,
    spoiled: Sequence[str],
    news: Sequence[RunReport],
) -> GateCheck:
    """The interval of the change against the limit: all of it beyond fails, all within passes."""
    open_check = _open(budget, metric, news)
    if row is None or row.before is None or row.after is None:
        return replace(open_check, why="not measured on both sides")
    known = replace(open_check, base=row.before, value=row.after, delta=row.delta)
    if spoiled:
        return replace(known, why=f"the two sides are unlike: {', '.join(spoiled)}")
    if row.verdict is Verdict.INVALID:
        return replace(known, why=row.why)
    low, high = _interval(metric, row)
    outcome = _outcome(budget, low, high)
    return replace(
        known,
        outcome=outcome,
        low=low,
        high=high,
        excess=_beyond(budget, row.delta if row.delta is not None else high),
        why=_explanation(outcome, row, low, high),
    )


def _interval(metric: Metric, row: ComparisonRow) -> tuple[float, float]:
    """The interval of the change; for single runs what runs of one binary differ by."""
    if row.delta_low is not None and row.delta_high is not None:
        return row.delta_low, row.delta_high
    if row.base is not None:  # rounds too few for an interval, or a change from zero
        if row.verdict is Verdict.SAME:
            return row.delta or 0.0, row.delta or 0.0
        rose = row.before == 0 and row.verdict in MOVED
        return math.inf if rose else -math.inf, math.inf
    assert row.before is not None  # noqa: S101 - for the type checker; checked by the caller
    assert row.after is not None  # noqa: S101 - the same
    slack = max(metric.floor, metric.resolution * min(row.before, row.after))
    if row.before <= 0:
        rise = math.inf if row.after > slack else 0.0
        return rise, rise
    return (row.after - slack) / row.before - 1, (row.after + slack) / row.before - 1


def _outcome(budget: Budget, low: float, high: float) -> Outcome:
    if budget.above:
        failed, passed = low > budget.amount, high <= budget.amount
    else:
        failed, passed = high < budget.amount, low >= budget.amount
    return Outcome.FAILED if failed else Outcome.PASSED if passed else Outcome.UNDECIDED


def _beyond(budget: Budget, delta: float) -> float:
    return max(0.0, delta - budget.amount if budget.above else budget.amount - delta)


def _explanation(outcome: Outcome, row: ComparisonRow, low: float, high: float) -> str:
    text = "no interval" if low == -math.inf else f"between {_change(low)} and {_change(high)}"
    if low == high == math.inf:
        text = "any rise from 0 is beyond"
    if outcome is not Outcome.UNDECIDED:
        return text
    if row.more_rounds:
        return f"{text}: about {row.more_rounds} more rounds of each side would decide"
    if row.base is None:
        return f"{text}: one run each cannot tell, heapwise verify makes rounds"
    return text


def _change(share: float) -> str:
    if not math.isfinite(share):
        return "any fall" if share < 0 else "any rise"
    return f"{'+' if share >= 0 else '−'}{format_share(abs(share))}"


def _open(budget: Budget, metric: Metric, news: Sequence[RunReport]) -> GateCheck:
    """A budget of which nothing is known yet."""
    return GateCheck(
        budget=budget.text,
        metric=metric.id,
        name=metric.name(news[0].work_unit),
        unit=metric.unit,
        outcome=Outcome.UNDECIDED,
        base=None,
        value=None,
        where=next((each.where for report in news for each in report.findings), ""),
    )
