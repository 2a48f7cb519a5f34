"""Several generators follow one schedule: every hit is somebody's, and nobody's twice."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.load.engine import Phase
from heapwise.load.engines import engine_of
from heapwise.load.pace import Pace
from heapwise.load.schedule import offsets
from heapwise.load.share import Share
from heapwise.model.load import Hits, Outcome, Target
from heapwise.model.profile import Int64s
from heapwise.model.schedules import ConstantRate, Poisson, Ramp, Replay, Schedule, Sine
from heapwise.units import NS_PER_S
from support.driving import plan_with
from support.targets_server import target_server

LENGTH = 4 * NS_PER_S
SCHEDULES: tuple[Schedule, ...] = (
    ConstantRate(1000, 7, LENGTH),
    ConstantRate(1, 1, LENGTH),
    Ramp.of(Fraction(1), Fraction(400), 3 * NS_PER_S, LENGTH),
    Sine.of(Fraction(200), Fraction(200), NS_PER_S, LENGTH),
    Poisson.of(Fraction(256), LENGTH, 5),  # 1024 hits: as many as are drawn at once
    Replay.of(np.repeat(np.arange(500, dtype=np.int64), 3) * 1_000_000, LENGTH),
)


@given(st.sampled_from(SCHEDULES), st.integers(1, 9))
def test_the_shares_of_a_schedule_make_the_whole(schedule: Schedule, every: int) -> None:
    """Hit i is share ``i modulo n``'s, also where a share has no hit at all."""
    whole = offsets(schedule)
    for first in range(every):
        pace = Pace(schedule, Share(first, every))
        assert pace.offsets(0, pace.count).tolist() == whole[first::every].tolist()
        for elapsed in (-1, 0, LENGTH // 3, LENGTH):
            due = int(np.searchsorted(whole[first::every], elapsed, side="right"))
            assert pace.due_by(elapsed) == due


@given(st.integers(1, 7), st.integers(1, 7))
def test_the_targets_take_turns_over_all_shares(targets: int, every: int) -> None:
    """Hit i goes to target ``i modulo their number``, whoever sends it."""
    names = tuple(range(10, 10 + targets))
    for first in range(every):
        turns = Share(first, every).turns(names)
        for own in range(20):
            assert turns[own % len(turns)] == names[(first + own * every) % targets]


@pytest.mark.parametrize("engine", ["curl", "native"])
def test_an_engine_sends_its_share_from_the_moment_it_was_told(engine: str) -> None:
    """Every third hit, the second first, at the times and to the targets that the schedule says."""
    batches: list[Int64s] = []
    share = Share(1, 3)
    with target_server() as server:
        targets = [Target("GET", f"{server.url}/{name}") for name in "ab"]
        plan = plan_with(engine, *targets, rate=100, seconds=0.2)
        start = time.monotonic_ns() + 300_000_000
        phase = Phase(
            schedule=plan.schedule, targets=share.turns((0, 1)), share=share, start_ns=start
        )
        sender = engine_of(plan)
        report = sender.run(phase, batches.append, lambda: None)
        sender.close()
    hits = Hits.from_rows(np.concatenate(batches))
    order = np.argsort(hits.intended)
    indices = np.arange(20)[1::3]
    assert report.zero_ns == start
    assert (hits.intended[order] - start).tolist() == offsets(plan.schedule)[indices].tolist()
    assert hits.target[order].tolist() == (indices % 2).tolist()
    assert set(hits.outcome.tolist()) == {Outcome.OK}
    assert (hits.sent >= hits.intended).all()
