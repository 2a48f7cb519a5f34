"""Several rounds of two sides: what may be claimed of them, and what may not."""

from __future__ import annotations

import math
import os
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heapwise.analysis.compare import compare
from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.errors import UsageError
from heapwise.load.metrics import summarise
from heapwise.model.comparison import Comparison, ComparisonRow, Role, Verdict
from heapwise.model.load import Target
from heapwise.model.metrics import CATALOGUE, PRIMARY
from heapwise.model.report import RunReport
from heapwise.model.tables import OwnerTable
from heapwise.model.work import PerWork, Work
from support.rounds import one_metric, rounds
from support.runs import finding, owner, plan, report, steady

FULL = os.environ.get("HEAPWISE_FULL") == "1"
COMPARISONS = 4_000 if FULL else 400
SIX = (1.0, 1.001, 0.999, 1.002, 0.998, 1.0005)


def row_of(comparison: Comparison, metric: str) -> ComparisonRow:
    """The row of a metric."""
    return next(row for row in comparison.rows if row.metric == metric)


def judged(metric: str, before: list[float], after: list[float], **options: Any) -> ComparisonRow:
    """The row of one metric with these rounds."""
    sides = one_metric(metric, *before), one_metric(metric, *after)
    (row,) = compare_rounds(*sides, CompareOptions(**options)).rows
    return row


def scaled(factor: float, values: tuple[float, ...] = SIX) -> list[float]:
    """Rounds around another centre."""
    return [factor * value for value in values]


def test_one_run_of_each_is_compared_as_ever() -> None:
    """No statistics of one."""
    before, after = report(metrics={"bytes/work": 10.0}), report(metrics={"bytes/work": 5.0})
    assert compare_rounds([before], [after]) == compare(before, after)


def test_a_clear_change_is_better_with_all_that_it_rests_on() -> None:
    """Medians, interval, p before and after the correction, the smallest p there could be."""
    row = judged("bytes/work", scaled(1e6), scaled(1e5))
    assert row.verdict is Verdict.BETTER
    assert (row.before, row.after) == (pytest.approx(1.00025e6), pytest.approx(1.00025e5))
    assert row.delta == pytest.approx(-0.9)
    assert row.delta_low is not None
    assert row.delta_high is not None
    assert row.delta_low <= row.delta <= row.delta_high < -0.89
    assert row.delta_confidence == pytest.approx(0.9589, abs=1e-4)
    assert row.p == row.p_attainable == pytest.approx(2 / 924)
    assert row.p_adjusted == row.p  # the only question, so nothing is corrected
    assert row.base is not None
    assert row.base.values == tuple(scaled(1e6))
    assert row.base.confidence == 0.96875


@pytest.mark.parametrize(
    ("metric", "factor", "verdict"),
    [
        ("bytes/work", 0.9, Verdict.BETTER),
        ("bytes/work", 1.1, Verdict.WORSE),
        ("bytes/work", 1.0, Verdict.SAME),
        ("bytes/work", 1.01, Verdict.SAME),
        ("bytes/work", 1.0195, Verdict.UNDECIDED),
        ("rate.achieved", 0.9, Verdict.WORSE),
        ("rate.achieved", 1.1, Verdict.BETTER),
        ("response.bytes/work", 1.1, Verdict.CHANGED),
        ("response.bytes/work", 1.0, Verdict.SAME),
    ],
)
def test_the_verdict_of_quiet_rounds(metric: str, factor: float, verdict: Verdict) -> None:
    """Real but below the minimum effect of 2 % is the same; next to it nobody can tell."""
    assert judged(metric, scaled(1e6), scaled(factor * 1e6)).verdict is verdict


def test_a_guard_is_held_to_its_own_resolution() -> None:
    """A response that is 1 % shorter is another response."""
    values = (100.0, 100.0, 100.0, 100.0, 100.0, 100.01)
    assert judged("response.bytes/work", list(values), scaled(0.99, values)).verdict is (
        Verdict.CHANGED
    )


