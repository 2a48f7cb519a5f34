"""Reads a service's counters beside the load, often enough to miss no pause."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Self

import msgspec

from heapwise.analysis.gc_timeline.from_pauses import VICTIM
from heapwise.errors import ServiceError
from heapwise.model.gc import Pause
from heapwise.model.memory import Counters, MemorySample, ProcessSample
from heapwise.model.recording import Problem, Scope
from heapwise.record.store import RecordingWriter
from heapwise.record.work_meter import WorkMeter
from heapwise.record.worker import Worker
from heapwise.runtimes.base import Reading, Runtime
from heapwise.runtimes.fetch import Endpoint

SHORTEST_INTERVAL_NS = 50_000_000
"""Reading more often than this would measure mostly itself."""

READING_SHARE = 20
"""A reading may take at most one part in so many of the time: large profiles take seconds."""

MOST_VICTIMS = 16
"""Of one reading's pauses the longest whose stacks are kept: a stack takes a kilobyte."""

FIRST_INTERVAL_NS = 200_000_000
"""Until the first two readings tell how often the service collects."""


class Collector:
    """Everything that can be read from one service, written to one recording.

    Attributes:
        readings: readings taken so far; each costs the service what `calibrate` measures.

    Args:
        meter: counts the work beside every reading.
        forks: workers come and go, and their runtime keeps the totals of those that went.
    """

    def __init__(
        self,
        runtime: Runtime,
        endpoint: Endpoint,
        writer: RecordingWriter,
        zero_ns: int,
        process: Callable[[int], ProcessSample | None] | None = None,
        meter: WorkMeter | None = None,
        *,
        forks: bool = False,
    ) -> None:
        self.runtime = runtime
        self.endpoint = endpoint
        self.writer = writer
        self.readings = 0
        self._zero_ns = zero_ns
        self._process = process
        self._meter = meter or WorkMeter()
        self._forks = forks
        self._unit_noted = False
        self._last: MemorySample | None = None
        self._pause_seen = 0
        self._told: set[str] = set()
        # A job is read beside the sampler; of two readings that cross, the older looks like a fall.
        self._one_at_a_time = threading.Lock()

    def now(self) -> int:
        """Nanoseconds since the run's zero."""
        return self.since_zero(time.monotonic_ns())

    def since_zero(self, monotonic_ns: int) -> int:
        """A time of CLOCK_MONOTONIC as nanoseconds since the run's zero."""
        return monotonic_ns - self._zero_ns

    def read(self) -> MemorySample:
        """Take one reading of everything and write it down.

        Services read their counters before they write the answer, which may take seconds: what
        was counted belongs to the moment of asking.

        Raises:
            ServiceError: the service did not answer.
        """
        with self._one_at_a_time:
            return self._read()

    def _read(self) -> MemorySample:
        start = self.now()
        reading = self.runtime.read(self.endpoint)
        end = self.now()
        work = self._count(start, reading)
        tasks = self.runtime.tasks(self.endpoint)
        sample = MemorySample(
            at_ns=start, took_ns=end - start, counters=self._counters(reading), tasks=tasks,
            work=work,
        )  # fmt: skip
        self.readings += 1
        self._note_oddities(sample, reading)
        self.writer.memory(sample)
        fresh = self._new_pauses(reading)
        self.writer.pauses(fresh)
        for pause in sorted(fresh, key=lambda each: each.pause_ns)[-MOST_VICTIMS:]:
            if stack := reading.victims.get(pause.number):
                self.writer.event(start, VICTIM, number=pause.number, stack=stack)
        self._last = sample
        self.read_process()
        return sample

    def read_process(self) -> None:
        """Write down what the operating system says, where the process is ours."""
        sample = self._process(self._zero_ns) if self._process else None
        if sample is not None:
            self.writer.process(sample)

    def _counters(self, reading: Reading) -> Counters:
        """The counters; a program that forks is no other one because its workers are others."""
        counters = reading.counters
        return msgspec.structs.replace(counters, process=-1) if self._forks else counters

    def _count(self, at_ns: int, reading: Reading) -> int:
        """The work done so far; its unit is noted when the first is known."""
        work = self._meter.count(reading)
        if work >= 0 and not self._unit_noted:
            self._unit_noted = True
            self.writer.work_unit(at_ns, self._meter.unit)
        return work

    def _new_pauses(self, reading: Reading) -> tuple[Pause, ...]:
        fresh = tuple(pause for pause in reading.pauses if pause.number > self._pause_seen)
        if fresh:
            self._pause_seen = fresh[-1].number
        return fresh

    def _note_oddities(self, sample: MemorySample, reading: Reading) -> None:
        if self._last is not None and sample.counters.went_back(self._last.counters):
            self._pause_seen = 0
            self.writer.event(sample.at_ns, "service-restarted")
            self.writer.problem(_restart(self._last.counters, sample))
        for contradiction in self._untold(reading.contradictions):
            self.writer.event(sample.at_ns, "contradiction", text=contradiction)
        for limit in self._untold(reading.limits):
            self.writer.problem(Problem(scope=Scope.NONE, what=limit))

    def _untold(self, texts: Iterable[str]) -> list[str]:
        """Those that were not there before; numbers in them grow, and say nothing new."""
        fresh = {re.sub(r"\d[\d,]*", "#", text): text for text in texts}
        told = [text for kind, text in fresh.items() if kind not in self._told]
        self._told.update(fresh)
        return told


