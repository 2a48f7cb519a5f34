"""What a variant must show is looked up in what it did show, and every miss is named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from heapwise.lab.checks import (
    check_answers,
    check_findings,
    check_gain,
    check_metrics,
    check_run,
    span,
)
from heapwise.lab.count_checks import check_counts, check_saved
from heapwise.lab.counter import Counted, Counts, Witness
from heapwise.lab.library import find_case
from heapwise.lab.oracles import Seen
from heapwise.lab.spec import Expectation, Lab, MetricExpectation
from heapwise.model.comparison import Comparison, ComparisonRow, Verdict
from heapwise.model.lab import LabCheck
from heapwise.model.load import Hits
from heapwise.model.recording import Problem, Scope
from heapwise.model.report import RunReport
from heapwise.record.session import Progress
from support import reports

LAB = find_case("chi-compress").lab
HITS = reports.HITS


CYCLES = round(reports.BEFORE["gc.cycles"])


def counted(per_request: float, requests: int = HITS, cycles: int = CYCLES) -> Counted:
    """The service's own counts around a load."""
    end = Counts(1000 + requests, 5 + cycles, 10**9 + round(per_request * requests))
    return Counted(Counts(1000, 5, 10**9), end)


def counted_for(owner: str, each: float, requests: int = HITS) -> Counted:
    """Counts of a service that counts one function only."""
    return Counted(
        Counts(0, 0, owner=owner, owner_bytes=0),
        Counts(requests, CYCLES, owner=owner, owner_bytes=round(each * requests)),
    )


def measured(report: RunReport) -> float:
    """Bytes per request with the cost of measuring, as the service sees them."""
    assert report.per_work is not None
    assert report.per_work.bytes is not None
    return report.per_work.bytes + report.per_work.measuring_bytes


def failed(checks: list[LabCheck]) -> list[str]:
    """The names of the checks that do not hold."""
    return [check.name for check in checks if not check.passed]


def test_a_run_that_agrees_with_the_service_holds() -> None:
    """Valid, every request answered, and the same requests, cycles and bytes on both sides."""
    report = reports.before()
    checks = [*check_run(report), *check_counts(report, counted(measured(report)))]
    assert failed(checks) == []
    assert [check.name for check in checks] == [
        "run is valid",
        "every request succeeds",
        "service counted the same requests",
        "service counted the same collections",
        "service counted the same bytes",
    ]


@pytest.mark.parametrize(
    ("factor", "holds"), [(1.009, True), (0.991, True), (1.02, False), (0.98, False)]
)
def test_one_per_cent_is_the_limit_of_disagreement(factor: float, holds: bool) -> None:
    """Totals may differ by what the service's caches hold back, and by no more."""
    report = reports.before()
    checks = list(check_counts(report, counted(measured(report) * factor)))
    assert ("service counted the same bytes" in failed(checks)) is not holds