def test_too_few_rounds_decide_nothing_however_clear() -> None:
    """Four against four cannot survive the correction of five questions."""
    random = np.random.default_rng(1)
    found = compare_rounds(rounds(4, random), rounds(4, random, {"bytes/work": 0.01}))
    row = row_of(found, "bytes/work")
    assert (row.verdict, row.more_rounds) == (Verdict.UNDECIDED, 2)
    assert row.why == "too few rounds: at least 6 of each"
    assert row.p_attainable == pytest.approx(2 / 70)


def test_equal_counts_are_the_same_with_any_number_of_rounds() -> None:
    """A counter that reads the same in every round needs no test."""
    row = judged("allocs/work", [80.0, 80.0], [80.0, 80.0])
    assert (row.verdict, row.p, row.why) == (Verdict.SAME, 1.0, "")


def test_counts_without_spread_are_tested_like_all_others() -> None:
    """Two sides, each the same in all its rounds: two rounds may be chance, six are not."""
    assert judged("allocs/work", [80.0] * 2, [79.0] * 2).verdict is Verdict.UNDECIDED
    assert judged("allocs/work", [80.0] * 6, [70.0] * 6).verdict is Verdict.BETTER
    assert judged("allocs/work", [80.0] * 6, [79.9] * 6).verdict is Verdict.SAME


@pytest.mark.parametrize(
    ("metric", "before", "after", "verdict"),
    [
        ("errors.share", [0.0] * 6, [0.0] * 6, Verdict.SAME),
        ("errors.share", [0.0] * 6, [0.001] * 6, Verdict.WORSE),
        ("errors.share", [0.001] * 6, [0.0] * 6, Verdict.BETTER),
        ("errors.share", [0.0] * 6, [0.0] * 5 + [0.001], Verdict.UNDECIDED),
        ("gc.cycles", [0.0] * 6, [0.0, 1.0, 0.0, 1.0, 1.0, 1.0], Verdict.SAME),
        ("gc.cycles", [0.0] * 6, [9.0, 8.0, 9.0, 9.0, 8.0, 9.0], Verdict.WORSE),
    ],
)
def test_from_zero_a_difference_counts_beyond_the_floor(
    metric: str, before: list[float], after: list[float], verdict: Verdict
) -> None:
    """No ratio has a meaning there; one collection more is within the floor."""
    row = judged(metric, before, after)
    assert row.verdict is verdict
    assert row.delta_low is None or before[0] > 0


def test_nothing_falls_by_more_than_all_there_was() -> None:
    """Where some rounds are at zero, the interval ends there."""
    row = judged("gc.cpu_share", [0.01, 0.02, 0.015, 0.03, 0.02, 0.01], [0.0, 0.001] * 3)
    assert row.delta_low is not None
    assert row.delta_low >= -1
    assert row.verdict is Verdict.BETTER


def test_an_undecided_row_says_how_many_more_rounds_would_help() -> None:
    """A noisy metric that moved a little."""
    noisy = [1.0, 1.3, 0.8, 1.1, 0.9, 1.2]
    row = judged("cpu/work", noisy, scaled(0.8, tuple(noisy)))
    assert row.verdict is Verdict.UNDECIDED
    assert row.more_rounds is not None
    assert (row.more_rounds, row.why) == (1, "≈ 1 more round of each side")


@pytest.mark.parametrize(
    ("metric", "before", "after", "limit"),
    [
        ("bytes/work", scaled(1.0), scaled(1.0195), "2.0 %"),
        ("gc.cycles", [0.0] * 6, [0.9, 1.1, 0.9, 1.2, 0.9, 0.9], "1"),
    ],
)
def test_a_difference_next_to_the_least_that_counts_is_told(
    metric: str, before: list[float], after: list[float], limit: str
) -> None:
    """It is there, and may be just below the minimum effect or just above."""
    row = judged(metric, before, after)
    assert row.verdict is Verdict.UNDECIDED
    assert row.why.startswith(f"differs by less than {limit}; ")


def test_a_median_that_contradicts_its_rounds_proves_nothing() -> None:
    """Most rounds fell, and the test says so, while the median rose."""
    before = [10.0] * 11 + [20.0] * 9
    after = [1.0] * 9 + [11.0] * 11
    row = judged("gc.cycles/1k", before, after)
    assert row.p is not None
    assert row.p < 0.05
    assert row.delta == pytest.approx(0.1)
    assert row.verdict is Verdict.UNDECIDED
    assert row.why == "the median moved one way and most rounds the other"


