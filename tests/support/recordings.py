"""Recordings as a run would leave them, in a moment and without a service.

    path = make_recording(tmp_path / "before.hw")                  # the sick service
    path = make_recording(tmp_path / "after.hw", **AFTER)          # the same, cured
    path = make_recording(tmp_path / "cut.hw", finish=False)       # interrupted

The service is the one of the lab *chi-compress*: chi's middleware makes a compressor for each
response. The counters add up exactly: the bytes between the two fences are those of the requests,
plus the cost of the first fence's reading and of each reading beside the load.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from heapwise.model.gc import Pause
from heapwise.model.load import ConstantRate, HitFlag, Hits, Outcome, Plan, Target
from heapwise.model.memory import Counters, MemorySample, ProcessSample
from heapwise.model.recording import (
    FORMAT,
    Calibration,
    ClockPair,
    Fence,
    Manifest,
    ServiceInfo,
    Window,
)
from heapwise.record.machine import this_machine
from heapwise.record.store import RecordingWriter
from support.profiles import Stack, profile_bytes

MS = 1_000_000
S = 1_000_000_000

BEFORE_AT = 500 * MS
LOAD_AT = 600 * MS
"""The first fence and the load, ns since the run's zero; warm-up takes the first 200 ms."""

AFTER: dict[str, Any] = {
    "bytes_per_request": 5_000,
    "allocs_per_request": 80,
    "gc_cycles": 3,
    "latency_ms": 1.1,
    "compressor_share": 0.0,
    "chi": "v4.0.3+incompatible",
}
"""What the cured service does differently."""

WALL_ZERO = 1_790_000_000 * S
READING_BYTES, READING_ALLOCS = 12_000, 60

