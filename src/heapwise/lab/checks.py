"""What a variant must show, looked up in what it did show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from heapwise.lab.counter import Counts
from heapwise.lab.oracles import RULES, Seen
from heapwise.lab.spec import Lab, MetricExpectation
from heapwise.model.comparison import Comparison
from heapwise.model.lab import LabCheck
from heapwise.model.recording import Scope
from heapwise.model.report import RunReport
from heapwise.units import format_count

COUNTER_TOLERANCE = 0.01
"""Largest relative difference between our totals and the service's own."""


class Counted(NamedTuple):
    """The service's own counts around its load; None where it could not be asked.

    Attributes:
        start: when the load began, before its first request.
        end: when the load had ended, before the run's last fence.
    """

    start: Counts | None = None
    end: Counts | None = None


def check_run(report: RunReport, counted: Counted) -> Iterator[LabCheck]:
    """What must hold for every variant: it was driven, measured, and measured right."""
    spoiled = [
        problem.what
        for problem in report.problems
        if problem.scope in {Scope.ALL, Scope.ALLOCATION}
    ]
    yield LabCheck("run is valid", not spoiled, "; ".join(spoiled) or "nothing spoils its costs")
    if report.load_result is not None:
        total = report.load_result.total
        detail = f"{format_count(total.succeeded)} of {format_count(total.scheduled)} requests"
        yield LabCheck("every request succeeds", total.succeeded == total.scheduled, detail)
    yield _requests(report, counted)
    yield _bytes(report, counted)


def _requests(report: RunReport, counted: Counted) -> LabCheck:
    name = "service counted the same requests"
    if report.per_work is None or counted.start is None or counted.end is None:
        return LabCheck(name, False, "one of the two counts is missing")
    ours = report.per_work.work.count
    theirs = counted.end.since(counted.start).requests
    detail = f"{format_count(ours)} here, {format_count(theirs)} there"
    return LabCheck(name, _agree(ours, theirs), detail)


def _bytes(report: RunReport, counted: Counted) -> LabCheck:
    """Compare the allocations of the same stretch of load.

    The service's own total holds what reading its counters cost; ours lists that apart.
    """
    name = "service counted the same bytes"
    costs = report.per_work
    if costs is None or costs.bytes is None or counted.start is None or counted.end is None:
        return LabCheck(name, False, "one of the two totals is missing")
    stretch = counted.end.since(counted.start)
    if stretch.requests <= 0:
        return LabCheck(name, False, "the service counted no requests")
    ours = costs.bytes + costs.measuring_bytes
    theirs = stretch.alloc_bytes / stretch.requests
    detail = (
        f"{ours:,.0f} B/{costs.work.unit} here ({costs.measuring_bytes:,.0f} of it measuring), "
        f"{theirs:,.0f} there ({ours / theirs - 1:+.2%})"
    )
    return LabCheck(name, _agree(ours, theirs), detail)


def _agree(ours: float, theirs: float) -> bool:
    return abs(ours - theirs) <= COUNTER_TOLERANCE * theirs


def check_findings(lab: Lab, variant: str, report: RunReport) -> Iterator[LabCheck]:
    """The expected codes are on top, and nothing that only `before` should have is there."""
    expected = lab.variants[variant].expect.findings
    if expected is None:
        return
    codes = [finding.code for finding in report.findings]
    found = ", ".join(codes) or "none"
    if expected:
        on_top = sorted(codes[: len(expected)]) == sorted(expected)
        yield LabCheck(f"{', '.join(expected)} on top", on_top, f"found {found}")
    unwanted = set(lab.variants["before"].expect.findings or ()) - set(expected)
    if unwanted:
        name = f"no {', '.join(sorted(unwanted))}"
        yield LabCheck(name, not unwanted & set(codes), f"found {found}")


def check_metrics(lab: Lab, variant: str, comparison: Comparison) -> Iterator[LabCheck]:
    """Every metric moved as it must."""
    rows = {row.metric: row for row in comparison.rows}
    for metric, expected in lab.variants[variant].expect.metrics.items():
        row = rows.get(metric)
        if row is None:
            yield LabCheck(f"{metric} {wording(expected)}", False, "was not compared")
            continue
        held = expected.verdict in {None, row.verdict}
        if expected.delta is not None:
            least, most = expected.delta
            held = held and row.delta is not None and least <= row.delta <= most
        seen = "no change known" if row.delta is None else f"{row.delta:+.1%}"
        detail = f"{seen}, {row.verdict.value}" + (f" ({row.why})" if row.why else "")
        yield LabCheck(f"{row.name} {wording(expected)}", held, detail)


def wording(expected: MetricExpectation) -> str:
    """An expectation in words: ``better, -100 % to -99 %``."""
    parts = [expected.verdict.value] if expected.verdict is not None else []
    if expected.delta is not None:
        least, most = expected.delta
        parts.append(f"{least * 100:+.3g} % to {most * 100:+.3g} %")
    return ", ".join(parts)


def check_answers(lab: Lab, variant: str, before: Seen, seen: Seen) -> Iterator[LabCheck]:
    """The oracle and the guard."""
    ruling = RULES[lab.oracle](before, seen)
    yield LabCheck(f"oracle {lab.oracle}", ruling.holds, ruling.detail)
    ruling = RULES[lab.guard](before, seen)
    wanted = lab.variants[variant].expect.guard
    name = f"guard {lab.guard}" if wanted else f"guard {lab.guard} fails, as it must here"
    yield LabCheck(name, ruling.holds == wanted, ruling.detail)
