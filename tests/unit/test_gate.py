"""What fails a gate, what passes it, and what it cannot tell."""

from __future__ import annotations

from typing import Any

import pytest

from heapwise.analysis.unlike import Unlike, differences
from heapwise.errors import UsageError
from heapwise.formats.budgets import parse_budget
from heapwise.model.comparison import Comparison, ComparisonRow, Estimate, Verdict
from heapwise.model.gate import GateCheck, GateResult, Outcome
from heapwise.model.metrics import CATALOGUE, Exactness, Family
from heapwise.model.recording import Problem, Scope
from heapwise.verify.gate import judge_all, must_be_comparable
from support.runs import report


def compared(metric: str = "bytes/work", **row: Any) -> Comparison:
    """Six rounds a side with one metric."""
    estimate = Estimate(median=0, low=0, high=0, confidence=0.97, values=())
    known = {
        "before": 100.0, "after": 100.0, "delta": 0.0, "verdict": Verdict.UNDECIDED,
        "base": estimate, "new": estimate,
    }  # fmt: skip
    found = ComparisonRow(metric=metric, name=metric, unit=CATALOGUE[metric].unit, **(known | row))
    return Comparison(before="a", after="b", work_unit="req", rows=(found,), rounds=(6, 6))


def judged(budget: str, comparison: Comparison | None, **options: Any) -> GateCheck:
    """The only check of a gate."""
    new = report(metrics={"bytes/work": 100.0})
    (check,) = judge_all([parse_budget(budget)], [new], comparison, **options).checks
    return check


def gate(*budgets: str, strict: bool = False, **figures: float) -> GateResult:
    """A gate over one run."""
    metrics = {name.replace("_", "/"): value for name, value in figures.items()}
    parsed = [parse_budget(budget) for budget in budgets]
    return judge_all(parsed, [report(metrics=metrics)], None, strict=strict)


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.06, 0.08, Outcome.FAILED),
        (0.04, 0.08, Outcome.UNDECIDED),
        (-0.01, 0.05, Outcome.PASSED),
        (-0.30, -0.20, Outcome.PASSED),
        (float("-inf"), float("inf"), Outcome.UNDECIDED),
    ],
)
def test_a_change_fails_when_all_of_its_interval_is_beyond_the_limit(
    low: float, high: float, outcome: Outcome
) -> None:
    """An interval across the limit decides nothing."""
    found = judged("bytes/req > +5%", compared(delta_low=low, delta_high=high))
    assert found.outcome is outcome


def test_a_lower_limit_is_the_mirror_image() -> None:
    """Throughput must not fall."""
    fell = compared("rate.achieved", delta=-0.1, delta_low=-0.12, delta_high=-0.08)
    kept = compared("rate.achieved", delta_low=-0.01, delta_high=0.01)
    assert judged("rate.achieved < -5%", fell).outcome is Outcome.FAILED
    assert judged("rate.achieved < -5%", kept).outcome is Outcome.PASSED


def test_undecided_says_how_many_rounds_would_decide() -> None:
    """A gate that cannot tell is no gate that passes."""
    row = compared(delta_low=0.0, delta_high=0.1, more_rounds=4)
    found = judged("bytes/req > +5%", row)
    assert found.why == "between +0 % and +10.0 %: about 4 more rounds of each side would decide"


def test_single_runs_are_given_what_runs_of_one_binary_differ_by() -> None:
    """5 % more is within it, twice as much is not."""
    single = {"base": None, "new": None}
    near = compared(after=104.0, delta=0.04, **single)
    far = compared(after=200.0, delta=1.0, **single)
    assert judged("bytes/req > +5%", near).outcome is Outcome.UNDECIDED
    assert judged("bytes/req > +5%", far).outcome is Outcome.FAILED


def test_a_rise_from_nothing_exceeds_every_limit() -> None:
    """No per cent of zero allows for it; what is within the metric's floor is still nothing."""
    nothing = {"base": None, "new": None, "before": 0.0, "delta": None}
    errors = compared("errors.share", after=0.2, **nothing)
    cycle = compared("gc.cycles", after=1.0, **nothing)
    assert judged("errors.share > +1%", errors).outcome is Outcome.FAILED
    assert judged("gc.cycles > +1%", cycle).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("verdict", "after", "outcome"),
    [
        (Verdict.SAME, 0.0, Outcome.PASSED),
        (Verdict.WORSE, 0.2, Outcome.FAILED),
        (Verdict.UNDECIDED, 0.1, Outcome.UNDECIDED),
    ],
)
def test_rounds_that_begin_at_zero_are_judged_by_their_verdict(
    verdict: Verdict, after: float, outcome: Outcome
) -> None:
    """There is no relative change and no interval; no errors before and after are no rise."""
    row = compared("errors.share", before=0.0, after=after, delta=None, verdict=verdict)
    assert judged("errors.share > +10%", row).outcome is outcome


