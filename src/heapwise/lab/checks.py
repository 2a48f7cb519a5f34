"""What a variant must show, looked up in what it did show."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.oracles import GUARDS, ORACLES, Seen
from heapwise.lab.spec import Lab, MetricExpectation
from heapwise.model.comparison import Comparison, Verdict
from heapwise.model.finding import Finding
from heapwise.model.lab import LabCheck
from heapwise.model.recording import Scope
from heapwise.model.report import RunReport
from heapwise.units import format_count, format_size

TOP = 3
"""Places on which a planted defect must be among the findings."""

GAIN_TOLERANCE = 0.3
"""Largest difference between a gain that was promised and the one measured, relative to this."""


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


def check_findings(lab: Lab, variant: str, report: RunReport) -> Iterator[LabCheck]:
    """The expected codes are on top, and nothing that only `before` should have is there."""
    expected = lab.variants[variant].expect.findings
    if expected is None:
        return
    codes = [finding.code for finding in report.findings]
    found = ", ".join(map(_located, report.findings)) or "none"
    if expected:
        on_top = set(expected) <= set(codes[: max(TOP, len(expected))])
        yield LabCheck(f"{', '.join(expected)} on top", on_top, f"found {found}")
    unwanted = set(lab.variants["before"].expect.findings or ()) - set(expected)
    if unwanted:
        name = f"no {', '.join(sorted(unwanted))}"
        yield LabCheck(name, not unwanted & set(codes), f"found {found}")


def check_gain(code: str, shown: RunReport | None, report: RunReport) -> LabCheck:
    """What a finding promised is what its fix gained.

    Args:
        code: of the finding.
        shown: of the last variant that had it; None where none had.
        report: of the variant that fixes it.
    """
    name = f"{code} gains what it promised, within {GAIN_TOLERANCE:.0%}"
    found = next((each for each in shown.findings if each.code == code), None) if shown else None
    if shown is None or found is None:
        return LabCheck(name, False, "no earlier variant has it")
    promised, was, now = found.gain_bytes_per_work, shown.per_work, report.per_work
    if promised is None or was is None or now is None or was.bytes is None or now.bytes is None:
        return LabCheck(name, False, "one of the two is not known")
    gained = was.bytes - now.bytes
    unit = was.work.unit
    detail = f"{format_size(promised)}/{unit} promised, {format_size(gained)}/{unit} gained"
    return LabCheck(name, abs(promised - gained) <= GAIN_TOLERANCE * gained, detail)


def _located(finding: Finding) -> str:
    """Its code, and its place in the source where that was found."""
    place = finding.place
    return finding.code if place is None else f"{finding.code} ({place.file}:{place.line})"


def check_metrics(lab: Lab, variant: str, comparison: Comparison) -> Iterator[LabCheck]:
    """Every metric moved as it must."""
    rows = {row.metric: row for row in comparison.rows}
    for metric, expected in lab.variants[variant].expect.metrics.items():
        row = rows.get(metric)
        if row is None:
            yield LabCheck(f"{metric} {wording(expected)}", False, "was not compared")
            continue
        held = expected.verdict in {None, row.verdict}
        if expected.verdict is Verdict.SAME and comparison.rounds == (1, 1):
            # It is no different, as far as one tells.
            held = held or row.verdict is Verdict.UNDECIDED
        if expected.delta is not None:
            least, most = expected.delta
            held = held and row.delta is not None and least <= row.delta <= most
        seen = "no change known" if row.delta is None else f"{row.delta:+,.1%}"
        detail = f"{seen}, {row.verdict.value}" + (f" ({row.why})" if row.why else "")
        yield LabCheck(f"{row.name} {wording(expected)}", held, detail)


def wording(expected: MetricExpectation) -> str:
    """An expectation in words: ``better, -100 % to -99 %``."""
    parts = [expected.verdict.value] if expected.verdict is not None else []
    if expected.delta is not None:
        parts.append(span(expected.delta))
    return ", ".join(parts)


def span(limits: tuple[float, float]) -> str:
    """Least and most relative change in words: ``-100 % to +2,000 %``."""
    return " to ".join(
        f"{each:+,.0f} %" if abs(each) >= 1000 else f"{each:+.3g} %"
        for each in (100 * limit for limit in limits)
    )


def check_answers(lab: Lab, variant: str, before: Seen, seen: Seen) -> Iterator[LabCheck]:
    """The oracle and the guard."""
    ruling = ORACLES[lab.oracle](before, seen)
    yield LabCheck(f"oracle {lab.oracle}", ruling.holds, ruling.detail)
    ruling = GUARDS[lab.guard](before, seen, lab.guards)
    wanted = lab.variants[variant].expect.guard
    name = f"guard {lab.guard}" if wanted else f"guard {lab.guard} fails, as it must here"
    yield LabCheck(name, ruling.holds == wanted, ruling.detail)
