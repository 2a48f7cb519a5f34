"""Two runs side by side."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.compare import compare
from heapwise.model.comparison import ComparisonRow, Verdict
from heapwise.model.metrics import CATALOGUE, Exactness
from heapwise.model.recording import Problem, Scope
from heapwise.model.tables import OwnerRow, OwnerTable
from support.runs import finding, owner, report


def owners(*rows: OwnerRow) -> OwnerTable:
    """A table of these rows."""
    return OwnerTable(unit="req", rows=rows, rest_bytes_share=0.0, dies_young=None)


def spoiling(scope: Scope) -> Problem:
    """A problem that spoils figures."""
    return Problem(scope=scope, what="all requests failed")


def row(metric: str, before: float | None, after: float | None) -> ComparisonRow:
    """The row of one metric with these values."""
    sides = (report(metrics={metric: value}) for value in (before, after))
    (found,) = compare(*sides).rows
    return found


def test_rows_come_in_the_catalogues_order_and_only_where_measured() -> None:
    """A metric that neither run has is no row; one that one run has is."""
    found = compare(
        report(metrics={"latency.p50": 1.0, "bytes/work": 2.0, "gc.cycles": None}),
        report(metrics={"rss.peak": 5.0}),
    )
    assert [each.metric for each in found.rows] == ["bytes/work", "latency.p50", "rss.peak"]
    assert [each.name for each in found.rows] == ["B/req", "latency p50", "RSS peak"]
    assert {each.verdict for each in found.rows} == {Verdict.UNDECIDED}
    assert [each.why for each in found.rows] == [
        "not measured after",
        "not measured after",
        "not measured before",
    ]


@pytest.mark.parametrize(
    ("metric", "before", "after", "verdict"),
    [
        ("bytes/work", 1_088_229, 4_600, Verdict.BETTER),
        ("bytes/work", 4_600, 1_088_229, Verdict.WORSE),
        ("bytes/work", 10_000, 10_010, Verdict.SAME),
        ("bytes/work", 10_000, 10_900, Verdict.UNDECIDED),
        ("bytes/work", 10_000, 11_100, Verdict.WORSE),
        ("bytes/work", 0, 0, Verdict.SAME),
        ("bytes/work", 0, 5, Verdict.WORSE),
        ("gc.cycles", 6243, 36, Verdict.BETTER),
        ("gc.cycles", 3, 3, Verdict.SAME),
        ("gc.cycles", 3, 4, Verdict.UNDECIDED),
        ("gc.cycles", 0, 1, Verdict.UNDECIDED),
        ("gc.cycles", 3, 5, Verdict.WORSE),
        ("gc.cpu_share", 0, 0.0004, Verdict.UNDECIDED),
        ("gc.cpu_share", 0.2, 0, Verdict.BETTER),
        ("gc.pause.total", 0, 60e3, Verdict.UNDECIDED),
        ("gc.pause.total", 2e9, 0, Verdict.BETTER),
        ("faults.minor/work", 0, 0.01, Verdict.UNDECIDED),
        ("faults.minor/work", 0.001, 0.09, Verdict.UNDECIDED),
        ("faults.minor/work", 80, 0, Verdict.BETTER),
        ("latency.p50", 2e6, 3.4e6, Verdict.UNDECIDED),
        ("latency.p50", 2e6, 3.6e6, Verdict.WORSE),
        ("latency.p99", 3.06e6, 0.30e6, Verdict.BETTER),
        ("latency.p99", 3.06e6, 0.442e6, Verdict.UNDECIDED),
        ("rate.achieved", 900, 1000, Verdict.BETTER),
        ("rate.achieved", 1000, 900, Verdict.WORSE),
        ("response.bytes/work", 193, 193, Verdict.SAME),
        ("response.bytes/work", 193, 248, Verdict.CHANGED),
        ("response.bytes/work", 248, 193, Verdict.CHANGED),
        ("errors.share", 0, 0, Verdict.SAME),
        ("errors.share", 0, 0.001, Verdict.WORSE),
        ("errors.share", 0.001, 0, Verdict.BETTER),
    ],
)
def test_the_verdict_of_a_pair(metric: str, before: float, after: float, verdict: Verdict) -> None:
    """A figure has to move by more than runs of one binary do; unmoved exact ones are the same."""
    assert row(metric, before, after).verdict is verdict


def test_an_undecided_timing_says_how_far_it_would_have_to_move() -> None:
    """Small resolutions in per cent, large ones as a factor."""
    assert row("gc.cpu_share", 0.1, 0.11).why == "one run each cannot tell below 50.0 %"
    assert row("latency.p99", 1, 2).why == "one run each cannot tell below a factor of 8"


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_was_not_measured(odd: float) -> None:
    """A verdict on it would be chance, a bar of its length no bar."""
    found = row("bytes/work", 5.0, odd)
    assert (found.verdict, found.why, found.after) == (
        Verdict.UNDECIDED, "not measured after", None,
    )  # fmt: skip
    assert compare(report(metrics={"bytes/work": odd}), report()).rows == ()


def test_next_to_nothing_the_floor_is_the_reason() -> None:
    """One collection more makes pauses where there were none: that is chance, and no ratio."""
    assert row("gc.cycles", 0, 1).why == "one run each cannot tell below 1"
    assert row("gc.pause.total", 0, 60e3).why == "one run each cannot tell below 1.00 ms"


def test_halving_and_doubling_weigh_the_same() -> None:
    """Otherwise no improvement could ever reach a resolution of 100 %."""
    for metric in (each for each in CATALOGUE.values() if each.exactness is Exactness.TIMING):
        factor = 1 + metric.resolution
        better, worse = 1e9 / factor / 1.01, 1e9 * factor * 1.01
        assert row(metric.id, 1e9, better).verdict is not Verdict.UNDECIDED
        assert row(metric.id, 1e9, worse).verdict is not Verdict.UNDECIDED


def test_an_invalid_side_invalidates_the_row_whatever_it_says() -> None:
    """The reason and its side are kept."""
    late = report(metrics={"latency.p99": 1.0}, invalid={"latency.p99": "the generator was late"})
    well = report(metrics={"latency.p99": 900.0})
    for first, second, side in ((late, well, "before"), (well, late, "after")):
        (found,) = compare(first, second).rows
        assert (found.verdict, found.why) == (Verdict.INVALID, f"{side}: the generator was late")
    (found,) = compare(late, late).rows
    assert found.why == "before: the generator was late; after: the generator was late"


def test_the_delta_is_relative_to_before() -> None:
    """-0.5 for halved; none from zero."""
    assert row("bytes/work", 10, 5).delta == -0.5
    assert row("bytes/work", 10, 30).delta == 2.0
    assert row("bytes/work", 0, 5).delta is None
    assert row("bytes/work", 5, None).delta is None


def test_findings_that_went_and_came() -> None:
    """A finding is the same while code and place are, on whatever line it stands."""
    before = report(findings=(finding("HW101", "main.a a.go:1"), finding("HW201", "main.b b.go:2")))
    after = report(findings=(finding("HW101", "main.a a.go:99"), finding("HW101", "main.c c.go:3")))
    found = compare(before, after)
    assert found.gone == ("HW201 main.b",)
    assert found.new == ("HW101 main.c",)


@pytest.mark.parametrize("side", ["gone", "new"])
@pytest.mark.parametrize(
    "other",
    [
        {"owners": None},
        {"owners": owners()},
        {"owners": owners(owner()), "problems": (spoiling(Scope.ALL),)},
        {"owners": owners(owner()), "problems": (spoiling(Scope.ALLOCATION),)},
    ],
)
def test_a_run_that_could_not_be_diagnosed_cures_nothing(side: str, other: dict[str, Any]) -> None:
    """Interrupted, without a profile, without samples, or all requests failed: silence is none."""
    sick, silent = report(findings=(finding(),)), report(**other)
    found = compare(sick, silent) if side == "gone" else compare(silent, sick)
    assert (found.gone, found.new) == ((), ())
    (problem,) = found.problems
    assert "neither confirmed nor ruled out" in problem.what
    healthy = report(owners=owners(owner()))
    both = (sick, healthy) if side == "gone" else (healthy, sick)
    assert getattr(compare(*both), side) == ("HW101 main.evaluate",)


def test_a_dependency_that_renamed_its_functions_still_has_the_finding() -> None:
    """Of a dependency the module counts, whatever its version and its names."""
    old = msgspec.structs.replace(finding("HW201", "x.Old x.go:1"), module="x.org/x@v1.0.0")
    new = msgspec.structs.replace(finding("HW201", "x.New x.go:9"), module="x.org/x@v1.0.1")
    found = compare(report(findings=(old,)), report(findings=(new,)))
    assert (found.gone, found.new) == ((), ())


FIGURES = st.dictionaries(
    st.sampled_from(list(CATALOGUE)),
    st.none() | st.floats(0, 1e15, allow_nan=False),
    max_size=len(CATALOGUE),
)


@given(FIGURES, FIGURES)
def test_any_two_runs_compare(before: dict[str, float], after: dict[str, float]) -> None:
    """No figure becomes NaN or infinite, and swapping the runs mirrors every verdict."""
    forth = compare(report(metrics=before), report(metrics=after))
    back = compare(report(metrics=after), report(metrics=before))
    mirror = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    assert [each.verdict for each in back.rows] == [
        mirror.get(each.verdict, each.verdict) for each in forth.rows
    ]
    assert all(each.delta is None or math.isfinite(each.delta) for each in forth.rows)
    assert msgspec.json.decode(msgspec.json.encode(forth), type=type(forth)) == forth


@given(FIGURES)
def test_a_run_is_never_better_or_worse_than_itself(figures: dict[str, float]) -> None:
    """Equal figures are the same, or cannot tell."""
    found = compare(report(metrics=figures), report(metrics=figures))
    assert {each.verdict for each in found.rows} <= {Verdict.SAME, Verdict.UNDECIDED}
