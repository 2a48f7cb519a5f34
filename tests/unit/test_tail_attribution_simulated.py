"""Attribution on simulated runs: it blames what made the hits slow, and nothing that did not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from heapwise.analysis.tail import attribute_tail
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.recording import Recording
from heapwise.model.tail import Blame, Cause, CauseTest, TailAttribution
from support.tail_simulation import (
    BEGIN,
    END,
    MS,
    Collector,
    Marks,
    assists,
    held_until,
    hits,
    machine,
    quick,
    recorded,
    some_slower,
    stalls,
    timeline,
)

COLLECTORS = {
    "rare pauses": Collector(1200, 50, 0.2),
    "often": Collector(250, 50, 0.1),
    "as a clock": Collector(250, 50, 0.0),
    "half of the time": Collector(100, 50, 0.1),
    "many small marks": Collector(40, 6, 0.2),
}
Drawn = Callable[[np.random.Generator, Marks], tuple[Recording, GcTimeline]]


def sleeping(random: np.random.Generator, marks: Marks) -> tuple[Recording, GcTimeline]:
    """Handlers that sleep at random."""
    intended, done = quick(random)
    return recorded(hits(intended, some_slower(random, done, 0.02, 40))), timeline(marks)


def stalling(random: np.random.Generator, marks: Marks) -> tuple[Recording, GcTimeline]:
    """Something of 40 ms that holds everybody up, at random: hits are slow in bunches."""
    intended, done = quick(random)
    return recorded(hits(intended, held_until(intended, done, stalls(random, 40, 700)))), timeline(
        marks
    )


def marking(random: np.random.Generator, marks: Marks) -> tuple[Recording, GcTimeline]:
    """Hits wait until the mark is over, and a few are slow for another reason."""
    intended, done = quick(random)
    done = some_slower(random, held_until(intended, done, marks), 0.001, 40)
    return recorded(hits(intended, done)), timeline(marks)


def verdict_on(found: TailAttribution, cause: Cause, group: str = "p99") -> CauseTest:
    """The test of one cause."""
    slow = next(each for each in found.groups if each.name == group)
    return next(each for each in slow.causes if each.cause is cause)


def blamed_gc(drawn: Drawn, collector: Collector, seed: int) -> bool:
    random = np.random.default_rng(seed)
    recording, known = drawn(random, collector.marks(random))
    found = attribute_tail(recording, known)
    return any(
        test.cause.is_gc and test.blame is Blame.BLAMED
        for group in found.groups
        if group.name == "p99"
        for test in group.causes
    )


@pytest.mark.parametrize("name", COLLECTORS)
@pytest.mark.parametrize("drawn", [sleeping, stalling])
def test_slow_hits_that_are_independent_of_the_collector_are_not_blamed_on_it(
    name: str, drawn: Drawn, full: bool
) -> None:
    """At most one run in twenty blames a collector that has nothing to do with it."""
    count = 200 if full else 20
    wrong = sum(blamed_gc(drawn, COLLECTORS[name], seed) for seed in range(count))
    assert wrong <= 0.05 * count


@pytest.mark.parametrize("name", ["rare pauses", "often", "as a clock", "half of the time"])
def test_slow_hits_that_a_mark_holds_up_are_blamed_on_it(name: str, full: bool) -> None:
    """At least nineteen runs of twenty blame the collector that made hits wait."""
    count = 200 if full else 20
    right = sum(blamed_gc(marking, COLLECTORS[name], seed) for seed in range(count))
    assert right >= 0.95 * count


def test_the_same_run_gets_the_same_answer() -> None:
    """What is drawn at random is seeded by the run's id."""
    random = np.random.default_rng(3)
    recording, known = marking(random, COLLECTORS["often"].marks(random))
    assert attribute_tail(recording, known) == attribute_tail(recording, known)