_HTTP = "net/http.(*conn).serve (/usr/local/go/src/net/http/server.go:2073)"
_MAIN = "main.(*service).evaluate (/srv/evaluate/main.go:88)"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the recorded run was like.

    Attributes:
        compressor_share: the share of the bytes that the compressor allocates.
        failing: of the requests, how many are refused, the last ones.
        collector_latency_ms: what requests that overlap a collection take longer.
        targets: their number; each gets its turn.
        gctrace: the service was started by us and its log kept.
    """

    requests: int = 2000
    rate: int = 1000
    bytes_per_request: int = 1_185_000
    allocs_per_request: int = 120
    gc_cycles: int = 519
    pause_us: int = 80
    latency_ms: float = 2.4
    collector_latency_ms: float = 6.0
    compressor_share: float = 0.985
    failing: int = 0
    targets: int = 1
    chi: str = "v3.3.4+incompatible"
    go: str = "go1.27.3"
    gctrace: bool = False
    seed: int = 0

    @property
    def load_ns(self) -> int:
        return self.requests * S // self.rate

    @property
    def readings_at(self) -> range:
        """When the counters are read beside the load."""
        return range(LOAD_AT + 100 * MS, LOAD_AT + self.load_ns, 100 * MS)

    @property
    def collections_at(self) -> list[int]:
        """When collections end."""
        step = self.load_ns / (self.gc_cycles + 1)
        return [LOAD_AT + round(step * (number + 1)) for number in range(self.gc_cycles)]


def make_recording(
    path: Path, *, finish: bool = True, interrupted: bool = False, **shape: Any
) -> Path:
    """Write a recording; keyword arguments are those of `Shape`.

    Without ``finish`` there is no second fence and no summary, as after a kill.
    """
    run = Shape(**shape)
    with RecordingWriter.create(path, manifest(run)) as writer:
        _write(writer, run, finish=finish)
        if finish:
            writer.finish(interrupted=interrupted)
    return path


def manifest(run: Shape | None = None) -> Manifest:
    """The manifest of a run."""
    run = run or Shape()
    body = b'{"entity":"user-1","flags":["dark-mode"]}'
    headers = (("Content-Type", "application/json"), ("Accept-Encoding", "gzip"))
    urls = [f"http://127.0.0.1:8080/api/v1/evaluate{n or ''}" for n in range(run.targets)]
    return Manifest(
        format=FORMAT,
        tool="0.1.0",
        run_id="5eed0000",
        created="2026-09-21T13:46:40+00:00",
        argv=("heapwise", "run", f"POST {urls[0]}", f"-rate={run.rate}"),
        service=ServiceInfo(
            url="http://127.0.0.1:8080",
            runtime="go",
            version=run.go,
            command=("./evaluate",) if run.gctrace else (),
            settings={"GOGC": "100"},
        ),
        machine=this_machine(),
        clock=ClockPair(0, WALL_ZERO),
        plan=Plan(
            targets=tuple(Target("POST", url, headers, body, "evaluate.json") for url in urls),
            schedule=ConstantRate.of(Fraction(run.rate), run.load_ns),
            warmup_ns=200 * MS,
        ),
    )


def _write(writer: RecordingWriter, run: Shape, *, finish: bool) -> None:
    end = LOAD_AT + run.load_ns
    warm = hits(run, 200 * MS * run.rate // S, start=0, flags=HitFlag.WARMUP)
    writer.hits(warm)
    before = _fence(writer, run, BEFORE_AT, "before-load")
    window = Window(name="load", target=-1, before=before, after=None, readings=0)
    writer.window(window)
    writer.hits(hits(run, run.requests, start=LOAD_AT))
    for at in run.readings_at:
        writer.memory(MemorySample(at_ns=at, took_ns=MS, counters=counters(run, at), tasks=12))
        writer.process(_process(at))
    writer.pauses(_pauses(run))
    if run.gctrace:
        writer.stderr_path.write_text(_gctrace(run))
    if finish:
        after = _fence(writer, run, end + 100 * MS, "after-load")
        readings = len(run.readings_at)
        writer.window(msgspec.structs.replace(window, after=after, readings=readings))


def hits(run: Shape, count: int, *, start: int, flags: int = 0) -> Hits:
    """Hits on time, with lognormal latencies; those during a collection take longer."""
    random = np.random.default_rng(run.seed)
    intended = start + np.arange(count, dtype=np.int64) * S // run.rate
    sent = intended + random.integers(5_000, 60_000, count)
    latency = random.lognormal(np.log(run.latency_ms * MS), 0.25, count)
    if run.gc_cycles:
        ends = np.array(run.collections_at)
        gap = np.abs(intended[:, None] - ends[None, :]).min(axis=1)
        latency += np.where(gap < MS // 2, run.collector_latency_ms * MS, 0)
    done = sent + latency.astype(np.int64)
    failed = np.arange(count) >= count - run.failing
    return Hits(
        intended=intended,
        ready=intended,
        sent=sent,
        first_byte=np.where(failed, -1, done - 20_000),
        done=done,
        status=np.where(failed, 0, 200),
        outcome=np.where(failed, Outcome.REFUSED, Outcome.OK),
        bytes_in=np.where(failed, 0, 812 + random.integers(0, 20, count)),
        bytes_out=np.full(count, 41),
        target=np.arange(count) % run.targets,
        flags=np.full(count, flags),
    )


def counters(run: Shape, at: int) -> Counters:
    """The counters at a moment: a linear rise through the load, a sawtooth for the heap."""
    done = min(max(0, (at - LOAD_AT) * run.rate // S), run.requests)
    answers = sum(reading < at for reading in (BEFORE_AT, *run.readings_at))
    cycles = sum(end <= at for end in run.collections_at)
    live = 12 << 20
    phase = (at - LOAD_AT) * (run.gc_cycles + 1) / run.load_ns % 1 if run.gc_cycles else 0.0
    mallocs = 90_000 + done * run.allocs_per_request + answers * READING_ALLOCS
    heap_alloc = live + int(phase * live)
    return Counters(
        total_alloc=(40 << 20) + done * run.bytes_per_request + answers * READING_BYTES,
        mallocs=mallocs,
        frees=mallocs - 30_000,
        heap_alloc=heap_alloc,
        heap_sys=64 << 20,
        heap_idle=(60 << 20) - heap_alloc,
        heap_inuse=heap_alloc + (1 << 20),
        heap_released=4 << 20,
        heap_objects=30_000,
        stack_inuse=1 << 20,
        next_gc=2 * live,
        last_gc_ns=WALL_ZERO + max((end for end in run.collections_at if end <= at), default=0),
        num_gc=10 + cycles,
        num_forced_gc=4,
        gc_cpu_ppb=20_000_000 + 400_000 * cycles,
        max_rss=96 << 20,
    )


def _process(at: int) -> ProcessSample:
    return ProcessSample(
        at_ns=at,
        cpu_user_ns=at // 2,
        cpu_system_ns=at // 10,
        rss=48 << 20,
        rss_peak=96 << 20,
        minor_faults=20_000 + at // MS,
        major_faults=0,
        throttled_ns=0,
    )


def _pauses(run: Shape) -> list[Pause]:
    return [
        Pause(number=11 + number, end_ns=WALL_ZERO + end, pause_ns=run.pause_us * 1000)
        for number, end in enumerate(run.collections_at)
    ]


def _gctrace(run: Shape) -> str:
    """The log of a service that was started at the run's zero."""
    return "".join(
        f"gc {11 + number} @{end / S:.3f}s 2%: 0.030+0.45+0.050 ms clock, "
        "0.060+0.11/0.30/0.17+0.10 ms cpu, 22->24->12 MB, 24 MB goal, "
        "1 MB stacks, 0 MB globals, 2 P\n"
        for number, end in enumerate(run.collections_at)
    )