def test_without_an_interval_nothing_is_claimed() -> None:
    """It says that there is none, and how many rounds would make one."""
    found = judged("bytes/req > +5%", compared(more_rounds=3))
    assert found.why == "no interval: about 3 more rounds of each side would decide"


def test_unlike_sides_leave_undecided_what_they_touch() -> None:
    """Another machine spoils timings, not allocations."""
    machine = Unlike(
        "machine", Problem(scope=Scope.LATENCY, what=""), frozenset(Family), timings_only=True
    )
    slower = compared("latency.p99", delta_low=0.5, delta_high=0.6)
    fatter = compared("bytes/work", delta_low=0.5, delta_high=0.6)
    found = judged("latency.p99 > +10%", slower, unlike=[machine])
    assert (found.outcome, found.why) == (
        Outcome.UNDECIDED, "the two sides are unlike: machine",
    )  # fmt: skip
    assert judged("bytes/req > +10%", fatter, unlike=[machine]).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("other", "part"),
    [
        ({"runtime_version": "go1.99"}, "different runtime: "),
        ({"service": "go1.26 · GOGC=400"}, "different runtime settings: "),
    ],
)
def test_another_toolchain_or_setting_is_refused(other: dict[str, str], part: str) -> None:
    """Either moves allocations by itself, and the difference would be nobody's change."""
    with pytest.raises(UsageError, match=part):
        must_be_comparable(differences(report(), report(**other)))
    must_be_comparable(differences(report(), report(machine="another")))


def test_invalid_figures_decide_nothing() -> None:
    """The reason is passed on."""
    row = compared(verdict=Verdict.INVALID, why="before: lag", delta_low=1.0, delta_high=1.0)
    found = judged("bytes/req > +5%", row)
    assert (found.outcome, found.why) == (Outcome.UNDECIDED, "before: lag")


def test_an_absolute_budget_needs_no_base() -> None:
    """The limit itself passes."""
    result = gate("bytes/req > 1KiB", "allocs/req > 12", bytes_work=1024.0, allocs_work=12.5)
    assert [check.outcome for check in result.checks] == [Outcome.FAILED, Outcome.PASSED]
    assert result.outcome is Outcome.FAILED


def test_an_absolute_budget_takes_the_median_of_the_valid_rounds() -> None:
    """One round that must not be trusted is left out, and not averaged in."""
    rounds = [report(metrics={"latency.p99": value}) for value in (5e6, 7e6, 6e6)]
    bad = report(metrics={"latency.p99": 900e6}, invalid={"latency.p99": "lag"})
    result = judge_all([parse_budget("latency.p99 > 6ms")], [*rounds, bad], None)
    assert (result.checks[0].value, result.outcome) == (6e6, Outcome.PASSED)


def test_what_was_not_measured_decides_nothing() -> None:
    """Neither does a run without the figure."""
    assert gate("rss.peak > 1MiB").checks[0].why == "not measured"


def test_strict_fails_what_cannot_be_told() -> None:
    """A gate that must not let anything slip through."""
    assert gate("rss.peak > 1MiB").outcome is Outcome.UNDECIDED
    assert gate("rss.peak > 1MiB", strict=True).outcome is Outcome.FAILED


def test_the_worst_comes_first() -> None:
    """By how far it is beyond its limit, relative to it."""
    result = gate(
        "allocs/req > 10", "bytes/req > 10B", "response.bytes/req > 10B", "gc.cycles > 99",
        allocs_work=11.0, bytes_work=90.0,
        **{"gc.cycles": 1.0},
    )  # fmt: skip
    assert [check.metric for check in result.checks] == [
        "bytes/work", "allocs/work", "response.bytes/work", "gc.cycles",
    ]  # fmt: skip


def test_a_relative_budget_without_a_base_says_how_to_make_one() -> None:
    """Exit code 2, and the command."""
    with pytest.raises(UsageError, match="heapwise baseline save"):
        gate("bytes/req > +5%", bytes_work=1.0)


def test_a_budget_of_another_unit_of_work_is_refused() -> None:
    """Bytes per row say nothing about requests."""
    with pytest.raises(UsageError, match="counts per row, the runs per req"):
        gate("bytes/row > 5B", bytes_work=1.0)


def test_every_timing_can_be_spoiled_by_another_machine() -> None:
    """The catalogue says which figures come from clocks."""
    machine = Unlike(
        "machine", Problem(scope=Scope.LATENCY, what=""), frozenset(Family), timings_only=True
    )
    for metric in CATALOGUE.values():
        assert machine.touches(metric) is (metric.exactness is Exactness.TIMING)
