"""What only ``heapwise load`` makes of its options."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli.attack import tell_where
from heapwise.cli.output import note
from heapwise.cli.planning import ending_with
from heapwise.load.metrics import MOST_REPORTS, summarise
from heapwise.load.schedule import total
from heapwise.model.load import ConstantRate, Hits, Plan, Schedule, Target
from heapwise.model.schedules import Poisson, Ramp, Sine, Step, Steps

S = 1_000_000_000


@pytest.mark.parametrize(
    "schedule",
    [
        ConstantRate.of(Fraction(997, 3), 7 * S),
        Poisson.of(Fraction(50), 20 * S, 1),
        Ramp.of(Fraction(0), Fraction(300), 5 * S, 10 * S),
        Steps(steps=(Step(100, 1, S), Step(0, 1, S), Step(7, 3, S)), duration_ns=12 * S),
        Sine.of(Fraction(100), Fraction(100), 3 * S, 10 * S),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
@given(st.floats(0, 1))
def test_a_schedule_ends_with_so_many_hits(schedule: Schedule, share: float) -> None:
    """Whatever its shape, exactly that many are left, and never more than there were."""
    count = max(1, round(share * total(schedule)))
    assert total(ending_with(schedule, count)) == count
    assert ending_with(schedule, total(schedule) + 5) == schedule


def test_where_it_goes_is_said_and_that_no_proxy_is_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment is named only where vegeta would have used it."""
    plan = Plan(targets=(), schedule=ConstantRate(1, 1, S), addresses={"a:80": "127.0.0.1"})
    monkeypatch.setenv("HTTP_PROXY", "http://proxy/")
    tell_where(plan, note)
    assert "a:80 is 127.0.0.1" in (said := capsys.readouterr().err)
    assert "HTTP_PROXY" not in said
    tell_where(msgspec.structs.replace(plan, addresses={"b:80": "10.0.0.1"}), note)
    assert "HTTP_PROXY is not used: load goes straight" in capsys.readouterr().err


def test_many_targets_have_one_report() -> None:
    """Beyond a thousand nobody reads a table, and making it would take longer than the load."""
    targets = tuple(Target("GET", f"http://a/{number}") for number in range(MOST_REPORTS + 1))
    rows = np.zeros((len(targets), len(Hits.columns())), np.int64)
    rows[:, Hits.columns().index("target")] = np.arange(len(targets))
    rows[:, Hits.columns().index("status")] = 200
    plan = Plan(targets=targets, schedule=ConstantRate(len(targets), 1, S))
    result = summarise(Hits.from_rows(rows), plan)
    assert (result.total.succeeded, result.per_target) == (len(targets), ())
    few = msgspec.structs.replace(plan, targets=targets[:2])
    assert len(summarise(Hits.from_rows(rows[:2]), few).per_target) == 2
