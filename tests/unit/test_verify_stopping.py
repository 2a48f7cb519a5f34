"""Looking before the end is planned, paid for, and stops when everything is decided."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.errors import UsageError
from heapwise.model.comparison import Comparison, Verdict
from heapwise.model.report import RunReport
from heapwise.model.verify import Settings
from heapwise.verify.stopping import (
    FIRST_LOOK,
    MOST_LOOKS,
    alpha_at,
    alpha_of,
    decided,
    look_rounds,
    rounds_within,
    undecided,
)
from support import runs

MINUTE = 60_000_000_000
TYPICAL = {"bytes/work": 5e4}
"""A family of one, on which Holm's correction spends nothing that would hide a leak of alpha."""

ALPHA = 0.2
"""Of the simulations: so many false alarms that a few hundred runs tell 0.2 from more."""

MOVED = (Verdict.BETTER, Verdict.WORSE)


@given(rounds=st.integers(FIRST_LOOK, 200), alpha=st.sampled_from([0.01, 0.05, 0.1]))
def test_all_looks_together_spend_alpha(rounds: int, alpha: float) -> None:
    """However many rounds there may be, the parts of the looks add up to alpha and no more."""
    looks = look_rounds(rounds, alpha)
    assert sum(alpha_at(look, looks, alpha) for look in looks) == pytest.approx(alpha)


@given(rounds=st.integers(FIRST_LOOK, 200))
def test_looks_fall_behind_whole_blocks(rounds: int) -> None:
    """Looks are few, rising, after even rounds, none before the fourth, the last one at the end."""
    looks = look_rounds(rounds, 0.05)
    assert all(look % 2 == 0 and look >= FIRST_LOOK for look in looks)
    assert all(first < second for first, second in pairwise(looks))
    assert len(looks) <= MOST_LOOKS
    assert looks[-1] == rounds - rounds % 2


def test_a_look_that_could_decide_nothing_is_left_out() -> None:
    """Of twenty rounds the first eight are the first that a corrected p can decide by."""
    assert look_rounds(20, 0.05) == (8, 12, 16, 20)


def test_whoever_judges_the_rounds_again_spends_no_more_than_the_last_look() -> None:
    """A gate on rounds that were looked at before has less than all of alpha."""
    looks = look_rounds(20, 0.05)
    sequential = Settings(until_decided=True, looks=looks)
    assert alpha_of(sequential, 12) == alpha_at(12, looks, 0.05) < 0.05
    assert alpha_of(Settings(alpha=0.01), 6) == 0.01


def test_an_end_between_two_looks_spends_the_part_of_the_next() -> None:
    """Where time runs out after ten of twenty rounds, the look at twelve is taken early."""
    looks = look_rounds(20, 0.05)
    assert alpha_at(10, looks, 0.05) == alpha_at(12, looks, 0.05)


def test_rounds_are_counted_from_the_budget() -> None:
    """Ten minutes hold fourteen rounds of forty seconds; an odd one is left out."""
    assert rounds_within(10 * MINUTE, 40 * MINUTE // 60) == 14


def test_a_budget_without_room_for_the_first_look_is_refused() -> None:
    """The error says how much is needed."""
    with pytest.raises(UsageError, match="has room for 2 rounds") as refused:
        rounds_within(2 * MINUTE, 45 * MINUTE // 60)
    assert "-budget 3m" in refused.value.hint


def test_three_rounds_are_too_few_to_look_at() -> None:
    """However large the budget is."""
    with pytest.raises(UsageError, match="3 rounds are not enough"):
        rounds_within(100 * MINUTE, MINUTE, most=3)


def test_a_metric_that_nobody_measured_holds_nothing_up() -> None:
    """A service without a GC CPU share can still be decided."""
    reports = [runs.report(metrics={"bytes/work": 5e4 + step}) for step in range(6)]
    comparison = compare_rounds(reports, reports, CompareOptions(paths=False))
    assert "gc.cpu_share" not in undecided(comparison)
    assert decided(comparison)


def test_where_nothing_was_asked_nothing_is_decided() -> None:
    """A comparison without primary rows is not taken for a decision."""
    assert not decided(Comparison(before="a", after="b", work_unit="req", rows=()))


def test_peeking_raises_no_false_alarms(*, full: bool) -> None:
    """Sides that are the same look different in at most alpha of the runs, all looks included.

    With alpha spent anew at every look it would be 41 % of them, not 12 %.
    """
    draws = random.Random(20261121)  # noqa: S311 - a simulation
    trials = 3000 if full else 400
    alarms = sum(_stops_with_an_alarm(draws, effect=0.0) for _ in range(trials))
    assert 0 < alarms / trials <= ALPHA


def test_peeking_sees_a_large_effect_early() -> None:
    """Half of the bytes are seen to be gone at the first look, long before the end."""
    draws = random.Random(7)  # noqa: S311 - a simulation
    assert all(_run(draws, effect=-0.5)[1] == look_rounds(20, ALPHA)[0] for _ in range(20))


def _stops_with_an_alarm(draws: random.Random, effect: float) -> bool:
    verdicts, _ = _run(draws, effect)
    return any(verdict in MOVED for verdict in verdicts)


def _run(draws: random.Random, effect: float) -> tuple[list[Verdict], int]:
    """One verification of at most twenty rounds with noise of 3 %: its verdicts, and its length."""
    looks = look_rounds(20, ALPHA)
    base: list[RunReport] = []
    new: list[RunReport] = []
    for look in looks:
        while len(base) < look:
            base.append(_report(draws, 1.0))
            new.append(_report(draws, 1.0 + effect))
        # No minimum effect: a difference of any size that is said to be there is an alarm.
        alpha = alpha_at(look, looks, ALPHA)
        options = CompareOptions(alpha=alpha, min_effect=0.0, paths=False)
        rows = {row.metric: row for row in compare_rounds(base, new, options).rows}
        verdicts = [rows[ident].verdict for ident in TYPICAL]
        if all(verdict in MOVED for verdict in verdicts):
            break
    return verdicts, len(base)


def _report(draws: random.Random, factor: float) -> RunReport:
    metrics = {ident: value * factor * draws.gauss(1.0, 0.03) for ident, value in TYPICAL.items()}
    return runs.report(metrics=metrics)