def test_hopeless_noise_is_called_so() -> None:
    """Nobody is sent to make thousands of rounds."""
    noisy = [1.0, 9.0, 0.1, 4.0, 0.5, 2.0]
    row = judged("latency.p99", noisy, scaled(1.001, tuple(noisy)))
    assert (row.more_rounds, row.why) == (None, "more than 200 more rounds: too noisy")


def test_a_stricter_alpha_widens_the_interval_that_says_the_same() -> None:
    """Who looks several times must not call it the same more easily, either."""
    wide, narrow = (judged("bytes/work", scaled(1.0), scaled(1.0), alpha=a) for a in (0.005, 0.05))
    assert wide.delta_confidence is not None
    assert wide.delta_confidence >= 0.995
    assert (wide.delta_low or 0) < (narrow.delta_low or 0)


def test_the_primary_metrics_are_corrected_together_and_no_others() -> None:
    """Five questions, two guards, and the rest at their own risk."""
    random = np.random.default_rng(2)
    found = compare_rounds(rounds(6, random), rounds(6, random, {"bytes/work": 0.5}))
    roles = {row.metric: row.role for row in found.rows}
    asked = set(PRIMARY) - {"work.rate"}  # of work that nobody paces
    assert {metric for metric, role in roles.items() if role is Role.PRIMARY} == asked
    assert {metric for metric, role in roles.items() if role is Role.GUARD} == {
        "response.bytes/work", "errors.share",
    }  # fmt: skip
    corrected = {row.metric for row in found.rows if row.p_adjusted is not None}
    assert corrected == asked
    row = row_of(found, "bytes/work")
    assert row.p is not None
    assert row.p_adjusted == pytest.approx(5 * row.p)


def test_invalid_values_are_left_out_of_their_metric_and_counted() -> None:
    """A late generator spoils latency and no bytes."""
    good = [report(metrics={"latency.p99": 3e6 * each, "bytes/work": 1e6}) for each in SIX]
    late = report(
        name="late.hw",
        metrics={"latency.p99": 90e6, "bytes/work": 1e6},
        invalid={"latency.p99": "the generator was late"},
    )
    found = compare_rounds([*good, late], good)
    row = row_of(found, "latency.p99")
    assert row.base is not None
    assert len(row.base.values) == 6
    assert row.why.endswith("1 of 7 left out before")
    assert "1 of 7 rounds before have figures that are left out, as late.hw: the generator" in (
        found.problems[-1].what
    )
    bytes_row = row_of(found, "bytes/work")
    assert bytes_row.base is not None
    assert len(bytes_row.base.values) == 7


def test_a_side_of_invalid_values_makes_the_row_invalid() -> None:
    """And keeps it out of the correction."""
    late = one_metric("latency.p99", *[3e6] * 6, invalid={"latency.p99": "late"})
    (row,) = compare_rounds(late, one_metric("latency.p99", *[3e6] * 6)).rows
    assert (row.verdict, row.why, row.p) == (Verdict.INVALID, "before: late", None)


def test_a_metric_of_one_side_is_not_judged() -> None:
    """What was not measured is not zero."""
    (row,) = compare_rounds(
        one_metric("rss.peak", *[3e6] * 6), one_metric("rss.peak", *[None] * 6)
    ).rows
    assert (row.verdict, row.why, row.after) == (Verdict.UNDECIDED, "not measured after", None)


def load(rate: int = 10, seconds: float = 10, path: str = "/a") -> dict[str, Any]:
    """The load of a round, as part of a report."""
    targets = (Target("POST", f"http://127.0.0.1:8080{path}"),)
    asked = msgspec.structs.replace(plan(rate, seconds), targets=targets)
    return {"load_result": summarise(steady(0, seconds, rate), asked)}


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"rate": 20, "seconds": 5}, "different rate: 10/s in a.hw, 20/s in b.hw"),
        ({"seconds": 20}, "different duration: 100 hits in a.hw, 200 hits in b.hw"),
        ({"path": "/b"}, "different targets: POST /a in a.hw, POST /b in b.hw"),
    ],
)
def test_sides_that_were_driven_differently_are_refused_with_the_difference(
    other: dict[str, Any], difference: str
) -> None:
    """Whoever made rounds made them to be compared."""
    base = [report(name="a.hw", **load())] * 2
    new = [report(name="b.hw", **load(**other))] * 2
    with pytest.raises(UsageError, match=r"a\.hw and b\.hw do not compare") as caught:
        compare_rounds(base, new)
    assert caught.value.why == difference


