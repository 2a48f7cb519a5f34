"""Schedules against real sockets: rates that change, by plan or by hand, and the closed loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from heapwise.errors import HeapwiseError
from heapwise.load.choose import ENGINES
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.metrics import summarise
from heapwise.load.schedule import offsets
from heapwise.model.load import HitFlag, Hits, Outcome, Plan, Schedule, Target
from heapwise.model.profile import Int64s
from heapwise.model.schedules import Poisson, Ramp, Replay, Saturate, Sine, Step, Steps
from heapwise.units import NS_PER_S
from support.driving import plan_for
from support.targets_server import TargetServer, target_server

HALF = NS_PER_S // 2


@pytest.fixture(scope="module")
def server() -> Iterator[TargetServer]:
    """One that answers at once."""
    with target_server() as running:
        yield running


MakePlan = Callable[..., Plan]


@pytest.fixture(params=ENGINES)
def plan_with(request: pytest.FixtureRequest, server: TargetServer) -> MakePlan:
    """Makes a plan that sends to the server, for each engine in turn."""

    def make(schedule: Schedule, **settings: int) -> Plan:
        plan = plan_for(Target("GET", server.url), **settings)
        return msgspec.structs.replace(plan, schedule=schedule, engine=request.param)

    return make


def drive(
    plan: Plan, *, change: tuple[int, Fraction] | None = None, stop_after: float = math.inf
) -> tuple[Hits, PhaseReport]:
    """Send a plan from a process of its own.

    Args:
        plan: what to send.
        change: a rate, and after how many hits have ended to set it.
        stop_after: how many hits have ended when it is stopped.

    Returns:
        the hits in the order they were due, and the engine's account.
    """
    batches: list[Int64s] = [Hits.empty().rows()]
    wanted = [change] if change else []

    def new_rate() -> Fraction | None:
        return wanted.pop()[1] if wanted and ended() >= wanted[0][0] else None

    def ended() -> int:
        return sum(map(len, batches))

    phase = Phase(schedule=plan.schedule, targets=(0,))
    with LoadDriver(plan, zero_ns=0) as driver:
        report = driver.run(
            phase,
            lambda hits: batches.append(hits.rows()),
            lambda: ended() >= stop_after,
            new_rate,
        )
    rows = np.concatenate(batches)
    return Hits.from_rows(rows[np.argsort(rows[:, 0], kind="stable")]), report


@pytest.mark.parametrize(
    "schedule",
    [
        Ramp.of(Fraction(0), Fraction(400), HALF, HALF),
        Steps((Step(100, 1, HALF // 2), Step(0, 1, HALF // 4), Step(300, 1, 1)), HALF),
        Sine.of(Fraction(200), Fraction(200), HALF, HALF),
        Poisson.of(Fraction(200), HALF, 1),
        Replay.of(np.array([0, 1, 1, HALF // 2], np.int64), HALF),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_every_hit_is_sent_when_its_schedule_says(plan_with: MakePlan, schedule: Schedule) -> None:
    """Intended times are those of the pure function, and nothing is sent ahead of its time."""
    hits, report = drive(plan_with(schedule))
    assert hits.intended.tolist() == (report.zero_ns + offsets(schedule)).tolist()
    assert (hits.sent >= hits.intended).all()
    assert set(hits.outcome.tolist()) == {Outcome.OK}
    assert report.changes == ()


def test_a_rate_set_by_hand_holds_from_then_on(plan_with: MakePlan) -> None:
    """Some time into 100/s it becomes 1000/s: the report says when, and the hits show it."""
    plan = plan_with(Steps((Step(100, 1, NS_PER_S),), NS_PER_S))
    hits, report = drive(plan, change=(10, Fraction(1000)))
    (change,) = report.changes
    assert change.rate == 1000
    due = hits.intended - report.zero_ns
    gaps = np.diff(due)
    early = due[1:] <= change.from_ns
    assert set(gaps[early].tolist()) == {10_000_000}
    assert set(gaps[~early][1:].tolist()) == {1_000_000}
    assert 0 < change.from_ns < 900_000_000
    assert len(hits) == pytest.approx(
        np.count_nonzero(early) + (NS_PER_S - change.from_ns) / 1e6, abs=3
    )
    result = summarise(hits, plan, report.changes)
    assert result.changes == report.changes
    assert result.total.asked_rate == pytest.approx(len(hits), rel=0.02)


def test_a_change_in_a_backlog_keeps_the_times_of_those_who_wait(
    server: TargetServer, plan_with: MakePlan
) -> None:
    """Hits that wait for a connection while the rate is lowered were due when they were due."""
    plan = plan_with(Steps((Step(200, 1, 1),), 8 * NS_PER_S // 5), connections=1)
    server.stall()
    hits, report = drive(plan, change=(1, Fraction(20)))
    (change,) = report.changes
    due = hits.intended - report.zero_ns
    old = due[due <= change.from_ns]
    assert len(old) > 20
    assert set(np.diff(old).tolist()) == {5_000_000}
    assert (hits.flags[: len(old)] & HitFlag.WAITED).sum() > len(old) / 2
    assert set(np.diff(due[len(old) + 1 :]).tolist()) == {50_000_000}


def test_a_closed_loop_keeps_every_connection_busy(
    server: TargetServer, plan_with: MakePlan
) -> None:
    """A hit is due when a connection is free: nobody waits, and no connection has a gap."""
    before = server.stats().connections
    plan = plan_with(Saturate(HALF), connections=4)
    hits, report = drive(plan)
    assert report.connections_opened == server.stats().connections - before - 1 == 4
    assert set(hits.outcome.tolist()) == {Outcome.OK}
    assert len(hits) > 200
    assert (hits.intended == hits.ready).all()
    assert not (hits.flags & HitFlag.WAITED).any()
    idle = hits.intended[4:] - np.sort(hits.done)[:-4]
    assert idle.min() >= 0
    assert np.median(idle) < 100_000
    assert (np.abs(hits.intended[:4] - report.zero_ns) < 20_000_000).all()
    assert hits.intended.max() - report.zero_ns < HALF
    assert report.queue_max == 0
    total = summarise(hits, plan).total
    assert (total.asked_rate, total.waited, total.sent) == (0, 0, len(hits))


def test_a_closed_loop_stops_without_leaving_hits(plan_with: MakePlan) -> None:
    """Nothing was due that could not be sent."""
    plan = plan_with(Saturate(600 * NS_PER_S), connections=2)
    hits, report = drive(plan, stop_after=10)
    assert report.stopped
    assert set(hits.outcome.tolist()) == {Outcome.OK}


def test_a_closed_loop_without_connections_is_refused(plan_with: MakePlan) -> None:
    """It would dial for as long as the machine lets it."""
    with pytest.raises(HeapwiseError, match="no number of connections"):
        drive(plan_with(Saturate(HALF)))
