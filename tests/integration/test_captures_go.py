"""Captures of a real Go service under load: profiles, traces, clocks, and what they cost."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from heapwise.errors import ServiceError
from heapwise.formats.exectrace import open_trace
from heapwise.model.exectrace import EventKind
from heapwise.model.load import HitFlag
from heapwise.model.recording import RecordedTrace, Recording, Scope, State
from heapwise.record.capture.alignment import MARKS, SNAPSHOTS, align
from heapwise.record.capture.captures import Captures
from heapwise.record.capture.cpu import WRITTEN, CpuProfile
from heapwise.record.request import NO_CAPTURES
from heapwise.record.sampler import Collector
from heapwise.record.store import RecordingWriter, load
from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.go.service import GoRuntime
from support.goheap import pprof
from support.goservice import GoService, binary, build_and_start
from support.pyservice import free_port
from support.recordings import manifest
from support.rude_servers import rude_server

pytestmark = pytest.mark.go

MS, S = 1_000_000, 1_000_000_000
QUICK = ("-rate=200", "-duration=1s", "-warmup=0s", "--quiet")


def heapwise(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does; latency problems of this machine are left to it."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def run(service: GoService, path: str, *args: str, cwd: Path) -> Recording:
    """Drive a path of the service and read the recording."""
    done = heapwise("run", service.endpoint.origin + path, *QUICK, *args, "-o", "a.hw", cwd=cwd)
    assert "Traceback" not in done.stderr
    assert (cwd / "a.hw/summary.json").exists(), done.stderr
    return load(cwd / "a.hw")


@contextmanager
def running(*args: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """The command line while it goes on."""
    with subprocess.Popen(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


@pytest.fixture(scope="module")
def service() -> Iterator[GoService]:
    with build_and_start("-objects=16", "-size=4096") as started:
        started.call("/work")
        yield started


@pytest.fixture(scope="module")
def recorded(service: GoService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a CPU profile, and a trace at a rate of its own."""
    folder = tmp_path_factory.mktemp("recorded")
    run(service, "/stamp", "-cpu", "-trace=600ms", "-trace-rate=150", cwd=folder)
    return folder / "a.hw"


def of_kind(recording: Recording, kind: str) -> list[Any]:
    return [capture for capture in recording.captures if capture.kind == kind]


def stamps(path: Path, trace: RecordedTrace) -> np.ndarray:
    """Wall times that the service wrote into its trace, with the trace's own, int64[n, 2]."""
    rows = []
    with (path / trace.capture.file).open("rb") as file:
        for generation in open_trace(file):
            logs = generation.events.select(generation.events.kind == EventKind.USER_LOG)
            rows += [
                (int(generation.strings[message]), at)
                for at, category, message in zip(logs.time, logs.b, logs.c, strict=True)
                if generation.strings[category] == "stamp"
            ]
    return np.array(rows, np.int64)


# CPU profiles


def test_a_cpu_profile_of_the_window_is_kept_as_received(
    service: GoService, tmp_path: Path
) -> None:
    """Both our reader and Go's open it, it holds samples, and it spans the whole window.

    A sample stands for 10 ms: a thousand requests give a dozen, two hundred sometimes none.
    """
    recording = run(service, "/work", "-rate=1000", "-cpu", cwd=tmp_path)
    [capture] = of_kind(recording, "cpu")
    assert capture.file == "profiles/0001-cpu-load.pb.gz"
    profile = recording.profiles[capture.file]
    assert [each.type for each in profile.sample_types] == ["samples", "cpu"]
    assert len(profile.values) > 0
    assert "cpu/nanoseconds" in pprof(tmp_path / "a.hw" / capture.file, "-raw")
    [window] = recording.windows
    assert window.after is not None
    assert capture.began_ns < window.before.at_ns
    assert capture.ended_ns > window.after.at_ns
    assert capture.window == "load"


