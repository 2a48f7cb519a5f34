"""What attribution must not claim: refusals, doubts, and causes that nobody measured."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.tail import attribute_tail
from heapwise.analysis.tail.host import host_windows
from heapwise.analysis.tail.measured import measured_time
from heapwise.analysis.tail.neighbours import neighbours
from heapwise.model.gc_timeline import Collection, GcSource, GcTimeline
from heapwise.model.generator import ENGINE_EVENT, EngineUsage
from heapwise.model.load import HitFlag, Hits
from heapwise.model.memory import HostSample
from heapwise.model.recording import Event, ServiceInfo
from heapwise.model.tail import Blame, Cause, CauseTest, SlowHits, TailAttribution
from support import runs
from support.tail_simulation import (
    BEGIN,
    END,
    MS,
    Collector,
    S,
    held_until,
    hits,
    machine,
    quick,
    recorded,
    some_slower,
    timeline,
)


def simulated(seed: int = 1) -> tuple[Hits, GcTimeline]:
    """Hits that marks hold up."""
    random = np.random.default_rng(seed)
    marks = Collector(300, 40, 0.1).marks(random)
    intended, done = quick(random)
    return hits(intended, held_until(intended, done, marks)), timeline(marks)


def slowest(found: TailAttribution) -> dict[Cause, CauseTest]:
    """The slowest 1 %, by cause."""
    return {test.cause: test for test in found.groups[0].causes}


def collector(found: TailAttribution) -> dict[Cause, Blame]:
    return {cause: test.blame for cause, test in slowest(found).items() if cause.is_gc}


def test_groups_are_as_many_as_the_hits_are_good_for() -> None:
    """The slowest 1 % and 0.1 % need five hits each; the slowest is always there."""
    made, known = simulated()
    count = len(made)
    names = {
        count // part: [
            (group.name, group.slow)
            for group in attribute_tail(
                recorded(made.select(np.arange(count) < count // part)), known
            ).groups
        ]
        for part in (1, 10)
    }
    assert names == {3000: [("p99", 30), ("max", 1)], 300: [("max", 1)]}
    long = hits(BEGIN + np.arange(5000) * MS, BEGIN + np.arange(5000) * MS + np.arange(5000) + 1000)
    assert [group.name for group in attribute_tail(recorded(long), None).groups] == [
        "p99", "p99.9", "max",
    ]  # fmt: skip


def test_without_load_there_is_nothing_to_attribute() -> None:
    """Where somebody else made the load its requests are unknown."""
    found = attribute_tail(recorded(Hits.empty()), timeline([]))
    assert "did not make the load" in found.refused
    assert found.groups == ()


def test_a_timeline_of_another_time_is_refused() -> None:
    """No hit lies in what it covers."""
    made, known = simulated()
    elsewhere = msgspec.structs.replace(known, begin_ns=END + S, end_ns=END + 2 * S)
    assert "no hit began and ended" in attribute_tail(recorded(made), elsewhere).refused


def test_clocks_that_disagree_by_more_than_any_hit_was_slow_are_refused() -> None:
    """Windows that may lie beside the hits altogether prove nothing and clear nobody."""
    made, known = simulated()
    off = msgspec.structs.replace(known, uncertainty_ns=S)
    refused = attribute_tail(recorded(made), off).refused
    assert refused.startswith("the clocks of the collections (gctrace) and of the hits agree to")
    assert "1.00 s" in refused


def test_clocks_that_disagree_by_more_than_most_slow_hits_leave_the_collector_undecided() -> None:
    """One very slow hit does not make the clocks good enough for the others."""
    made, known = simulated()
    done = made.done.copy()
    done[100] += 2 * S
    off = msgspec.structs.replace(known, uncertainty_ns=S)
    found = attribute_tail(recorded(hits(made.intended, done)), off)
    assert not found.refused
    assert set(collector(found).values()) == {Blame.UNDECIDED}
    assert "clocks agree to 1.00 s" in slowest(found)[Cause.GC_MARK].why


def test_most_collections_have_to_be_known() -> None:
    """Where half of the cycles are missing, a slow hit without one means nothing."""
    made, known = simulated()
    found = attribute_tail(recorded(made), msgspec.structs.replace(known, coverage=0.5))
    assert set(collector(found).values()) == {Blame.UNKNOWN}
    assert slowest(found)[Cause.STW].why == "only 50.0 % of the collections are known"
    assert slowest(found)[Cause.STW].p is None


def test_the_ring_knows_of_stops_and_not_of_marks() -> None:
    """From ends and pauses alone only stop-the-world can be judged, and is cleared."""
    made, known = simulated()
    ends = tuple(
        Collection(
            number=one.number, start_ns=one.end_ns - 100_000, end_ns=one.end_ns, pause_ns=100_000
        )
        for one in known.collections
    )
    ring = msgspec.structs.replace(known, source=GcSource.RING, collections=ends, stops=())
    assert collector(attribute_tail(recorded(made), ring)) == {
        Cause.GC_MARK: Blame.UNKNOWN,
        Cause.ASSIST: Blame.UNKNOWN,
        Cause.STW: Blame.CLEARED,
    }


@pytest.mark.parametrize("source", [GcSource.HISTOGRAM, GcSource.COUNTERS])
def test_sources_without_times_judge_nothing(source: GcSource) -> None:
    """How long pauses were does not tell whom they held up."""
    made, _ = simulated()
    known = timeline([], source, uncertainty_ns=-1, happened=9)
    found = attribute_tail(recorded(made), known)
    assert set(collector(found).values()) == {Blame.UNKNOWN}
    assert "Not the garbage collector" not in found.groups[0].sentence


def test_a_run_without_collections_clears_the_collector() -> None:
    """Counters alone are enough to know that there was none."""
    made, _ = simulated()
    known = timeline([], GcSource.COUNTERS, uncertainty_ns=-1, happened=0)
    found = attribute_tail(recorded(made), known)
    assert set(collector(found).values()) == {Blame.CLEARED}
    assert found.groups[0].sentence.startswith("Not the garbage collector: it held up none")


def test_a_collector_that_is_always_active_can_be_neither_blamed_nor_cleared() -> None:
    """Without time in which it rests there is nothing to compare with."""
    random = np.random.default_rng(1)
    intended, done = quick(random)
    marks = [(at, at + 99 * MS) for at in range(0, END + S, 100 * MS)]
    made = hits(intended, some_slower(random, done, 0.02, 40))
    verdict = slowest(attribute_tail(recorded(made), timeline(marks)))[Cause.GC_MARK]
    assert verdict.blame is Blame.UNDECIDED
    assert verdict.why.endswith("and would of any other hit")


def test_what_makes_slow_hits_a_little_slower_is_not_what_makes_them_slow() -> None:
    """The slowest of many slow hits met a mark as well; without marks the next ones are there."""
    random = np.random.default_rng(1)
    intended, done = quick(random)
    slow = np.where(np.arange(len(done)) % 20 == 0, 40 * MS, 0)
    marks = Collector(300, 60, 0.1).marks(random)
    meets = np.zeros(len(done), np.bool_)
    for start, end in marks:
        meets |= (intended > start) & (intended < end - 40 * MS)
    made = hits(intended, done + slow + np.where(meets & (slow > 0), 5 * MS, 0))
    verdict = slowest(attribute_tail(recorded(made), timeline(marks)))[Cause.GC_MARK]
    assert verdict.p is not None
    assert verdict.p < 0.01
    assert verdict.blame is Blame.CLEARED
    assert "without it the threshold would be 4" in verdict.why


def test_another_machine_tells_nothing_of_the_services_processors() -> None:
    """Readings are of the machine that heapwise runs on."""
    made, known = simulated()
    manifest = runs.manifest(
        service=ServiceInfo(url="http://10.0.0.7:80", runtime="go", same_host=False)
    )
    recording = runs.recording(hits=made, manifest=manifest, host=machine([]))
    verdict = slowest(attribute_tail(recording, known))[Cause.CPU]
    assert verdict.blame is Blame.UNKNOWN
    assert verdict.why == "the service runs on another machine"


def test_what_the_system_does_not_tell_is_not_measured() -> None:
    """A machine without PSI, cgroup or steal has its processors judged, and nothing else."""
    made, known = simulated()
    samples = tuple(
        HostSample(at_ns=at, busy_ns=at // 2, idle_ns=at) for at in range(0, END + S, S)
    )
    found = slowest(attribute_tail(recorded(made, host=samples), known))
    assert found[Cause.CPU].blame is Blame.CLEARED
    unknown = (Cause.STEAL, Cause.THROTTLE, Cause.PRESSURE)
    assert {found[cause].blame for cause in unknown} == {Blame.UNKNOWN}


def test_a_reading_that_failed_is_no_throttling() -> None:
    """From unknown to ten seconds nothing has happened, as far as anybody knows."""
    counters = (10 * S, -1, 10 * S, 10 * S + S // 4)
    samples = [
        HostSample(at_ns=at * S, busy_ns=at, idle_ns=at * S, throttled_ns=counter)
        for at, counter in enumerate(counters)
    ]
    assert host_windows(samples, same_host=True)[Cause.THROTTLE] == [(2 * S, 3 * S, 0.25)]


def test_throttling_of_the_cgroup_is_blamed() -> None:
    """Hits that wait while the quota is used up are slow because of that."""
    random = np.random.default_rng(1)
    held = Collector(500, 60, 0.2).marks(random)
    samples = tuple(
        HostSample(
            at_ns=at,
            busy_ns=at // 2,
            idle_ns=at,
            throttled_ns=sum(max(0, min(at, end) - start) for start, end in held),
        )
        for at in range(0, END + S, 100 * MS)
    )
    intended, done = quick(random)
    made = hits(intended, held_until(intended, done, held))
    found = attribute_tail(recorded(made, host=samples), timeline([]))
    assert found.groups[0].causes[0].cause is Cause.THROTTLE
    assert found.groups[0].causes[0].blame is Blame.BLAMED
    assert "Not the garbage collector" in found.groups[0].sentence


def test_warm_up_is_not_looked_at() -> None:
    """Hits sent before the figures begin are in no group."""
    made, known = simulated()
    warm = np.where(np.arange(len(made)) < 1000, int(HitFlag.WARMUP), 0)
    found = attribute_tail(recorded(hits(made.intended, made.done, flags=warm)), known)
    assert found.hits == 2000


def sentences(groups: tuple[SlowHits, ...]) -> list[str]:
    return [group.sentence for group in groups]


def test_the_sentence_says_who_it_was_and_what_would_be_without() -> None:
    """Blame comes with counts, chance and the percentile without the cause."""
    made, known = simulated()
    first, last = sentences(attribute_tail(recorded(made), known).groups)
    assert first.startswith("30 of 30 overlap a GC mark phase; ")
    assert "would by chance. Without it p99 would be " in first
    assert last.startswith("It overlaps a GC mark phase for ")


def test_the_sentence_clears_the_collector_and_says_where_to_look() -> None:
    """Where nothing that was measured explains slow hits it says so, and what would."""
    random = np.random.default_rng(2)
    intended, done = quick(random)
    marks = Collector(500, 10, 0.1).marks(random)
    made = hits(intended, some_slower(random, done, 0.02, 40))
    text = attribute_tail(recorded(made), timeline(marks)).groups[0].sentence
    assert text.startswith("Not the garbage collector: ")
    assert "Nothing that was measured explains them. Look for locks, sleeps" in text


moments = st.integers(-(2**62), 2**62)
columns = st.integers(0, 40).flatmap(
    lambda count: st.fixed_dictionaries(
        {
            name: st.lists(moments, min_size=count, max_size=count)
            for name in ("intended", "ready", "sent", "first_byte", "done", "status", "outcome")
        }
    )
)
spans = st.lists(st.tuples(moments, moments), max_size=5)


@given(columns, spans, spans)
def test_stamps_that_make_no_sense_break_nothing(
    stamps: dict[str, list[int]], marks: list[tuple[int, int]], readings: list[tuple[int, int]]
) -> None:
    """A damaged recording may hold any number anywhere; it gets an answer or a refusal."""
    known = {name: np.array(values, np.int64) for name, values in stamps.items()}
    made = hits(known.pop("intended"), known.pop("done"), **known)
    host = tuple(HostSample(at_ns=at, busy_ns=busy, idle_ns=-busy) for at, busy in readings)
    span = {"begin_ns": -(2**62), "end_ns": 2**62}
    found = attribute_tail(recorded(made, host=host), timeline(marks, **span))
    assert found.refused or found.groups
    for group in found.groups:
        assert all(0 <= test.touched <= group.slow for test in group.causes)
        assert all(test.p is None or 0 < test.p <= 1 for test in group.causes)


def shared_machine(others: float, service: float, engine: float) -> dict[str, Any]:
    """Readings of two processors of which so much was used by whom."""
    every = range(0, END + S, 100 * MS)
    busy = others + service + engine
    cpu_ns = int(2000 * engine)
    usage = EngineUsage(cpu_ns=cpu_ns, elapsed_ns=1000, connections_opened=1, queue_max=0)
    return {
        "host": tuple(
            HostSample(at_ns=at, busy_ns=int(2 * at * busy), idle_ns=int(2 * at * (1 - busy)))
            for at in every
        ),
        "process": tuple(runs.process(at / S, 2 * at / S * service) for at in every),
        "events": (Event(0, ENGINE_EVENT, msgspec.to_builtins(usage)),),
    }


@pytest.mark.parametrize(
    ("others", "service", "blame"),
    [
        (0.0, 0.2, Blame.BLAMED),
        (0.3, 0.6, Blame.BLAMED),
        (0.6, 0.1, Blame.BLAMED),
        (0.6, 0.25, Blame.UNDECIDED),
    ],
)
def test_a_collector_on_a_full_machine_of_others_may_just_have_waited(
    others: float, service: float, blame: Blame
) -> None:
    """Where other programs have half of it and nothing is left, long marks prove nothing."""
    made, known = simulated()
    recording = recorded(made, **shared_machine(others, service, 0.1))
    verdict = slowest(attribute_tail(recording, known))[Cause.GC_MARK]
    assert verdict.blame is blame
    crowding = "other programs had 60.0 % of a full machine" in verdict.why
    assert crowding == (blame is Blame.UNDECIDED)


def test_what_service_and_generator_use_is_not_taken_by_others() -> None:
    """The share is what is left; unknown where the service runs elsewhere or was not watched."""
    made, known = simulated()
    recording = recorded(made, **shared_machine(0.25, 0.5, 0.1))
    time = measured_time(recording, known)
    shared = neighbours(recording, time)
    assert shared is not None
    assert shared.others == pytest.approx(0.25, abs=0.01)
    assert shared.busy == pytest.approx(0.85, abs=0.01)
    assert neighbours(recorded(made), time) is None
