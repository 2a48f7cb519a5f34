"""Runs that must not be compared in everything."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from heapwise.analysis.compare import compare
from heapwise.analysis.unlike import differences
from heapwise.load.metrics import summarise
from heapwise.model.comparison import Verdict
from heapwise.model.load import LoadResult, Pacing, Target
from heapwise.model.metrics import CATALOGUE, Exactness, Family
from heapwise.model.recording import Scope
from support.runs import plan, report, steady

EVERYTHING = dict.fromkeys(CATALOGUE, 1e9)


def load(rate: int = 10, seconds: float = 10, url: str = "http://127.0.0.1:8080/a") -> LoadResult:
    """A load of the given shape."""
    targets = (Target("POST", url),)
    return summarise(steady(0, seconds, rate), replace(plan(rate, seconds), targets=targets))


def spoiled(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Metrics that fall by a factor of a hundred, and are still undecided."""
    mine = report(metrics=EVERYTHING, **before)
    theirs = report(metrics=dict.fromkeys(CATALOGUE, 1e7), **after)
    return {row.metric for row in compare(mine, theirs).rows if row.verdict is Verdict.UNDECIDED}


def test_like_runs_have_no_difference() -> None:
    """The same load on another port is the same load."""
    before = report(load_result=load(url="http://127.0.0.1:8080/a"))
    after = report(load_result=load(url="http://127.0.0.1:9999/a"))
    assert differences(before, after) == ()


def test_another_machine_spoils_timings_and_leaves_counts() -> None:
    """Bytes per request do not depend on the processor."""
    (found,) = differences(report(machine="a slow one"), report(machine="a fast one"))
    assert found.problem.what == "different machine: a slow one before, a fast one after"
    timings = {each.id for each in CATALOGUE.values() if each.exactness is Exactness.TIMING}
    assert spoiled({"machine": "a"}, {"machine": "b"}) == timings


@pytest.mark.parametrize(
    ("other", "name"),
    [({"rate": 20, "seconds": 5}, "rate"), ({"seconds": 20}, "duration")],
)
def test_another_rate_or_duration_leaves_what_is_per_request(
    other: dict[str, Any], name: str
) -> None:
    """Twice the load makes twice the collections, and says nothing about the code."""
    (found,) = differences(report(load_result=load()), report(load_result=load(**other)))
    assert found.name == name
    left = set(CATALOGUE) - spoiled({"load_result": load()}, {"load_result": load(**other)})
    assert {CATALOGUE[each].family for each in left} == {Family.ALLOCATION, Family.GUARD}


def test_another_load_generator_spoils_latencies_alone() -> None:
    """Bursts of a millisecond meet another queue, and are served with the same allocations."""
    sides = [
        summarise(steady(0, 1, 10), replace(plan(10, 1), engine="native", pacing=pacing))
        for pacing in Pacing
    ]
    (found,) = differences(*(report(load_result=side) for side in sides))
    assert found.problem.what == (
        "different load generator: native engine with precise pacing before, "
        "native engine with 1ms pacing after"
    )
    latencies = {each.id for each in CATALOGUE.values() if each.family is Family.LATENCY}
    assert spoiled(*({"load_result": side} for side in sides)) == latencies


def test_other_targets_spoil_everything() -> None:
    """Another endpoint is another program."""
    sides = (load(), load(url="http://127.0.0.1:8080/b?n=1"))
    (found,) = differences(*(report(load_result=side) for side in sides))
    assert found.problem.scope is Scope.ALL
    assert found.problem.what == "different targets: POST /a before, POST /b?n=1 after"
    assert spoiled({"load_result": sides[0]}, {"load_result": sides[1]}) == set(CATALOGUE)


def test_of_many_targets_some_that_differ_are_named() -> None:
    """300 URLs of 8 KB would make a sentence of megabytes."""
    many = [Target("GET", f"http://h/{n}" + "x" * 8_000) for n in range(300)]
    sides = [
        summarise(steady(0, 1, 10), replace(plan(10, 1), targets=tuple(targets)))
        for targets in (many, [*many[:-1], Target("GET", "http://h/other")])
    ]
    (found,) = differences(*(report(load_result=side) for side in sides))
    assert len(found.problem.what) < 700
    assert "299xxx" in found.problem.what
    assert "GET /other" in found.problem.what
    assert found.problem.what.count("and 297 more") == 2


def test_another_unit_of_work_spoils_everything() -> None:
    """Bytes per second are not bytes per request."""
    assert spoiled({"work_unit": "s"}, {"work_unit": "req"}) == set(CATALOGUE)


def test_costs_per_second_of_a_load_that_nobody_knows_are_not_judged() -> None:
    """Half the traffic halves bytes per second and collections, and is no improvement."""
    (found,) = differences(report(work_unit="s"), report(work_unit="s"))
    assert found.name == "load unknown"
    assert spoiled({"work_unit": "s"}, {"work_unit": "s"}) == set(CATALOGUE)


def test_another_runtime_or_gogc_is_told_and_may_be_the_change_itself() -> None:
    """Upgrading Go and setting GOGC are remedies too."""
    after = {"runtime_version": "go1.28", "service": "go1.28 · GOGC=200 · http://127.0.0.1:8080"}
    found = differences(report(), report(**after))
    assert [each.problem.what for each in found] == [
        "different runtime: go1.27.3 before, go1.28 after",
        "different runtime settings: GOGC=100 before, GOGC=200 after",
    ]
    assert spoiled({}, after) == set()


def test_a_difference_between_two_runs_of_one_side_names_both() -> None:
    """There neither is before nor after."""
    (found,) = differences(report(runtime_version="go1.26"), report(runtime_version=""))
    assert found.between("a.hw", "b.hw") == "different runtime: go1.26 in a.hw, unknown in b.hw"


def test_a_recorded_run_without_a_load_of_its_own_compares() -> None:
    """Nobody knows what the other side's load was; nothing is claimed about it."""
    assert differences(report(), report(load_result=load())) == ()