def test_a_cpu_profile_costs_no_byte_of_a_request(tmp_path: Path) -> None:
    """Its 2.4 MB would be 12 KB for each of these requests; the fences leave them out.

    What is left, a tenth of one half, are the connections that one run needed and the other not.
    """
    with build_and_start("-objects=1", "-size=4096") as started:
        plain, profiled = (
            json.loads(
                heapwise(
                    "run", f"{started.endpoint.origin}/work", *QUICK, "--json", *more,
                    "-o", f"{len(more)}.hw", cwd=tmp_path,
                ).stdout
            )["data"]["per_work"]
            for more in ((), ("-cpu",))
        )  # fmt: skip
    assert plain["work"] == profiled["work"] == {"unit": "req", "count": 200}
    assert abs(profiled["bytes"] - plain["bytes"]) * 200 < WRITTEN / 10


@contextmanager
def profiled_by_another(service: GoService, seconds: int) -> Iterator[None]:
    """Somebody else takes a CPU profile meanwhile."""
    other = threading.Thread(
        target=get, args=(service.endpoint, "profile"), kwargs={"query": f"seconds={seconds}"}
    )
    other.start()
    time.sleep(0.3)
    yield
    other.join()


def profile(service: GoService, folder: Path, seconds: int) -> Recording:
    """Take a CPU profile into a recording of nothing else."""
    with RecordingWriter.create(folder / "a.hw", manifest()) as writer:
        collector = Collector(GoRuntime(), service.endpoint, writer, time.monotonic_ns())
        CpuProfile(collector, "profile", window="load", seconds=seconds).wait(lambda: False)
        writer.finish()
    return load(folder / "a.hw")


def test_where_another_profile_is_taken_ours_waits_its_turn(
    service: GoService, tmp_path: Path
) -> None:
    """Never two at once: it gets what is left of its time, and the recording says so."""
    with profiled_by_another(service, 1):
        recording = profile(service, tmp_path, 4)
    [capture] = recording.captures
    assert capture.file in recording.profiles
    assert S <= capture.asked_ns <= 3 * S
    [problem] = recording.problems
    assert problem.scope is Scope.NONE
    assert "began late" in problem.what


def test_a_profile_that_cannot_be_had_is_told(service: GoService, tmp_path: Path) -> None:
    """Somebody else profiles all the time: asking ends with the time that ours would have had."""
    with profiled_by_another(service, 3):
        recording = profile(service, tmp_path, 1)
    assert recording.captures == ()
    [problem] = recording.problems
    assert problem.scope is Scope.NONE
    assert problem.what.startswith("no CPU profile of window 'load'")
    assert "already in use" in problem.what
    assert "another profile is being taken" in problem.remedy


