"""``heapwise gc`` as a user types it, and its figures against real services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from heapwise.analysis.gc_overview import overview_of_log
from heapwise.analysis.gc_timeline import gc_timeline, gc_timelines
from heapwise.formats.gctrace import parse_log
from heapwise.formats.memstats import parse_memstats
from heapwise.model.envelope import schema
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.memory import Counters, MemorySample
from heapwise.model.recording import ClockPair, Fence, Recording
from heapwise.runtimes.base import Reading
from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.go.service import GoRuntime
from heapwise.runtimes.go.toolchain import find_go
from support.goservice import binary
from support.recordings import make_recording
from support.runs import manifest, recording, window

DATA = Path(__file__).parent.parent / "data" / "gctrace"
ALLOCATING = ("-objects", "64", "-size", "65536", "-profilerate", "0")
"""A request allocates 4 MiB, and the heap profile has no stacks that would slow readings down."""


def heapwise(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run the command line among the test data."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", "gc", *words],
        cwd=DATA, input=stdin.decode(), capture_output=True, timeout=60, check=False, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording with a gctrace."""
    return make_recording(tmp_path_factory.mktemp("gc") / "run.hw", gctrace=True, requests=400)


def test_a_log_is_shown_with_a_next_step() -> None:
    """Figures on stdout, what to type next on stderr; nothing there when quiet."""
    done = heapwise("go1.26-steady.log")
    assert done.returncode == 0
    assert "known by    gctrace" in done.stdout
    assert done.stderr == "next: heapwise record http://127.0.0.1:6060 -duration 30s -o run.hw\n"
    assert heapwise("go1.26-steady.log", "-quiet").stderr == ""


def test_a_log_comes_from_standard_input_as_well() -> None:
    """As - or without a name, and says the same."""
    log = (DATA / "go1.19-spiral.log").read_bytes()
    first, second = heapwise("-", stdin=log), heapwise(stdin=log)
    assert first.stdout == second.stdout
    assert first.stdout.startswith("standard input · go\nWARNING  death spiral")


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ('{"level":"INFO","msg":"started"}', 1),
        ('{"level":"INFO","msg":"started"}', 400),
        ("# HELP is at /help", 1),
    ],
    ids=["object", "objects beyond what is looked at first", "comment"],
)
def test_a_log_may_begin_like_something_else(line: str, times: int) -> None:
    """Structured loggers write an object a line, which is no page of expvar."""
    log = (DATA / "go1.26-steady.log").read_bytes()
    done = heapwise("-", stdin=f"{line}\n".encode() * times + log)
    assert done.returncode == 0, done.stderr
    assert "known by    gctrace" in done.stdout


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (("go1.27-steady.log",), "gctrace"),
        (("metrics-runtime-1.txt", "metrics-runtime-2.txt"), "runtime/metrics"),
        (("metrics-default.txt",), "MemStats ring"),
    ],
)
def test_json_holds_to_its_schema(files: tuple[str, ...], source: str) -> None:
    """Whatever the figures come from."""
    done = heapwise(*files, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["kind"], data["data"]["source"]) == ("gc", source)
    jsonschema.validate(data, schema("gc"))


def test_a_recording_is_shown_from_its_best_source(recorded: Path) -> None:
    """With the same count as the report, and its own name in the next step."""
    done = heapwise(str(recorded), "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["data"]
    assert (data["source"], data["cycles"], data["coverage"]) == ("gctrace", 519, 1.0)
    assert data["next_command"] == f"heapwise top -alloc_space {recorded}"


def test_csv_has_a_row_a_cycle_of_what_was_not_skipped() -> None:
    """And says on stderr what its times count from."""
    whole, late = (heapwise("go1.26-steady.log", "-csv", "-skip", each) for each in ("0", "2s"))
    assert len(whole.stdout.splitlines()) == 1 + 37
    assert 5 < len(late.stdout.splitlines()) < 30
    assert "times are ns on the clock of the process" in whole.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("none.log",), "cannot read none.log: No such file"),
        (("README.md",), "no cycle of a collector in README.md"),
        (("go1.26-steady.log", "-skip", "1h"), "no cycle of go1.26-steady.log is left"),
        (("go1.26-steady.log", "go1.19-steady.log"), "no metrics of a Go runtime"),
        (("metrics-default.txt", "-csv"), "tells of no cycle by itself"),
        (("metrics-default.txt", "-skip", "1s"), "--skip needs cycles in order of time"),
        (("a", "b", "c"), "3 files do not fit one view"),
        (("go1.26-steady.log", "-csv", "--json"), "--csv and --json exclude each other"),
        ((str(DATA),), "is not a recording"),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], why: str) -> None:
    """What, why and what to do, and no traceback."""
    done = heapwise(*words)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert why in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) <= 2


