"""Runs whose slow hits have a cause that is known, because they were drawn that way.

Six seconds at 500 hits a second, half a millisecond each, and a collector that marks now and then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from heapwise.model.gc_timeline import Assist, Collection, GcSource, GcTimeline, Stop
from heapwise.model.load import Hits, Outcome
from heapwise.model.memory import HostSample
from heapwise.model.profile import Int64s
from heapwise.model.recording import Recording, ServiceInfo
from support import runs

MS = 1_000_000
S = 1_000_000_000
SECONDS = 6
RATE = 500
BEGIN = S
END = BEGIN + SECONDS * S

Marks = list[tuple[int, int]]


@dataclass(frozen=True)
class Collector:
    """A collector that marks again and again.

    Attributes:
        period_ms: from one mark to the next.
        mark_ms: how long one takes.
        jitter: standard deviation of the period, as a share of it; 0 is a clock.
    """

    period_ms: float = 250.0
    mark_ms: float = 50.0
    jitter: float = 0.1

    def marks(self, random: np.random.Generator) -> Marks:
        """When it marks."""
        found, at = [], BEGIN + random.uniform(0, self.period_ms) * MS
        while at < END - self.mark_ms * MS:
            found.append((int(at), int(at + self.mark_ms * MS)))
            step = random.normal(self.period_ms, self.jitter * self.period_ms)
            at += max(step, self.mark_ms * 1.1) * MS
        return found


def quick(random: np.random.Generator) -> tuple[Int64s, Int64s]:
    """When hits are due, and when they are done if nothing holds them up."""
    intended = BEGIN + np.arange(SECONDS * RATE, dtype=np.int64) * S // RATE
    latency = random.lognormal(np.log(0.5 * MS), 0.3, len(intended)).astype(np.int64)
    return intended, intended + latency


def held_until(intended: Int64s, done: Int64s, stalls: Marks) -> Int64s:
    """When they are done if nothing is answered during stalls."""
    done = done.copy()
    for start, end in stalls:
        caught = (done > start) & (intended < end)
        done[caught] = np.maximum(done[caught], end) + 10_000
    return done


def some_slower(random: np.random.Generator, done: Int64s, share: float, by_ms: float) -> Int64s:
    """When they are done if some, at random, take longer."""
    chosen = random.random(len(done)) < share
    return done + np.where(chosen, random.uniform(0.7, 1.3, len(done)) * by_ms * MS, 0).astype(
        np.int64
    )


def stalls(random: np.random.Generator, each_ms: float, mean_gap_ms: float) -> Marks:
    """Stretches at random in which nothing happens."""
    found, at = [], float(BEGIN)
    while (at := at + random.exponential(mean_gap_ms) * MS) < END - each_ms * MS:
        found.append((int(at), int(at + each_ms * MS)))
        at += each_ms * MS
    return found


def hits(intended: Int64s, done: Int64s, **columns: Any) -> Hits:
    """Hits sent on time and answered with 200."""
    known: dict[str, Any] = {
        "intended": intended,
        "ready": intended,
        "sent": intended,
        "first_byte": done,
        "done": done,
        "status": 200,
        "outcome": int(Outcome.OK),
        "bytes_in": 1,
        "bytes_out": 1,
        "target": 0,
        "flags": 0,
    }
    known |= columns
    return Hits(
        **{
            name: np.broadcast_to(value, len(intended)).astype(np.int64)
            for name, value in known.items()
        }
    )


def recorded(made: Hits, seed: int = 0, **others: Any) -> Recording:
    """A recording of these hits on a Go service of this machine."""
    settings: dict[str, Any] = {"run_id": f"simulated-{seed}"}
    if others.pop("python", False):
        settings["service"] = ServiceInfo(url="http://127.0.0.1:8080", runtime="python")
    return runs.recording(hits=made, manifest=runs.manifest(**settings), **others)


def timeline(marks: Marks, source: GcSource = GcSource.GCTRACE, **others: Any) -> GcTimeline:
    """The timeline of these marks, each with a stop of 50 µs at either end and a little assist."""
    known: dict[str, Any] = {
        "source": source,
        "clock": "run",
        "uncertainty_ns": MS if source is GcSource.GCTRACE else 0,
        "begin_ns": 0,
        "end_ns": END + S,
        "happened": len(marks),
        "coverage": 1.0,
        "collections": tuple(
            Collection(
                number=number,
                start_ns=start,
                end_ns=end,
                sweep_termination_ns=50_000,
                mark_ns=end - start - 100_000,
                mark_termination_ns=50_000,
                pause_ns=100_000,
                assist_cpu_ns=200_000,
            )
            for number, (start, end) in enumerate(marks, 1)
        ),
        "stops": tuple(
            stop
            for start, end in marks
            for stop in (
                Stop(start, start + 50_000, "sweep termination"),
                Stop(end - 50_000, end, "mark termination"),
            )
        ),
    }
    return GcTimeline(**(known | others))


def assists(marks: Marks) -> tuple[Assist, ...]:
    """A goroutine that assists through the second half of each mark."""
    return tuple(Assist((start + end) // 2, end, 7, "main.work") for start, end in marks)


def machine(busy: Marks, step_ms: int = 100) -> tuple[HostSample, ...]:
    """Readings of two processors that are both busy in these stretches and idle otherwise."""
    samples = []
    for at in range(0, END + S, step_ms * MS):
        inside = sum(max(0, min(at, end) - start) for start, end in busy)
        total = 2 * inside
        samples.append(
            HostSample(
                at_ns=at,
                busy_ns=total,
                idle_ns=2 * at - total,
                steal_ns=0,
                pressure_cpu_ns=inside,
                pressure_memory_ns=0,
                pressure_io_ns=0,
            )
        )
    return tuple(samples)