def _fence(writer: RecordingWriter, run: Shape, at: int, label: str) -> Fence:
    read = counters(run, at)
    writer.memory(MemorySample(at_ns=at, took_ns=MS, counters=read, tasks=12))
    return Fence(
        at_ns=at,
        counters=read,
        profile=writer.profile(f"heap-{label}", _heap(run, at > LOAD_AT)),
        calibration=Calibration(
            bytes_per_reading=READING_BYTES,
            allocs_per_reading=READING_ALLOCS,
            readings=5,
            idle_ns=30 * MS,
        ),
        forced=True,
        clock=ClockPair(at, WALL_ZERO + at),
    )


def _heap(run: Shape, loaded: bool) -> bytes:
    """A heap profile as received: what was there at the start, and after the load its share."""
    samples: dict[Stack, tuple[int, ...]] = {
        ("bufio.NewWriterSize (/usr/local/go/src/bufio/bufio.go:593)", _HTTP): (
            4096, 4096 * 4096, 8, 8 * 4096,
        ),
    }  # fmt: skip
    if loaded:
        total = run.requests * run.bytes_per_request
        compressor = int(total * run.compressor_share)
        if compressor:
            samples[_compressor_stack(run)] = (compressor // 814_000 + 1, compressor, 0, 0)
        samples[_json_stack()] = ((total - compressor) // 512, total - compressor, 64, 64 * 512)
    return profile_bytes(samples, time_ns=WALL_ZERO)


def _compressor_stack(run: Shape) -> Stack:
    chi = f"/root/go/pkg/mod/github.com/go-chi/chi@{run.chi}/middleware"
    name = "github.com/go-chi/chi/middleware"
    return (
        "compress/flate.NewWriter (/usr/local/go/src/compress/flate/deflate.go:670)",
        "compress/gzip.(*Writer).Write (/usr/local/go/src/compress/gzip/gzip.go:191)",
        f"{name}.(*maybeCompressResponseWriter).Write ({chi}/compress.go:184)",
        _MAIN,
        f"{name}.(*Compressor).Handler.func1 ({chi}/compress.go:120)",
        _HTTP,
    )


def _json_stack() -> Stack:
    return (
        "bytes.growSlice (/usr/local/go/src/bytes/buffer.go:249)",
        "encoding/json.Marshal (/usr/local/go/src/encoding/json/encode.go:172)",
        _MAIN,
        _HTTP,
    )