@contextmanager
def service(log: Path, *flags: str, **env: str) -> Iterator[Endpoint]:
    """The service of `support.goservice` with its standard error in a file."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [binary(), *flags], stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**os.environ, **env},
        )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            yield Endpoint.parse(process.stdout.readline().split()[1])
        finally:
            process.kill()


def request(endpoint: Endpoint, times: int) -> None:
    """Make the service allocate, some requests at a time."""
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(get, endpoint, "/work") for _ in range(times)]:
            each.result()


def fence_of(at_ns: int, counters: Counters) -> Fence:
    """A fence as a run would take it."""
    now = ClockPair(time.monotonic_ns(), time.time_ns())
    return Fence(at_ns=at_ns, counters=counters, clock=now)


class Look:
    """Readings of a service on a clock that begins with the first."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._runtime = GoRuntime()
        self.zero = ClockPair(time.monotonic_ns(), time.time_ns())
        self.samples: list[MemorySample] = []
        self.fences: list[Fence] = []
        self.readings: list[Reading] = []

    def read(self, *, fence: bool = False) -> None:
        """Take one, as `heapwise.record.sampler` does."""
        begin = time.monotonic_ns() - self.zero.monotonic_ns
        reading = self._runtime.read(self._endpoint)
        took = time.monotonic_ns() - self.zero.monotonic_ns - begin
        self.readings.append(reading)
        self.samples.append(MemorySample(at_ns=begin, took_ns=took, counters=reading.counters))
        if fence:
            self.fences.append(fence_of(begin, reading.counters))

    def recording(self, log: Path | None = None) -> Recording:
        """What was read, between the fences, with the gctrace if there is a log."""
        pauses = {pause.number: pause for reading in self.readings for pause in reading.pauses}
        return recording(
            window(*self.fences),
            manifest=manifest(clock=self.zero),
            memory=tuple(self.samples),
            pauses=tuple(pauses[number] for number in sorted(pauses)),
            cycles=parse_log(log.read_bytes()).cycles if log else (),
        )

    @property
    def cycles(self) -> int:
        """NumGC between the fences."""
        first, last = self.fences
        return last.counters.num_gc - first.counters.num_gc


def between(timeline: GcTimeline, look: Look) -> list[int]:
    """The numbers of the collections between the fences."""
    first, last = (fence.counters.num_gc for fence in look.fences)
    return [each.number for each in timeline.collections if first < each.number <= last]


@pytest.mark.go
def test_traced_cycles_are_as_many_as_numgc_counts(tmp_path: Path) -> None:
    """Exactly, in the timeline and in the log; and they lie where the ring says they ended."""
    log = tmp_path / "stderr.log"
    with service(log, *ALLOCATING, GODEBUG="gctrace=1") as endpoint:
        look = Look(endpoint)
        look.read(fence=True)
        for _ in range(4):
            request(endpoint, 20)
            look.read()
        look.read(fence=True)
    run = look.recording(log)
    traced, ring = gc_timelines(run)
    assert (traced.source, ring.source) == (GcSource.GCTRACE, GcSource.RING)
    assert look.cycles > 40
    assert traced.happened == look.cycles == len(between(traced, look))
    assert traced.coverage == 1.0
    ends = {each.number: each.end_ns for each in ring.collections}
    assert all(ends.get(each.number, each.end_ns) == each.end_ns for each in traced.collections)
    assert traced.uncertainty_ns < 5_000_000
    overview, _ = overview_of_log(parse_log(log.read_bytes()), "log", 0)
    assert overview.coverage == 1.0
    assert overview.cycles >= look.cycles


