"""What a load was asked for, where the rate changed on its way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from heapwise.analysis.unlike import differences
from heapwise.load.metrics import summarise
from heapwise.load.schedule import offsets
from heapwise.model.load import Hits, Plan, Schedule, Target
from heapwise.model.schedules import ConstantRate, Ramp, RateChange, Saturate
from heapwise.report.load_text import render_load
from heapwise.units import NS_PER_S
from support.runs import report

RAMP = Ramp.of(Fraction(0), Fraction(200), 10 * NS_PER_S, 10 * NS_PER_S)


def plan(schedule: Schedule) -> Plan:
    """A plan with one target."""
    return Plan(targets=(Target("GET", "http://a/"),), schedule=schedule)


def hits(schedule: Schedule, count: int) -> Hits:
    """The first hits of a schedule, all answered in a millisecond."""
    found = Hits.from_rows(np.zeros((count, len(Hits.columns())), np.int64))
    found.intended[:] = found.ready[:] = found.sent[:] = offsets(schedule, 0, count)
    found.done[:] = found.sent + 1_000_000
    found.status[:] = 200
    return found


def test_a_ramp_asks_for_its_mean() -> None:
    """From 0/s to 200/s that is 100/s."""
    total = summarise(hits(RAMP, 1000), plan(RAMP)).total
    assert total.asked_rate == 100
    assert total.achieved_rate == pytest.approx(100, rel=0.01)


def test_a_ramp_cut_short_asked_for_what_it_came_to() -> None:
    """Of its first half, where it had reached 100/s, the mean is 50/s."""
    total = summarise(hits(RAMP, 250), plan(RAMP)).total
    assert total.asked_rate == pytest.approx(50, rel=0.02)


def test_a_constant_rate_cut_short_asked_for_its_rate() -> None:
    """However few hits were sent."""
    schedule = ConstantRate(100, 1, 10 * NS_PER_S)
    assert summarise(hits(schedule, 3), plan(schedule)).total.asked_rate == 100


def test_a_changed_rate_is_asked_for_and_told() -> None:
    """The mean is that of the hits, and the report says which rate was set when."""
    schedule = ConstantRate(100, 1, 10 * NS_PER_S)
    sent = hits(ConstantRate(200, 1, 10 * NS_PER_S), 2000)
    changes = tuple(RateChange(second * NS_PER_S, 200.0 + second) for second in range(7))
    result = summarise(sent, plan(schedule), changes)
    assert result.total.asked_rate == pytest.approx(200, rel=0.01)
    text = render_load(result)
    assert "changed to 2 others · 202/s from 2.00 s on · 203/s from" in text
    assert "206/s from 6.00 s on\n" in text
    assert "changed to" not in render_load(summarise(sent, plan(schedule)))


def test_a_closed_loop_asks_for_nothing() -> None:
    """There is no rate to fall short of, and the report prints none."""
    result = summarise(hits(Saturate(NS_PER_S), 10), plan(Saturate(NS_PER_S)))
    assert result.total.asked_rate == 0
    assert "rate       none asked · " in render_load(result)


def test_two_closed_loops_differ_in_nothing_they_asked_for() -> None:
    """How many hits one makes is its result, not its duration."""
    loop = Saturate(NS_PER_S)
    slow, fast = (summarise(hits(loop, count), plan(loop)) for count in (10, 20))
    assert differences(report(load_result=slow), report(load_result=fast)) == ()
