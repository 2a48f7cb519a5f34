"""What spoils a run, and how much of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heapwise.analysis.gcstats import gc_summary
from heapwise.analysis.validity import find_problems
from heapwise.analysis.windows import settled
from heapwise.load.metrics import summarise
from heapwise.model.load import Outcome
from heapwise.model.recording import Event, Problem, Recording, Scope, State
from support.runs import fence, hits, plan, process, recording, sample, steady, window

BEFORE = fence(1, "before.pb.gz", num_gc=0)
AFTER = fence(11, "after.pb.gz", num_gc=2)
PROFILES = {"before.pb.gz": object(), "after.pb.gz": object()}


def run(*windows: Any, **others: Any) -> Recording:
    """A healthy run of ten seconds, apart from what is given."""
    settings: dict[str, Any] = {"profiles": PROFILES, "hits": steady(1, 10, 10)}
    return recording(*(windows or (window(BEFORE, AFTER),)), **(settings | others))


def problems(of: Recording, *, gc: bool = False) -> tuple[Problem, ...]:
    """All problems of a run."""
    windows = settled(of)
    load = summarise(of.hits, plan())
    return find_problems(of, windows, load, gc_summary(of, *windows) if gc else None)


def only(of: Recording, *, gc: bool = False) -> Problem:
    """Its only problem."""
    found = problems(of, gc=gc)
    assert len(found) == 1, found
    return found[0]


def test_a_healthy_run_has_no_problem() -> None:
    """Silence is the normal case."""
    assert problems(run()) == ()


def test_what_was_noted_while_recording_comes_first() -> None:
    """The analysis adds; it drops nothing."""
    noted = Problem(scope=Scope.GC, what="noted")
    assert problems(run(problems=(noted,))) == (noted,)


def test_an_interrupted_run_says_so_and_spoils_nothing() -> None:
    """Killed or stopped by the user: what is there is good."""
    found = only(run(state=State.INTERRUPTED))
    assert found.scope is Scope.NONE
    assert found.what.startswith("the run was interrupted after its last window")


def test_a_run_without_a_second_fence_says_where_its_figures_end() -> None:
    """Killed four seconds into the load: exact until the last reading, no owners."""
    memory = (sample(3, num_gc=1), sample(5, num_gc=1))
    found = problems(run(window(BEFORE, None), state=State.INTERRUPTED, memory=memory))
    assert {problem.scope for problem in found} == {Scope.NONE}
    assert "interrupted after 4.00 s of 10.0 s" in found[0].what
    assert "its exact figures end at the last reading, 4.00 s into the load" in found[1].what


def test_a_run_that_was_read_once_knows_nothing_of_allocation() -> None:
    """Killed in the warm-up or right after the first fence."""
    assert "nothing is known about allocation" in problems(run(window(BEFORE, None)))[0].what


def test_a_restart_spoils_everything() -> None:
    """Counters at 3 s were below those at 2 s."""
    memory = (sample(2, mallocs=50), sample(3, mallocs=5))
    found = [problem for problem in problems(run(memory=memory)) if problem.scope is Scope.ALL]
    assert len(found) == 1
    assert "restarted at most 2.0 s into window 'load'" in found[0].what


def test_a_restart_that_was_seen_while_recording_is_not_told_twice() -> None:
    """The recorder has noted it as a problem."""
    noted = Problem(scope=Scope.ALL, what="the service was restarted")
    memory = (sample(2, mallocs=50), sample(3, mallocs=5))
    seen = run(memory=memory, problems=(noted,), events=(Event(3, "service-restarted"),))
    assert [each for each in problems(seen) if each.scope is Scope.ALL] == [noted]


def test_contradictory_counters_spoil_what_is_counted_and_not_latency() -> None:
    """Clocks of our own do not depend on what the service claims."""
    found = problems(run(events=(Event(3, "contradiction", {"text": "frees above mallocs"}),)))
    assert [problem.scope for problem in found] == [Scope.ALLOCATION, Scope.GC]
    assert all("frees above mallocs" in problem.what for problem in found)


def test_a_missing_profile_is_named() -> None:
    """Totals stay exact; only who allocated is unknown."""
    found = only(run(profiles={"before.pb.gz": object()}))
    assert found.scope is Scope.NONE
    assert found.what == "no heap profile after window 'load': who allocated is unknown"


def test_collections_that_were_not_seen_to_be_forced_are_told() -> None:
    """Without them a profile lags the heap by up to two cycles."""
    lax = msgspec.structs.replace(AFTER, forced=False)
    found = only(run(window(BEFORE, lax)))
    assert found.scope is Scope.NONE
    assert "may lack the last cycles" in found.what


def test_one_failed_hit_in_a_thousand_is_no_problem() -> None:
    """It stands in the error counts."""
    outcome = [Outcome.RESET, *([Outcome.OK] * 999)]
    assert problems(run(hits=hits(*((n / 100, 1) for n in range(1000)), outcome=outcome))) == ()


def test_many_hits_without_a_response_spoil_everything() -> None:
    """Neither their cost nor their latency is known."""
    outcome = [Outcome.TIMEOUT, Outcome.RESET, *([Outcome.OK] * 98)]
    status = [0, 0, *([200] * 98)]
    made = hits(*((n / 10, 1) for n in range(100)), outcome=outcome, status=status)
    found = only(run(hits=made))
    assert found.scope is Scope.ALL
    assert found.what.startswith("2.0 % of the hits got no complete response (reset 1, timeout 1)")


@pytest.mark.parametrize(("errors", "scope"), [(40, Scope.NONE), (60, Scope.ALL)])
def test_a_run_of_mostly_errors_measures_the_error_path(errors: int, scope: Scope) -> None:
    """Up to half of error responses is told; more makes the figures about errors."""
    status = [404] * errors + [200] * (100 - errors)
    found = only(run(hits=hits(*((n / 10, 1) for n in range(100)), status=status)))
    assert found.scope is scope
    assert f"(404 {errors})" in found.what


def test_redirects_are_successes() -> None:
    """As in the load's own count: 200 to 399."""
    assert problems(run(hits=hits((1, 1), (2, 1), status=[301, 200]))) == ()


def test_lost_pauses_and_an_unknown_cpu_share_are_told() -> None:
    """One of two pauses was read; without gctrace there is no share of the run."""
    after = fence(11, "after.pb.gz", num_gc=2, gc_cpu_ppb=82_000_000)
    found = problems(run(window(BEFORE, after)), gc=True)
    assert [problem.scope for problem in found] == [Scope.NONE, Scope.NONE]
    assert found[0].what == "0 of 2 GC pauses were seen (MemStats ring)"
    assert found[1].what.endswith("only that since the service started, 8.2 %")


def test_page_faults_that_change_midway_are_told() -> None:
    """4000 faults a second for half the run, 1000 after it."""
    faults = [at * 4000 if at <= 6 else 24_000 + (at - 6) * 1000 for at in range(13)]
    samples = tuple(process(at, minor_faults=count) for at, count in enumerate(faults))
    found = only(run(process=samples))
    assert found.scope is Scope.NONE
    assert "4.0 times the minor page faults" in found.what