@pytest.mark.parametrize(
    "other",
    [load(rate=20), {"machine": "another"}, {"runtime_version": "go1.28"}, {"work_unit": "row"}],
)
def test_rounds_of_one_side_must_be_alike(other: dict[str, Any]) -> None:
    """Two programs are not one side."""
    mixed = [report(name="a.hw", **load()), report(name="b.hw", **(load() | other))]
    with pytest.raises(UsageError, match=r"a\.hw and b\.hw are not rounds of one side"):
        compare_rounds(mixed, [report(**load())] * 2)


def test_another_machine_leaves_the_counts_of_rounds() -> None:
    """Timings are not judged, and are no part of the correction."""
    random = np.random.default_rng(3)
    found = compare_rounds(rounds(6, random), rounds(6, random, machine="another"))
    assert row_of(found, "cpu/work").why == "the two sides are unlike: machine"
    corrected = {row.metric for row in found.rows if row.p_adjusted is not None}
    assert corrected == {"bytes/work", "allocs/work"}


def test_rounds_one_side_after_the_other_are_remarked() -> None:
    """What drifted meanwhile looks like the change."""
    random = np.random.default_rng(4)
    morning = rounds(6, random, created="2026-01-01T08:00:00+00:00")
    evening = rounds(6, random, created="2026-01-01T20:00:00+00:00")
    assert "made before those of the other" in compare_rounds(morning, evening).problems[0].what
    mixed = [*morning[:3], *evening[:3]], [*morning[3:], *evening[3:]]
    assert compare_rounds(*mixed).problems == ()


TABLE = OwnerTable(unit="req", rows=(owner(),), rest_bytes_share=0.0, dies_young=None)
"""Of a round that could be diagnosed."""


def with_findings(*codes: str) -> dict[str, Any]:
    """The findings of a round, which cost 1,010 bytes per request."""
    findings = tuple(finding(code) for code in codes)
    return {"findings": findings, "per_work": PerWork(Work("req", 10), 1010.0, 20.0, 0.0, 0.0)}


def test_a_finding_is_gone_where_most_rounds_lack_it_and_its_promise_stands_beside() -> None:
    """A finding at the edge of its threshold comes and goes; the majority counts."""
    base = one_metric("bytes/work", *scaled(1010), **with_findings("HW101", "HW201"))
    new = one_metric("bytes/work", *scaled(20)[:5], **with_findings("HW201"))
    new += one_metric("bytes/work", 20.0, **with_findings("HW101", "HW201"))
    found = compare_rounds(base, new)
    assert (found.gone, found.new) == (("HW101 main.evaluate",), ())
    assert row_of(found, "bytes/work").predicted == pytest.approx(-990 / 1010)


def test_two_findings_of_one_call_path_promise_its_bytes_once() -> None:
    """The pattern and the known bug behind it are one allocation; another path adds its own."""
    base = one_metric("bytes/work", *[1010.0] * 6, **with_findings("HW101", "HW201"))
    other = finding("HW301", gain_bytes_per_work=10.0)
    elsewhere = msgspec.structs.replace(other.evidence, rows=("main.other > runtime.makeslice",))
    both_paths = (*base[0].findings, msgspec.structs.replace(other, evidence=elsewhere))
    more = [msgspec.structs.replace(each, findings=both_paths) for each in base]
    new = one_metric("bytes/work", *[20.0] * 6, owners=TABLE)
    for side, promised in ((base, 990), (more, 1000)):
        found = row_of(compare_rounds(side, new), "bytes/work")
        assert found.predicted == pytest.approx(-promised / 1010)


def test_more_page_faults_on_one_side_are_remarked() -> None:
    """An allocator that gives memory back and takes it again costs time of its own."""
    sides = (
        one_metric("faults.minor/work", *scaled(20)),
        one_metric("faults.minor/work", *scaled(1)),
    )
    (problem,) = compare_rounds(*sides).problems
    assert problem.what.startswith("one side has 20 times the minor page faults")


