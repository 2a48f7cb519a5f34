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
from heapwise.model.work import PerWork
from heapwise.units import format_count

COUNTER_TOLERANCE = 0.01
"""Largest relative difference between our totals and the service's own."""

EDGE_CYCLES = 4
"""Collections that may come between a fence and the service's own reading of its counts."""

OWNER_TOLERANCE = 0.1
"""The same for one function, on top of what the sampling leaves open."""

SAVED_TOLERANCE = 0.05
"""Largest difference between what a variant saves and what its service says, as a share of all
that `before` allocates: some of what is saved elsewhere is nobody's count."""


class Counted(NamedTuple):
    """The service's own counts around its load; None where it could not be asked.

    Attributes:
        start: when the load began, before its first request.
        end: when the load had ended, before the run's last fence.
    """

    start: Counts | None = None
    end: Counts | None = None

    @property
    def stretch(self) -> Counts | None:
        """What was counted between the two; None where no request was."""
        if self.start is None or self.end is None:
            return None
        between = self.end.since(self.start)
        return between if between.requests > 0 else None


def check_run(report: RunReport) -> Iterator[LabCheck]:
    """What must hold for every variant: it was driven and measured."""
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


def check_counts(report: RunReport, counted: Counted) -> Iterator[LabCheck]:
    """The service's own counts agree with ours, as far as it has any."""
    costs = report.per_work
    stretch = counted.stretch
    name = "service counted the same requests"
    if costs is None or stretch is None:
        yield LabCheck(name, False, "one of the two counts is missing")
        return
    ours, theirs = costs.work.count, stretch.requests
    detail = f"{format_count(ours)} here, {format_count(theirs)} there"
    yield LabCheck(name, _agree(ours, theirs), detail)
    yield _collections(report, stretch.num_gc)
    if stretch.alloc_bytes is not None:
        yield _all_bytes(costs, stretch.alloc_bytes / stretch.requests)
    elif stretch.owner and stretch.owner_bytes is not None:
        yield _owner_bytes(report, stretch.owner, stretch.owner_bytes / stretch.requests)


def _collections(report: RunReport, theirs: int) -> LabCheck:
    """Compare collections; those at the edges of the load may fall on either side."""
    name = "service counted the same collections"
    values = {value.metric: value.value for value in report.metrics}
    ours = values.get("gc.cycles")
    if ours is None:
        return LabCheck(name, False, "they were not counted here")
    detail = f"{format_count(ours)} here, {format_count(theirs)} there"
    return LabCheck(name, abs(ours - theirs) <= EDGE_CYCLES + COUNTER_TOLERANCE * theirs, detail)


def _all_bytes(costs: PerWork, theirs: float) -> LabCheck:
    """Compare the allocations of the same stretch of load.

    The service's own total holds what reading its counters cost; ours lists that apart.
    """
    name = "service counted the same bytes"
    if costs.bytes is None:
        return LabCheck(name, False, "one of the two totals is missing")
    ours = costs.bytes + costs.measuring_bytes
    detail = (
        f"{ours:,.0f} B/{costs.work.unit} here ({costs.measuring_bytes:,.0f} of it measuring), "
        f"{theirs:,.0f} there ({ours / theirs - 1:+.2%})"
    )
    return LabCheck(name, _agree(ours, theirs), detail)


def _owner_bytes(report: RunReport, owner: str, theirs: float) -> LabCheck:
    """Compare what one function allocates. Our figure is a sampled share of the exact total."""
    name = f"service counted the same bytes for {owner}"
    rows = report.owners.rows if report.owners is not None else ()
    ours = next((row.bytes_per_work for row in rows if row.owner == owner), None)
    if ours is None:
        return LabCheck(name, False, "it is no owner here")
    chance = max(ours.high - ours.value, ours.value - ours.low)
    detail = f"{ours.value:,.0f} ± {chance:,.0f} B here, {theirs:,.0f} there"
    return LabCheck(name, abs(ours.value - theirs) <= OWNER_TOLERANCE * theirs + chance, detail)


def check_saved(
    before: RunReport, counted_before: Counted, variant: RunReport, counted: Counted
) -> Iterator[LabCheck]:
    """What a variant allocates less is what its service counts less, where it counts its owner.

    Both totals are exact; nothing is sampled here.
    """
    was, now = counted_before.stretch, counted.stretch
    if was is None or now is None or was.owner_bytes is None or now.owner_bytes is None:
        return
    name = "saved what the service counted less"
    first, second = before.per_work, variant.per_work
    if first is None or second is None or first.bytes is None or second.bytes is None:
        yield LabCheck(name, False, "one of the two totals is missing")
        return
    ours = first.bytes - second.bytes
    theirs = was.owner_bytes / was.requests - now.owner_bytes / now.requests
    detail = f"{ours:,.0f} B/{first.work.unit} here, {theirs:,.0f} there"
    yield LabCheck(name, abs(ours - theirs) <= SAVED_TOLERANCE * first.bytes, detail)


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
