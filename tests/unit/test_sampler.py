"""The interval between readings follows the collector, and never burdens the service."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.formats.memstats import RING
from heapwise.model.memory import Counters, MemorySample
from heapwise.model.recording import Recording, Scope, ServiceInfo
from heapwise.record.sampler import (
    READING_SHARE,
    SHORTEST_INTERVAL_NS,
    Collector,
    Sampler,
    next_interval,
    per_reading,
)
from heapwise.record.store import RecordingWriter, load
from heapwise.runtimes.base import Fenced, Reading
from heapwise.runtimes.fetch import Endpoint
from support.recordings import manifest

SECOND = 1_000_000_000


class SlowRuntime:
    """Counts at once, and answers when it is told to, or after a while."""

    name = "slow"
    remembers = RING

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked = threading.Event()
        self.answer = threading.Event()

    def detect(self, _endpoint: Endpoint) -> ServiceInfo | None:
        return None

    def read(self, _endpoint: Endpoint) -> Reading:
        self.asked.set()
        self.answer.wait(self.seconds)
        return Reading(counters=Counters(total_alloc=0, mallocs=0, frees=0))

    def tasks(self, _endpoint: Endpoint) -> int:
        return -1

    def fence(self, _endpoint: Endpoint) -> Fenced:
        return Fenced(data=b"", cycles_forced=0)

    def process(self, _endpoint: Endpoint) -> int | None:
        return None


def collector(runtime: SlowRuntime, writer: RecordingWriter) -> Collector:
    """What reads the runtime, from now on."""
    return Collector(runtime, Endpoint.parse(":1"), writer, time.monotonic_ns())


def sample(at_ns: int, num_gc: int, took_ns: int = 1_000_000) -> MemorySample:
    """A reading with nothing but what the interval depends on."""
    counters = Counters(total_alloc=0, mallocs=0, frees=0, num_gc=num_gc)
    return MemorySample(at_ns=at_ns, took_ns=took_ns, counters=counters)


def test_a_service_that_hardly_collects_is_read_at_the_longest_interval() -> None:
    """One collection a second leaves the ring alone for minutes."""
    assert next_interval(sample(0, 0), sample(SECOND, 1), SECOND, remembers=RING) == SECOND


def test_three_hundred_collections_a_second_are_read_five_times_a_second() -> None:
    """A quarter of the ring of 256 is 64 collections: 213 ms at 300 a second."""
    interval = next_interval(sample(0, 0), sample(SECOND, 300), SECOND, remembers=RING)
    assert interval == SECOND * 64 // 300


@given(st.integers(1, 5000), st.integers(1, 50_000_000))
def test_at_most_half_of_the_ring_turns_over_unless_reading_is_slow(rate: int, took: int) -> None:
    """At a steady rate the pauses between two readings fit into half of the ring."""
    interval = next_interval(sample(0, 0), sample(SECOND, rate, took), SECOND, remembers=RING)
    slowed = max(SHORTEST_INTERVAL_NS, READING_SHARE * took)
    assert rate * interval / SECOND <= RING / 2 or interval == slowed


def test_a_slow_reading_takes_at_most_a_twentieth_of_the_time() -> None:
    """A profile of tens of thousands of stacks must not become the load."""
    assert (
        next_interval(sample(0, 0), sample(SECOND, 300, SECOND), SECOND, remembers=RING)
        == 20 * SECOND
    )


def test_a_restart_does_not_upset_the_interval() -> None:
    """Counters that went backwards give no rate."""
    assert next_interval(sample(0, 300), sample(SECOND, 2), SECOND, remembers=RING) == SECOND


class ToldRuntime(SlowRuntime):
    """Gives the readings it was told to."""

    def __init__(self, *readings: Reading) -> None:
        super().__init__(0)
        self.readings = iter(readings)

    def read(self, _endpoint: Endpoint) -> Reading:
        return next(self.readings)


def read_all(path: Path, *readings: Reading) -> Recording:
    """The recording of a service that was read so often."""
    with RecordingWriter.create(path / "told.hw", manifest()) as writer:
        reader = collector(ToldRuntime(*readings), writer)
        for _ in readings:
            reader.read()
        writer.finish()
    return load(path / "told.hw")


def reading(total: int, process: int = 7, **others: Any) -> Reading:
    counters = Counters(total_alloc=total, mallocs=total, frees=0, process=process)
    return Reading(counters=counters, **others)


def test_other_processes_are_a_restart_though_counters_rose(tmp_path: Path) -> None:
    """A worker that was renewed has counted its own start; the recording says so."""
    recording = read_all(tmp_path, reading(10), reading(20), reading(900, process=8))
    assert [event.kind for event in recording.events] == ["service-restarted"]
    (problem,) = recording.problems
    assert problem.scope is Scope.ALL
    assert "other processes count now" in problem.what


def test_counters_that_go_back_are_a_restart(tmp_path: Path) -> None:
    """The same process number, or none at all, and less than before."""
    recording = read_all(tmp_path, reading(10, -1), reading(5, -1))
    assert "its counters went backwards" in recording.problems[0].what


def test_what_limits_a_service_is_told_once(tmp_path: Path) -> None:
    """A count that grows is no news; another limit is."""
    recording = read_all(
        tmp_path,
        reading(1, limits=("1,200 lost",)),
        reading(2, limits=("1,300 lost", "no frames"), contradictions=("NumGC is 1",)),
        reading(3, limits=("no frames",), contradictions=("NumGC is 2",)),
    )
    assert [problem.what for problem in recording.problems] == ["1,200 lost", "no frames"]
    assert all(problem.scope is Scope.NONE for problem in recording.problems)
    assert [event.fields["text"] for event in recording.events] == ["NumGC is 1"]


def test_the_cost_of_a_reading_is_the_median_of_neighbours() -> None:
    """A background task that allocates between two readings does not count."""
    totals = [0, 100, 200, 9000, 9100, 9200]
    readings = [Counters(total_alloc=total, mallocs=total // 10, frees=0) for total in totals]
    assert per_reading(readings) == (100.0, 10.0)


def test_a_reading_belongs_to_the_moment_it_was_asked_for(tmp_path: Path) -> None:
    """A heap profile in text takes seconds to write, after its counters were read."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        taken = collector(SlowRuntime(0.5), writer).read()
    assert taken.took_ns >= SECOND // 2
    assert taken.at_ns < SECOND // 4


def test_whoever_quits_does_not_wait_for_a_service_that_hangs(tmp_path: Path) -> None:
    """The second Ctrl-C ends a run at once, though a reading is under way."""
    runtime = SlowRuntime(60)
    start = time.monotonic()
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        with pytest.raises(KeyboardInterrupt):
            quit_while_reading(collector(runtime, writer), runtime)
        assert time.monotonic() - start < 10
        runtime.answer.set()


def quit_while_reading(reader: Collector, runtime: SlowRuntime) -> None:
    """Press Ctrl-C for the second time during the sampler's first reading."""
    with Sampler(reader, SHORTEST_INTERVAL_NS):
        assert runtime.asked.wait(10)
        raise KeyboardInterrupt