@pytest.mark.go
def test_without_the_ring_cycles_are_placed_as_well_as_is_said(tmp_path: Path) -> None:
    """The start of the process alone puts every cycle within its uncertainty of the truth."""
    log = tmp_path / "stderr.log"
    with service(log, *ALLOCATING, GODEBUG="gctrace=1") as endpoint:
        look = Look(endpoint)
        look.read(fence=True)
        for _ in range(10):
            request(endpoint, 5)
            look.read()
        look.read(fence=True)
    run = look.recording(log)
    exact = {pause.number: pause.end_ns - look.zero.wall_ns for pause in run.pauses}
    blind = gc_timeline(recording(*run.windows, manifest=run.manifest, memory=run.memory,
                                  cycles=run.cycles))  # fmt: skip
    assert blind is not None
    seen = [each for each in blind.collections if each.number in exact]
    assert len(seen) > 10
    off = [abs(each.end_ns - exact[each.number]) for each in seen]
    assert max(off) <= 2 * blind.uncertainty_ns


@pytest.mark.go
def test_what_a_ring_forgot_lowers_its_coverage_by_as_much(tmp_path: Path) -> None:
    """More than 200 cycles a second, read too seldom for 256 pauses: what is left is counted."""
    log = tmp_path / "stderr.log"
    with service(log, *ALLOCATING, "-objects", "512", GOGC="5") as endpoint:
        request(endpoint, 5)
        look = Look(endpoint)
        look.read(fence=True)
        begin = time.monotonic()
        for _ in range(2):
            request(endpoint, 15)
            look.read()
        look.read(fence=True)
        took = time.monotonic() - begin
    timeline = gc_timeline(look.recording())
    assert timeline is not None
    assert timeline.source is GcSource.RING
    assert look.cycles / took > 200
    steps = [
        later.counters.num_gc - first.counters.num_gc
        for first, later in zip(look.samples, look.samples[1:], strict=False)
    ]
    kept = sum(min(256, step) for step in steps)
    assert kept < look.cycles
    assert timeline.happened == look.cycles
    assert timeline.coverage == pytest.approx(kept / look.cycles)
    assert len(between(timeline, look)) == kept


@pytest.mark.go
def test_the_current_go_prints_what_is_read(tmp_path: Path) -> None:
    """A program of its own compiler: every cycle, the live heap, and its GOGC."""
    find_go().build(DATA / "churn", tmp_path / "churn")
    done = subprocess.run(
        [tmp_path / "churn", "-live", "32", "-churn", "200", "-duration", "2s"],
        env={**os.environ, "GODEBUG": "gctrace=1", "GOGC": "60", "GOMEMLIMIT": "off"},
        stderr=subprocess.PIPE, check=True, timeout=60,
    )  # fmt: skip
    log = parse_log(done.stderr)
    begun = sum(line.startswith(b"gc ") for line in done.stderr.splitlines())
    assert begun - 1 <= len(log.cycles) <= begun  # it may end while the runtime writes the last one
    assert log.missing == 0
    assert len(log.cycles) > 8
    overview, _ = overview_of_log(log, "churn")
    assert overview.heap.floor is not None
    assert 32 << 20 <= overview.heap.floor <= 48 << 20  # what is made while it marks counts too
    assert overview.pacing.gogc == pytest.approx(60, abs=5)


@pytest.mark.go
def test_saved_pages_of_counters_are_shown(tmp_path: Path) -> None:
    """`/debug/vars` and `heap?debug=1` as a browser saves them agree on the last pause."""
    with service(tmp_path / "log", *ALLOCATING, "-expvar") as endpoint:
        request(endpoint, 30)
        pages = {
            "vars.json": get(endpoint, "/debug/vars").body,
            "heap.txt": get(endpoint, "heap", query="debug=1").body,
        }
    for name, page in pages.items():
        (tmp_path / name).write_bytes(page)
    vars_, heap = (json.loads(heapwise(str(tmp_path / name), "--json").stdout) for name in pages)
    assert (vars_["data"]["source"], heap["data"]["source"]) == ("expvar", "MemStats ring")
    newest = parse_memstats(pages["heap.txt"]).counters.num_gc
    assert f"of {newest} cycles" in heap["data"]["notes"][0]
    assert vars_["data"]["pause"]["count"] > 10