def test_a_profile_that_ends_inside_its_window_says_so(service: GoService, tmp_path: Path) -> None:
    """What Go allocates to write it is in the figures then; otherwise nothing is said."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        collector = Collector(GoRuntime(), service.endpoint, writer, time.monotonic_ns())
        cpu = CpuProfile(collector, "profile", window="load", seconds=1)
        cpu.close_window()
        cpu.wait(lambda: False)
        cpu.close_window()
        writer.finish()
    [problem] = load(tmp_path / "a.hw").problems
    assert problem.scope is Scope.NONE
    assert "ended inside window 'load'" in problem.what


# Mutexes and blocking


def test_contention_is_taken_before_and_after_where_it_is_profiled(tmp_path: Path) -> None:
    """The difference is what the window added: requests that waited for one mutex."""
    with build_and_start("-contention") as started:
        recording = run(started, "/queue", cwd=tmp_path)
    for kind in ("mutex", "block"):
        files = [capture.file for capture in of_kind(recording, kind)]
        assert [file.split("-", 1)[1] for file in files][-1] == f"{kind}-after-load.pb.gz"
        assert all("before" in file for file in files[:-1])
    after = recording.profiles[of_kind(recording, "mutex")[-1].file]
    assert after.values.sum() > 0


def test_a_service_that_profiles_no_contention_leaves_none(
    service: GoService, tmp_path: Path
) -> None:
    """Empty profiles tell nothing and are not kept."""
    recording = run(service, "/work", cwd=tmp_path)
    assert recording.captures == ()
    assert len(recording.profiles) == 2


# Execution traces


def test_a_trace_has_a_stretch_of_load_of_its_own(recorded: Path) -> None:
    """At the rate asked for, after the window, in no figure, and summarised once."""
    recording = load(recorded)
    [capture] = of_kind(recording, "trace")
    [window] = recording.windows
    assert window.after is not None
    assert capture.window == "trace"
    assert capture.began_ns > window.after.at_ns
    hits = recording.hits
    inside = (hits.intended > capture.began_ns) & (hits.intended < capture.began_ns + S // 2)
    assert 70 <= np.count_nonzero(inside) <= 80
    assert (hits.flags[inside] & HitFlag.WARMUP).all()
    assert np.count_nonzero((hits.flags & HitFlag.WARMUP) == 0) == 200
    [trace] = recording.traces
    assert trace.summary.damage is None
    assert trace.summary.duration_ns == pytest.approx(600 * MS, rel=0.2)
    kept = json.loads((recorded / "trace-0000.json").read_text())
    assert kept["summary"]["events"] == trace.summary.events
    assert [event.fields["rate"] for event in recording.events if event.kind == "trace-load"] == [
        150
    ]


def test_a_request_lies_in_its_trace_where_the_service_says(recorded: Path) -> None:
    """The service notes the wall clock in its trace: by both ways of placing it they agree.

    Between reading the clock and noting it the scheduler may come in, which only ever makes the
    trace's time later: the least difference is what counts.
    """
    recording = load(recorded)
    [trace] = recording.traces
    assert trace.aligned_by == SNAPSHOTS
    assert trace.uncertainty_ns < MS
    zero = recording.manifest.clock
    noted = stamps(recorded, trace)
    assert len(noted) > 60
    truth = noted[:, 0] - zero.wall_ns
    late = noted[:, 1] + trace.offset_ns - truth
    assert -trace.uncertainty_ns - 20_000 <= late.min() <= trace.uncertainty_ns + 100_000

    hits = recording.hits
    for at in truth[::20]:
        assert np.any((hits.sent <= at) & (hits.done >= at)), "no request was under way then"

    blind = msgspec.structs.replace(trace.summary, clocks=())
    marked = align(trace.capture, blind, zero, same_host=True)
    assert marked.aligned_by == MARKS
    assert abs(marked.offset_ns - trace.offset_ns) <= marked.uncertainty_ns < 2 * S


def test_a_kept_summary_counts_only_for_its_very_trace(recorded: Path, tmp_path: Path) -> None:
    """Gone, damaged or made of other bytes: the trace is read anew, and says the same."""
    shutil.copytree(recorded, tmp_path / "a.hw")
    [trace] = load(tmp_path / "a.hw").traces
    kept = tmp_path / "a.hw/trace-0000.json"
    fitting = json.loads(kept.read_text())
    events = fitting["summary"]["events"]
    fitting["summary"]["events"] = -1
    others = [{**fitting, "sha256": "0" * 64}, {**fitting, "size": 1}, {**fitting, "tool": "0"}]
    for stale in (b"", b"{", *(json.dumps(each).encode() for each in others)):
        kept.write_bytes(stale)
        [again] = load(tmp_path / "a.hw").traces
        assert again.summary.events == events
    kept.unlink()
    [again] = load(tmp_path / "a.hw").traces
    assert again.summary == trace.summary
    kept.write_text(json.dumps(fitting))
    [again] = load(tmp_path / "a.hw").traces
    assert again.summary.events == -1, "one that fits is taken as it is"


def test_a_trace_keeps_to_its_size_and_can_be_read_up_to_there(
    service: GoService, tmp_path: Path
) -> None:
    """The run is told, the service stops tracing, and what came is a trace."""
    recording = run(
        service, "/work", "-trace=1s", "-max-trace-size=16KiB", "-rate=500", cwd=tmp_path
    )
    [trace] = recording.traces
    assert (tmp_path / "a.hw" / trace.capture.file).stat().st_size == 16 << 10
    assert trace.summary.damage is not None
    assert trace.summary.events > 100
    assert any("--max-trace-size" in problem.what for problem in recording.problems)
    assert recording.state is State.COMPLETE


def test_recording_somebody_elses_load_traces_inside_it_and_says_so(
    service: GoService, tmp_path: Path
) -> None:
    """There is no load to ask for afterwards; the figures hold what tracing costs."""
    done = heapwise(
        "record", service.endpoint.origin, "-duration=1s", "-trace=300ms", "-cpu", "--quiet",
        "-o", "a.hw", cwd=tmp_path,
    )  # fmt: skip
    recording = load(tmp_path / "a.hw")
    assert "Traceback" not in done.stderr
    [window] = recording.windows
    [trace] = recording.traces
    assert window.after is not None
    assert window.before.at_ns < trace.capture.began_ns
    assert trace.capture.ended_ns < window.after.at_ns
    assert len(of_kind(recording, "cpu")) == 1
    assert any("inside the window" in problem.what for problem in recording.problems)


def test_a_trace_longer_than_the_recording_is_refused(tmp_path: Path) -> None:
    """In one line, before anything is asked."""
    done = heapwise("record", ":1", "-duration=1s", "-trace=5s", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a trace of 5.00 s in a recording of 1.00 s" in done.stderr


# Endings


def wait_for(path: Path, size: int) -> None:
    """Until a file has so many bytes."""
    end = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size >= size):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_recorder_killed_while_it_traces_leaves_what_came(
    service: GoService, tmp_path: Path
) -> None:
    """The trace is read up to the cut and placed on the clock; the window before it is whole."""
    url = f"{service.endpoint.origin}/work"
    with running(
        "run", url, *QUICK, "-trace=20s", "-rate=500", "-o", "a.hw", cwd=tmp_path
    ) as started:
        wait_for(tmp_path / "a.hw/trace-0000.out", 60_000)
        time.sleep(0.5)  # the log is written every quarter of a second
        started.send_signal(signal.SIGKILL)
        started.wait()
    recording = load(tmp_path / "a.hw")
    assert recording.state is State.INTERRUPTED
    assert recording.windows[0].after is not None
    [trace] = recording.traces
    assert trace.summary.events > 100
    assert trace.aligned_by == SNAPSHOTS


def test_ctrl_c_ends_a_trace_at_once_and_keeps_what_came(
    service: GoService, tmp_path: Path
) -> None:
    """The recording is finished in order, seconds before the trace would have ended."""
    url = f"{service.endpoint.origin}/work"
    with running(
        "run", url, *QUICK, "-trace=60s", "-rate=500", "-o", "a.hw", cwd=tmp_path
    ) as started:
        wait_for(tmp_path / "a.hw/trace-0000.out", 60_000)
        began = time.monotonic()
        started.send_signal(signal.SIGINT)
        started.wait(30)
    assert time.monotonic() - began < 20
    recording = load(tmp_path / "a.hw")
    assert recording.state is State.INTERRUPTED
    assert len(recording.traces) == 1
    assert any("it was broken off" in problem.what for problem in recording.problems)


def test_a_service_that_dies_while_it_is_traced_spoils_no_figure(tmp_path: Path) -> None:
    """The windows were over; the run says that there is no trace, and why."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = f"{binary()} -listen 127.0.0.1:{port}"
    with running(
        "run", f"{origin}/work", *QUICK, "-trace=30s", "-exec", command, "-o", "a.hw", cwd=tmp_path
    ) as started:
        wait_for(tmp_path / "a.hw/trace-0000.out", 0)
        with suppress(ServiceError):
            get(Endpoint.parse(origin), "/quit")
        started.wait(60)
    recording = load(tmp_path / "a.hw")
    assert recording.windows[0].after is not None
    [problem] = [each for each in recording.problems if "exited with code" in each.what]
    assert problem.scope is Scope.NONE
    assert "service-exited" in {event.kind for event in recording.events}


def test_contention_that_cannot_be_had_is_asked_for_once(tmp_path: Path) -> None:
    """The counters wait to be read meanwhile, four times over if every profile were tried."""
    asked = 0

    def silent(_connection: socket.socket) -> None:
        nonlocal asked
        asked += 1

    with (
        RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer,
        rude_server(silent) as url,
    ):
        collector = Collector(GoRuntime(), Endpoint.parse(url), writer, time.monotonic_ns())
        with Captures(NO_CAPTURES, collector, lambda: False) as captures:
            captures.before("load", 0)
            captures.after()
        writer.finish()
    assert asked == 1
    [event] = load(tmp_path / "a.hw").events
    assert event.kind == "capture-failed"


def test_a_stretch_without_a_request_is_refused(tmp_path: Path) -> None:
    """Half a second at one request a minute traces nothing; that is said before the run."""
    done = heapwise(
        "run", "http://127.0.0.1:1/", "-trace=500ms", "-trace-rate=1/1m", cwd=tmp_path
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "makes 0 requests" in done.stderr