@pytest.mark.parametrize(
    ("factors", "sentence"),
    [
        ({"bytes/work": 0.004}, "better: 99.6 % less B/req"),
        ({"bytes/work": 40.0}, "worse: B/req 40 times as high"),
        ({"bytes/work": 0.5, "allocs/work": 1.5}, "mixed; better: 50.0 % less B/req"),
    ],
)
def test_the_whole_in_one_sentence(factors: dict[str, float], sentence: str) -> None:
    """What moved first, then what could not be decided and what stayed."""
    quiet = dict.fromkeys(PRIMARY, 1e-5)
    random = np.random.default_rng(5)
    found = compare_rounds(
        rounds(6, random, spread=quiet), rounds(6, random, factors, spread=quiet)
    )
    assert found.sentence.startswith(sentence)
    assert found.sentence.endswith("response B/req, errors")


def test_no_change_at_all_says_how_much_could_have_been_seen() -> None:
    """The same is a claim, and has its size."""
    side = rounds(6, np.random.default_rng(6), spread=dict.fromkeys(PRIMARY, 1e-5))
    assert compare_rounds(side, side).sentence.startswith("no change of 2.0 % or more; same: B/req")


FIGURES = st.dictionaries(
    st.sampled_from(list(CATALOGUE)), st.none() | st.floats(0, 1e15), max_size=5
)
SIDE = st.lists(FIGURES, min_size=1, max_size=7)


@given(SIDE, SIDE)
@example([{"bytes/work": 5e-324}] * 6, [{"bytes/work": 1e15}] * 6)
def test_any_rounds_compare(before: list[dict[str, float]], after: list[dict[str, float]]) -> None:
    """Nothing in a comparison is NaN or infinite, so that JSON has all of it; p are chances."""
    bases, news = ([report(metrics=each) for each in side] for side in (before, after))
    found = compare_rounds(bases, news)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Comparison) == found
    for row in found.rows:
        figures = (row.delta, row.delta_low, row.delta_high, row.p, row.p_adjusted)
        assert all(each is None or math.isfinite(each) for each in figures)
        assert row.p is None or 0 < row.p <= 1


def alarms(found: Comparison) -> list[str]:
    """Primary metrics that are said to have changed."""
    moved = (Verdict.BETTER, Verdict.WORSE)
    return [r.metric for r in found.rows if r.role is Role.PRIMARY and r.verdict in moved]


def both(count: int, random: np.random.Generator, **after: Any) -> tuple[list[RunReport], ...]:
    """Two sides of rounds."""
    return rounds(count, random), rounds(count, random, **after)


@pytest.mark.parametrize("count", [5, 6, 10])
def test_rounds_of_one_binary_are_called_changed_in_at_most_one_of_twenty(count: int) -> None:
    """Over the whole family, with skewed noise of realistic width."""
    random = np.random.default_rng(count)
    false = sum(bool(alarms(compare_rounds(*both(count, random)))) for _ in range(COMPARISONS))
    assert false / COMPARISONS <= 0.05


@pytest.mark.parametrize(("spread", "power"), [(0.003, 0.99), (0.005, 0.98), (0.008, 0.95)])
def test_three_per_cent_more_bytes_are_seen_at_six_rounds(spread: float, power: float) -> None:
    """With the spread that exact counters have, and the other four metrics only noise."""
    random = np.random.default_rng(8)
    width = {"bytes/work": spread}
    seen = 0
    for _ in range(COMPARISONS):
        base = rounds(6, random, spread=width)
        new = rounds(6, random, {"bytes/work": 1.03}, spread=width)
        seen += "bytes/work" in alarms(compare_rounds(base, new))
    assert seen / COMPARISONS >= power - 0.02


def test_the_same_is_seldom_said_of_what_changed_by_more() -> None:
    """A change of exactly the minimum effect is taken for none in less than one case of twenty."""
    random = np.random.default_rng(9)
    wrong = sum(
        row_of(compare_rounds(*both(6, random, factors={"bytes/work": 1.02})), "bytes/work").verdict
        is Verdict.SAME
        for _ in range(COMPARISONS)
    )
    assert wrong / COMPARISONS <= 0.05