def test_requests_that_the_service_did_not_see_are_a_failure() -> None:
    """The service's own count of requests is compared too."""
    report = reports.before()
    checks = list(check_counts(report, counted(measured(report), HITS // 2)))
    assert "service counted the same requests" in failed(checks)


def test_collections_that_the_service_did_not_see_are_a_failure() -> None:
    """A few at the edges of the load may fall on either side; a missed half may not."""
    report = reports.before()
    for cycles, holds in ((CYCLES - 3, True), (CYCLES // 2, False), (CYCLES * 2, False)):
        checks = list(check_counts(report, counted(measured(report), cycles=cycles)))
        assert ("service counted the same collections" in failed(checks)) is not holds


def test_a_service_that_could_not_be_asked_is_a_failure() -> None:
    """A missing count is never taken for agreement."""
    nothing = Counts(0, 0, 0)
    for missing in (Counted(), Counted(nothing, None), Counted(nothing, nothing)):
        assert failed(list(check_counts(reports.before(), missing))) == [
            "service counted the same requests"
        ]


@pytest.mark.parametrize(("factor", "holds"), [(1.0, True), (1.09, True), (1.2, False), (0, False)])
def test_one_function_s_bytes_agree_within_chance_and_a_tenth(factor: float, holds: bool) -> None:
    """Where a service counts one function only, that one is looked up among the owners."""
    report = reports.before()
    assert report.owners is not None
    owner = report.owners.rows[0]
    assert owner.bytes_per_work is not None
    each = owner.bytes_per_work.value * factor
    checks = list(check_counts(report, counted_for(owner.owner, each)))
    assert (failed(checks) == []) is holds
    assert failed(list(check_counts(report, counted_for("nobody", each)))) == [
        "service counted the same bytes for nobody"
    ]


def test_a_variant_saves_what_the_service_counts_less() -> None:
    """Two exact differences agree; five per cent of all that was allocated are nobody's count."""
    before, after = reports.before(), reports.after()
    saved = reports.BEFORE["bytes/work"] - reports.AFTER["bytes/work"]
    for told, holds in ((saved, True), (saved * 0.97, True), (saved * 0.9, False)):
        checks = list(check_saved(before, counted_for("f", told + 10), after, counted_for("f", 10)))
        assert [check.passed for check in checks] == [holds]
    counts = counted(measured(before))
    assert list(check_saved(before, counts, after, counts)) == []  # it counts everything anyway


def test_failed_requests_and_spoiled_runs_are_failures() -> None:
    """A lab of errors proves nothing; bad latencies do not spoil allocation counts."""
    report = reports.before()
    assert report.load_result is not None
    late = Problem(scope=Scope.LATENCY, what="the generator lagged")
    restarted = Problem(scope=Scope.ALL, what="the service was restarted")
    total = replace(report.load_result.total, succeeded=HITS - 1)
    spoiled = replace(
        report,
        problems=(late, restarted),
        load_result=replace(report.load_result, total=total),
    )
    checks = list(check_run(spoiled))
    assert failed(checks) == ["run is valid", "every request succeeds"]
    assert checks[0].detail == "the service was restarted"
    only_late = replace(report, problems=(late,))
    assert failed(list(check_run(only_late))) == []


def expecting(variant: str, expectation: Expectation) -> Lab:
    """The lab with other expectations of one variant."""
    changed = replace(LAB.variants[variant], expect=expectation)
    return replace(LAB, variants={**LAB.variants, variant: changed})


def findings(*codes: str) -> RunReport:
    """A report with findings of these codes, in this order."""
    found = tuple(replace(reports.compressor(), code=code) for code in codes)
    return replace(reports.before(), findings=found)


@pytest.mark.parametrize(
    ("variant", "codes", "missed"),
    [
        ("before", ("HW101", "HW201"), []),
        ("before", ("HW201", "HW101", "HW301"), []),
        ("before", ("HW301", "HW101", "HW201"), []),
        ("before", ("HW301", "HW302", "HW101", "HW201"), ["HW101, HW201 on top"]),
        ("before", ("HW101",), ["HW101, HW201 on top"]),
        ("before", (), ["HW101, HW201 on top"]),
        ("after", (), []),
        ("after", ("HW301",), []),
        ("after", ("HW301", "HW201"), ["no HW101, HW201"]),
    ],
)
def test_planted_defects_are_on_top_before_and_gone_after(
    variant: str, codes: tuple[str, ...], missed: list[str]
) -> None:
    """Among the first three, in any order; what else `after` shows is not planted."""
    assert failed(list(check_findings(LAB, variant, findings(*codes)))) == missed


def test_findings_that_nobody_expects_are_not_checked() -> None:
    """A variant without expected findings may show any."""
    lab = expecting("upgrade", Expectation())
    assert list(check_findings(lab, "upgrade", findings("HW101"))) == []


@pytest.mark.parametrize(
    ("factor", "holds"), [(1.0, True), (1.29, True), (0.71, True), (1.31, False), (0.69, False)]
)
def test_a_fix_gains_what_its_finding_promised(factor: float, holds: bool) -> None:
    """Within 30 % of what was measured, in either direction."""
    gained = reports.BEFORE["bytes/work"] - reports.AFTER["bytes/work"]
    finding = replace(reports.compressor(), code="HW101", gain_bytes_per_work=gained * factor)
    shown = replace(reports.before(), findings=(finding,))
    check = check_gain("HW101", shown, reports.after())
    assert check.name == "HW101 gains what it promised, within 30%"
    assert check.passed is holds
    assert check.detail.endswith("gained")


def test_a_gain_that_nobody_promised_is_a_failure() -> None:
    """A finding that no earlier variant has, or that promised nothing, is never taken for right."""
    promised = replace(reports.compressor(), code="HW101", gain_bytes_per_work=None)
    silent = replace(reports.before(), findings=(promised,))
    for code, shown in (("HW101", None), ("HW905", reports.before()), ("HW101", silent)):
        assert not check_gain(code, shown, reports.after()).passed


def compared(delta: float | None, verdict: Verdict) -> Comparison:
    """A comparison of one metric."""
    row = ComparisonRow(
        metric="bytes/work", name="B/req", unit="B", before=100.0, after=1.0, delta=delta,
        verdict=verdict, why="one run each" if verdict is Verdict.UNDECIDED else "",
    )  # fmt: skip
    return Comparison(before="before", after="after", work_unit="req", rows=(row,))


@pytest.mark.parametrize(
    ("expected", "delta", "verdict", "holds"),
    [
        (MetricExpectation(verdict=Verdict.BETTER), -0.99, Verdict.BETTER, True),
        (MetricExpectation(verdict=Verdict.BETTER), -0.99, Verdict.UNDECIDED, False),
        (MetricExpectation(delta=(-1.0, -0.99)), -0.99, Verdict.UNDECIDED, True),
        (MetricExpectation(delta=(-1.0, -0.99)), -0.98, Verdict.BETTER, False),
        (MetricExpectation(delta=(-1.0, -0.99)), None, Verdict.BETTER, False),
        (MetricExpectation(verdict=Verdict.SAME, delta=(-0.1, 0.1)), 0.0, Verdict.SAME, True),
        (MetricExpectation(verdict=Verdict.SAME, delta=(-0.1, 0.1)), 0.2, Verdict.SAME, False),
    ],
)
def test_a_metric_must_have_its_verdict_and_its_change(
    expected: MetricExpectation, delta: float | None, verdict: Verdict, holds: bool
) -> None:
    """Both hold where both are given; a change that is not known is outside every range."""
    lab = expecting("after", Expectation(metrics={"bytes/work": expected}))
    (check,) = check_metrics(lab, "after", compared(delta, verdict))
    assert check.passed is holds


def test_same_of_single_runs_is_what_nothing_speaks_against() -> None:
    """One run of each cannot tell times to be the same; several rounds can, and must."""
    same = MetricExpectation(verdict=Verdict.SAME)
    lab = expecting("after", Expectation(metrics={"bytes/work": same}))
    alone = compared(0.01, Verdict.UNDECIDED)
    (check,) = check_metrics(lab, "after", alone)
    assert check.passed
    (check,) = check_metrics(lab, "after", replace(alone, rounds=(6, 6)))
    assert not check.passed
    (check,) = check_metrics(lab, "after", compared(0.2, Verdict.WORSE))
    assert not check.passed


def test_a_metric_check_says_what_was_expected_and_what_was_seen() -> None:
    """One line tells both, and why where the verdict is none."""
    expected = MetricExpectation(verdict=Verdict.BETTER, delta=(-1.0, -0.99))
    lab = expecting("after", Expectation(metrics={"bytes/work": expected, "gc.cycles": expected}))
    first, second = check_metrics(lab, "after", compared(-0.5, Verdict.UNDECIDED))
    assert first.name == "B/req better, -100 % to -99 %"
    assert first.detail == "-50.0%, ~ (one run each)"
    assert second == LabCheck(
        "gc.cycles better, -100 % to -99 %", passed=False, detail="was not compared"
    )


@pytest.mark.parametrize(
    ("limits", "text"),
    [((-1.0, -0.998), "-100 % to -99.8 %"), ((0.0, 500.0), "+0 % to +50,000 %")],
)
def test_spans_read_as_per_cent(limits: tuple[float, float], text: str) -> None:
    """Three digits are enough, and large ones have commas."""
    assert span(limits) == text


def test_the_control_must_break_the_guard_and_keep_the_answers() -> None:
    """Where the guard is expected to fail, holding is the failure."""
    before, bigger = Seen({0: [b"{}"]}, 210.0), Seen({0: [b"{}"]}, 250.0)
    assert failed(list(check_answers(LAB, "after", before, before))) == []
    assert failed(list(check_answers(LAB, "after", before, bigger))) == ["guard response_size_kept"]
    assert failed(list(check_answers(LAB, "control", before, bigger))) == []
    assert failed(list(check_answers(LAB, "control", before, before))) == [
        "guard response_size_kept fails, as it must here"
    ]
    other = Seen({0: [b"[]"]}, 210.0)
    assert failed(list(check_answers(LAB, "after", before, other))) == [
        "oracle equal_decompressed_bodies"
    ]


def test_the_witness_asks_at_the_turning_points_only() -> None:
    """When the load begins, and when it has ended: two readings."""
    answers = iter([Counts(index, 0, 0) for index in range(100)])
    witness = Witness(lambda: next(answers))
    for step in ("starting", "warm-up", "fence: one", "load", "load", "fence: two", "fence: three"):
        witness.see(Progress(step=step, hits=Hits.empty() if step == "load" else None))
    assert witness.counted == Counted(*(Counts(index, 0, 0) for index in range(2)))
