"""A spoiled run is made again while that helps, and counts only where there is none better."""

from __future__ import annotations

import pytest

from heapwise.model.memory import HostSample
from heapwise.model.recording import Problem, Scope
from heapwise.model.verify import Attempt
from heapwise.verify.round_validity import (
    best,
    counted,
    examined,
    judge,
    repetitions,
    stolen_share,
    worth_repeating,
)
from support import runs

LATE = Problem(scope=Scope.LATENCY, what="the generator was late")


def attempt(
    round_number: int = 1, side: str = "base", number: int = 1, scope: Scope = Scope.NONE,
    **others: bool,
) -> Attempt:  # fmt: skip
    """A run; spoiled where its scope is any."""
    spoiled = () if scope is Scope.NONE else (f"{scope} is spoiled",)
    name = f"round-{round_number:02}-{side}.{number}.hw"
    return Attempt(
        round=round_number, side=side, number=number, recording=name,
        created="2026-11-21T08:00:00+00:00", seconds=2.0, scope=scope, spoiled=spoiled, **others,
    )  # fmt: skip


def test_a_run_without_problems_is_good() -> None:
    """Remarks spoil nothing."""
    remark = Problem(scope=Scope.NONE, what="GC CPU share unknown")
    assert judge(runs.report(problems=(remark,))) == (Scope.NONE, ())


def test_the_widest_problem_says_what_is_spoiled() -> None:
    """A service that died takes away more than a generator that was late."""
    died = Problem(scope=Scope.ALL, what="the service exited with code 3")
    scope, reasons = judge(runs.report(problems=(LATE, died, LATE)))
    assert scope is Scope.ALL
    assert reasons == ("the generator was late", "the service exited with code 3")


@pytest.mark.parametrize(("second_half", "spoiled"), [(12_000, False), (50_000, True)])
def test_page_faults_that_changed_midway_spoil_the_timings(
    second_half: int, *, spoiled: bool
) -> None:
    """Four times the faults in one half is a change of the allocator's mind, not of the code."""
    faults = [0, 5_000, 10_000, 10_000 + second_half // 2, 10_000 + second_half]
    samples = [
        runs.process(at, cpu_s=at / 10, minor_faults=count)
        for at, count in zip((1, 3.4, 6, 8.6, 11), faults, strict=True)
    ]
    samples.insert(1, runs.process(2, cpu_s=0.2, minor_faults=2_080))
    load = runs.window(
        runs.fence(1, total_alloc=0, mallocs=0), runs.fence(11, total_alloc=5_000, mallocs=50)
    )
    recording = runs.recording(load, process=tuple(samples), hits=runs.steady(1, 10, 10))
    report = examined(recording, "run.hw")
    invalid = {value.metric for value in report.metrics if value.invalid}
    assert (judge(report).scope is Scope.LATENCY) is spoiled
    assert ("cpu/work" in invalid) is spoiled
    assert ("latency.p99" in invalid) is spoiled
    assert "bytes/work" not in invalid


@pytest.mark.parametrize(("stolen_s", "spoiled"), [(0.2, False), (1.0, True)])
def test_a_neighbour_on_the_processor_spoils_the_timings(stolen_s: float, *, spoiled: bool) -> None:
    """One of twenty CPU seconds that the hypervisor gave away is too much; one percent is not.

    What was stolen before the load began is not counted.
    """
    host = tuple(
        HostSample(
            at_ns=at * runs.S, busy_ns=at * runs.S, idle_ns=at * runs.S,
            steal_ns=9 * runs.S + round(max(0, at - 1) / 10 * stolen_s * runs.S),
        )
        for at in range(1, 12)
    )  # fmt: skip
    early = HostSample(at_ns=0, busy_ns=0, idle_ns=0, steal_ns=0)
    load = runs.window(
        runs.fence(1, total_alloc=0, mallocs=0), runs.fence(11, total_alloc=5_000, mallocs=50)
    )
    recording = runs.recording(load, host=(early, *host), hits=runs.steady(1, 10, 10))
    assert stolen_share(recording.host, (load,)) == pytest.approx(stolen_s / (20 + stolen_s))
    scope, reasons = judge(examined(recording, "run.hw"))
    assert (scope is Scope.LATENCY) is spoiled
    assert ("hypervisor" in "".join(reasons)) is spoiled


def test_the_least_spoiled_run_counts() -> None:
    """A good one wins over an earlier spoiled one; of equals the first."""
    dead, late = attempt(number=1, scope=Scope.ALL), attempt(number=2, scope=Scope.LATENCY)
    assert best([dead, late, attempt(number=3, scope=Scope.LATENCY)]) is late
    good = attempt(number=4)
    assert best([dead, late, good, attempt(number=5)]) is good


def test_an_interrupted_run_counts_nowhere() -> None:
    """It is neither compared nor taken for a repetition."""
    stopped = attempt(interrupted=True)
    assert best([stopped]) is None
    assert counted([stopped, attempt(number=2)]) == (attempt(number=2),)
    assert repetitions([stopped, attempt(number=2)]) == ()


def test_runs_are_made_again_up_to_the_limit() -> None:
    """The last run is made again if it is spoiled and repetitions are left."""
    dead = attempt(scope=Scope.ALL)
    assert worth_repeating([dead], 1)
    assert not worth_repeating([attempt()], 1)
    assert not worth_repeating([dead, attempt(number=2, scope=Scope.ALL)], 1)
    assert not worth_repeating([dead], 0)


def test_a_machine_that_stays_noisy_is_not_fought_for_ever() -> None:
    """After four late runs in a row none is made again; allocations count anyway."""
    late = [attempt(number=number, scope=Scope.LATENCY) for number in (1, 2, 3, 4)]
    assert worth_repeating(late[:3], 10)
    assert not worth_repeating(late, 10)
    dead = attempt(2, scope=Scope.ALL)
    assert worth_repeating([*late, dead], 10), "nothing of it counts"


def test_a_good_run_gives_hope() -> None:
    """One among the last four, whatever came before, and late ones are made again."""
    late, good = Scope.LATENCY, Scope.NONE
    scopes = ((1, late), (1, late), (1, late), (1, late), (2, good), (3, late))
    attempts = [attempt(at, number=index, scope=scope) for index, (at, scope) in enumerate(scopes)]
    assert worth_repeating(attempts, 10)