def test_the_slowest_may_be_a_pause_that_p99_never_sees() -> None:
    """One collection of CPython in six seconds is blamed for the slowest hit alone."""
    random = np.random.default_rng(5)
    intended, done = quick(random)
    pause = [(BEGIN + 3000 * MS, BEGIN + 3040 * MS)]
    done = some_slower(random, held_until(intended, done, pause), 0.02, 6)
    known = timeline(pause, GcSource.CALLBACKS)
    found = attribute_tail(recorded(hits(intended, done), python=True), known)
    assert verdict_on(found, Cause.COLLECTION).blame is Blame.CLEARED
    slowest = verdict_on(found, Cause.COLLECTION, "max")
    assert slowest.blame is Blame.BLAMED
    assert slowest.without is not None
    assert slowest.without.max < found.groups[-1].threshold_ns


def test_marks_that_a_busy_machine_stretches_are_not_at_fault() -> None:
    """Burning CPU makes hits slow and marks long; within the burning, marks change nothing."""
    blamed, innocent = 0, 0
    for seed in range(10):
        random = np.random.default_rng(seed)
        burns = stalls(random, 300, 1500)
        intended, done = quick(random)
        slow = some_slower(random, done, 0.5, 40)
        inside = np.zeros(len(done), np.bool_)
        for start, end in burns:
            inside |= (intended > start) & (intended < end)
        marks = [
            (start, start + (90 if any(a < start < b for a, b in burns) else 5) * MS)
            for start, _ in Collector(150, 5, 0.1).marks(random)
        ]
        recording = recorded(hits(intended, np.where(inside, slow, done)), host=machine(burns))
        found = attribute_tail(recording, timeline(marks))
        blamed += verdict_on(found, Cause.CPU).blame is Blame.BLAMED
        innocent += verdict_on(found, Cause.GC_MARK).blame is not Blame.BLAMED
    assert blamed >= 9
    assert innocent >= 9


def test_a_collector_that_fills_the_machine_stays_to_blame() -> None:
    """Processors that are busy because they mark are a symptom."""
    random = np.random.default_rng(1)
    marks = Collector(600, 150, 0.1).marks(random)
    intended, done = quick(random)
    done = held_until(intended, done, marks)
    found = attribute_tail(recorded(hits(intended, done), host=machine(marks)), timeline(marks))
    assert verdict_on(found, Cause.GC_MARK).blame is Blame.BLAMED
    assert verdict_on(found, Cause.CPU).blame is not Blame.BLAMED


def test_lag_of_the_generator_is_not_the_services_fault() -> None:
    """Hits that were sent late are blamed on the generator, and what happened meanwhile is not."""
    random = np.random.default_rng(2)
    intended, done = quick(random)
    marks = Collector(500, 40, 0.1).marks(random)
    late = held_until(intended, intended, marks)
    made = hits(intended, done + (late - intended), sent=late, ready=intended)
    found = attribute_tail(recorded(made), timeline(marks))
    assert verdict_on(found, Cause.GENERATOR).blame is Blame.BLAMED
    assert verdict_on(found, Cause.GC_MARK).blame is Blame.CLEARED


def test_waiting_for_a_connection_and_failing_are_causes() -> None:
    """What is stamped on the hits is read off them."""
    random = np.random.default_rng(2)
    intended, done = quick(random)
    wait = np.where(random.random(len(done)) < 0.02, 30 * MS, 0)
    made = hits(intended, done + wait, ready=intended + wait, sent=intended + wait)
    assert verdict_on(attribute_tail(recorded(made), None), Cause.CONNECT).blame is Blame.BLAMED
    made = hits(intended, done + wait, status=np.where(wait > 0, 503, 200))
    assert verdict_on(attribute_tail(recorded(made), None), Cause.ERROR).blame is Blame.BLAMED


def test_assists_of_a_trace_are_told_from_the_mark_around_them() -> None:
    """Hits that wait in the assisting half of marks are blamed on assist before the mark."""
    random = np.random.default_rng(4)
    marks = Collector(300, 120, 0.1).marks(random)
    helping = assists(marks)
    intended, done = quick(random)
    done = held_until(intended, done, [(one.start_ns, one.end_ns) for one in helping])
    known = timeline(
        marks, GcSource.TRACE, assists=helping, begin_ns=BEGIN, end_ns=END, uncertainty_ns=0
    )
    found = attribute_tail(recorded(hits(intended, done, flags=2)), known)
    assert found.groups[0].causes[0].cause is Cause.ASSIST
    assert found.groups[0].causes[0].blame is Blame.BLAMED
    assert "execution trace" in found.notes[0]
