"""Recordings small enough to work out by hand, built in memory.

Times are whole seconds since the run's zero unless their name says otherwise. The service's wall
clock reads `WALL_S` at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from heapwise.model.finding import Confidence, Evidence, Finding, Interval
from heapwise.model.gc import GcCycle
from heapwise.model.load import ConstantRate, Hits, Outcome, Plan, Target
from heapwise.model.memory import Counters, MemorySample, ProcessSample
from heapwise.model.metrics import MetricValue
from heapwise.model.recording import (
    FORMAT,
    ClockPair,
    Fence,
    LogLoss,
    Machine,
    Manifest,
    Recording,
    ServiceInfo,
    State,
    Window,
)
from heapwise.model.report import RunReport, Timeline
from heapwise.model.tables import OwnerRow

MS = 1_000_000
S = 1_000_000_000
MIB = 1 << 20
WALL_S = 1_790_000_000


def counters(total_alloc: int = 0, mallocs: int = 0, num_gc: int = 0, **others: int) -> Counters:
    """Counters; whatever is not given is not known."""
    others = {"num_forced_gc": 0, **others}
    return Counters(total_alloc=total_alloc, mallocs=mallocs, frees=0, num_gc=num_gc, **others)


def sample(at_s: float, **read: int) -> MemorySample:
    """A reading of the counters."""
    return MemorySample(at_ns=round(at_s * S), took_ns=MS, counters=counters(**read), tasks=3)


def fence(at_s: float, profile: str = "", **read: int) -> Fence:
    """A fence with a profile, or without any."""
    return Fence(
        at_ns=round(at_s * S), counters=counters(**read), profile=profile, forced=bool(profile)
    )


def window(before: Fence, after: Fence | None, **others: Any) -> Window:
    """A window of load."""
    settings = {"name": "load", "target": -1, "readings": 0, **others}
    return Window(before=before, after=after, **settings)


def process(at_s: float, cpu_s: float = 0.0, **others: int) -> ProcessSample:
    """What the system says of the process."""
    settings = {"rss": MIB, "rss_peak": MIB, "minor_faults": 0, "major_faults": 0, **others}
    return ProcessSample(
        at_ns=round(at_s * S), cpu_user_ns=round(cpu_s * S), cpu_system_ns=0, **settings
    )


def cycle(number: int, at_s: float, **others: Any) -> GcCycle:
    """A traced cycle, counted from the start of the process: 1 ms long, 100 µs of it stopped."""
    return GcCycle(
        number=number,
        at_ns=round(at_s * S),
        cpu_percent=1,
        sweep_termination_ns=60_000,
        mark_ns=900_000,
        mark_termination_ns=40_000,
        **others,
    )


def hits(*rows: tuple[float, float], **columns: Any) -> Hits:
    """Hits as (intended s, latency ms); sent on time, answered with 200 and 100 bytes.

    Args:
        rows: one per hit.
        columns: replace a whole column, a number or one number per hit.
    """
    intended = np.array([round(at * S) for at, _ in rows], np.int64)
    done = intended + np.array([round(latency * MS) for _, latency in rows], np.int64)
    known: dict[str, Any] = {
        "intended": intended,
        "ready": intended,
        "sent": intended,
        "first_byte": done,
        "done": done,
        "status": 200,
        "outcome": int(Outcome.OK),
        "bytes_in": 100,
        "bytes_out": 10,
        "target": 0,
        "flags": 0,
    }
    known |= columns
    return Hits(
        **{
            name: np.broadcast_to(value, len(rows)).astype(np.int64)
            for name, value in known.items()
        }
    )


def steady(start_s: float, seconds: float, rate: int, latency_ms: float = 1.0) -> Hits:
    """Hits at a constant rate, all with the same latency."""
    count = round(seconds * rate)
    return hits(*((start_s + index / rate, latency_ms) for index in range(count)))


def plan(rate: int = 10, seconds: float = 10, targets: int = 1) -> Plan:
    """A plan for the service of `recording`."""
    urls = [f"http://127.0.0.1:8080/evaluate{number or ''}" for number in range(targets)]
    return Plan(
        targets=tuple(Target("POST", url) for url in urls),
        schedule=ConstantRate.of(Fraction(rate), round(seconds * S)),
    )


def manifest(**others: Any) -> Manifest:
    """A manifest; a plan of 10 hits/s for 10 s unless another is given."""
    settings: dict[str, Any] = {
        "format": FORMAT,
        "tool": "0.1.0",
        "run_id": "5eed",
        "created": "2026-09-21T13:46:40+00:00",
        "argv": ("heapwise", "run"),
        "service": ServiceInfo(
            url="http://127.0.0.1:8080", runtime="go", version="go1.27.3", settings={"GOGC": "100"}
        ),
        "machine": Machine(
            system="Linux 6.1",
            architecture="x86_64",
            cpu_model="Example CPU",
            cpus=2,
            memory=8 << 30,
            python="3.11",
            fingerprint="f00d",
        ),
        "clock": ClockPair(0, WALL_S * S),
        "plan": plan(),
    }
    return Manifest(**(settings | others))


def recording(*windows: Window, **others: Any) -> Recording:
    """A complete recording of nothing but what is given."""
    settings: dict[str, Any] = {
        "name": "run.hw",
        "manifest": manifest(),
        "state": State.COMPLETE,
        "hits": Hits.empty(),
        "memory": (),
        "process": (),
        "pauses": (),
        "cycles": (),
        "events": (),
        "profiles": {},
        "loss": LogLoss(),
        "problems": (),
    }
    return Recording(windows=windows, **(settings | others))


def values(report_metrics: Sequence[Any]) -> dict[str, float | None]:
    """Metric values by id."""
    return {value.metric: value.value for value in report_metrics}


def report(**others: Any) -> RunReport:
    """A report of nothing but what is given; metrics as a dict of id and value."""
    metrics = others.pop("metrics", {})
    invalid = others.pop("invalid", {})
    settings: dict[str, Any] = {
        "name": "run.hw",
        "state": "complete",
        "service": "go1.27.3 · GOGC=100 · http://127.0.0.1:8080",
        "load": "10/s for 10.0 s",
        "created": "2026-09-21T13:46:40+00:00",
        "machine": "Linux 6.1 x86_64, 2 CPUs Example CPU, 8.00 GiB",
        "runtime_version": "go1.27.3",
        "valid": True,
        "problems": (),
        "loss": LogLoss(),
        "work_unit": "req",
        "per_work": None,
        "endpoints": (),
        "metrics": tuple(
            MetricValue(metric=ident, value=value, invalid=invalid.get(ident, ""))
            for ident, value in metrics.items()
        ),
        "load_result": None,
        "gc": None,
        "owners": None,
        "findings": (),
        "timeline": Timeline(),
    }
    return RunReport(**(settings | others))


def finding(code: str = "HW101", where: str = "main.evaluate main.go:88", **others: Any) -> Finding:
    """A finding: 1000 of 1010 bytes per request."""
    settings: dict[str, Any] = {
        "rule": "compressor_per_response",
        "title": "a compressor is made for every response",
        "module": "",
        "evidence": Evidence(
            bytes_per_work=Interval(1000.0, 950.0, 1040.0),
            allocs_per_work=Interval(14.0, 12.0, 16.0),
            bytes_share=Interval(0.99, 0.95, 0.995),
            allocs_share=Interval(0.2, 0.15, 0.25),
            hits=2261,
            live_bytes=4096,
            rows=("main.evaluate > compress/gzip.(*Writer).Write > compress/flate.NewWriter",),
        ),
        "why": "A compressor has 0.8 to 1.1 MB of window, hash tables and buffers.",
        "remedy": "Keep compressors in a sync.Pool and reset them.",
        "gain_bytes_per_work": 990.0,
        "gain_allocs_per_work": 13.0,
        "holds_for": "Go 1.13 to 1.27",
        "references": ("https://github.com/go-chi/chi/pull/401",),
        "confidence": Confidence.HIGH,
    }
    return Finding(code=code, where=where, **(settings | others))


def owner(name: str = "main.evaluate", **others: Any) -> OwnerRow:
    """A row of the owner table."""
    settings: dict[str, Any] = {
        "place": "/srv/main.go:88",
        "module": "",
        "bytes_per_work": Interval(1000.0, 950.0, 1040.0),
        "allocs_per_work": Interval(14.0, 12.0, 16.0),
        "bytes_share": 0.99,
        "allocs_share": 0.2,
        "live_bytes": 4096,
        "hits": 2261,
        "path": (name, "compress/flate.NewWriter"),
    }
    return OwnerRow(owner=name, **(settings | others))