class Sampler:
    """A thread that reads until it is told to stop.

    Use as a context manager around the load.

    Args:
        interval_ns: the longest time between two readings; a service that collects often is
            read more often, so that at most half of the ring turns over in between.
    """

    def __init__(self, collector: Collector, interval_ns: int) -> None:
        self._collector = collector
        self._longest_ns = max(interval_ns, SHORTEST_INTERVAL_NS)
        self._stop = threading.Event()
        self._worker = Worker(self._read_until_stopped, "heapwise-sampler")

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._stop.set()
        if kind is not None:
            return  # whoever quits does not wait for a service that does not answer
        self._worker.join()
        self._worker.raise_failure()

    def _read_until_stopped(self) -> None:
        collector = self._collector
        interval = min(FIRST_INTERVAL_NS, self._longest_ns)
        earlier: MemorySample | None = None
        while not self._stop.wait(interval / 1e9):
            try:
                sample = collector.read()
            except ServiceError as error:
                collector.writer.event(collector.now(), "reading-failed", error=str(error))
                earlier = None
                continue
            interval = next_interval(
                earlier, sample, self._longest_ns, remembers=collector.runtime.remembers
            )
            earlier = sample


def next_interval(
    earlier: MemorySample | None, sample: MemorySample, longest_ns: int, *, remembers: int
) -> int:
    """How long to wait so that at most half of the ``remembers`` pauses turns over, ns.

    A quarter of the ring is aimed at, since the rate may double before the next reading. Where
    reading is slow, not burdening the service comes first, and the report shows the coverage.
    """
    shortest = max(SHORTEST_INTERVAL_NS, READING_SHARE * sample.took_ns)
    if earlier is None:
        return max(shortest, min(FIRST_INTERVAL_NS, longest_ns))
    cycles = sample.counters.num_gc - earlier.counters.num_gc
    elapsed = sample.at_ns - earlier.at_ns
    if cycles <= 0 or elapsed <= 0:
        return max(shortest, longest_ns)
    return max(shortest, min(longest_ns, elapsed * (remembers // 4) // cycles))


def _restart(earlier: Counters, sample: MemorySample) -> Problem:
    """What is wrong with a run whose service is not the process that it was."""
    seconds = f"{sample.at_ns / 1e9:.1f} s into the run"
    if sample.counters.process == earlier.process:
        return Problem(
            scope=Scope.ALL,
            what=f"the service was restarted {seconds}: its counters went backwards",
            remedy="find out why it died, then record again",
        )
    return Problem(
        scope=Scope.ALL,
        what=f"the service was restarted {seconds}, or one of its workers: other processes count "
        "now, what the old one did last is lost, and how the new one began is in the counters",
        remedy="find out why it ended; keep servers from renewing their workers during a run",
    )


def per_reading(samples: list[Counters]) -> tuple[float, float]:
    """Bytes and objects that one reading costs, from readings back to back.

    The median of the differences, because a background task of the service may allocate
    between any two.
    """
    pairs = list(pairwise(samples))
    size = sorted(later.total_alloc - first.total_alloc for first, later in pairs)
    count = sorted(later.mallocs - first.mallocs for first, later in pairs)
    middle = len(pairs) // 2
    return float(size[middle]), float(count[middle])
