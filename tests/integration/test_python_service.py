"""Python services through heapwise-agent: counters, collections, findings, and every ending."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heapwise.analysis.diff import subtract
from heapwise.analysis.owners import owner_table
from heapwise.analysis.size_classes import aligned
from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import examine
from heapwise.errors import ServiceError
from heapwise.formats import pprof
from heapwise.model.finding import Confidence, Finding
from heapwise.model.memory import Counters
from heapwise.model.profile import Profile
from heapwise.model.recording import State
from heapwise.model.work import PerWork, Work
from heapwise.record.preflight import find_service
from heapwise.record.procfs import sample
from heapwise.record.store import load
from heapwise.runtimes.python.service import PythonRuntime
from heapwise.runtimes.registry import recognise
from support.pyservice import (
    SOURCE,
    PyService,
    command,
    free_port,
    interpreter,
    require_agent,
    start_service,
)

KNOWN = 200_000
HEADER = 33
"""What a bytes object has before and after its content."""

EXIT_INVALID = 4


@pytest.fixture(scope="module")
def service() -> Iterator[PyService]:
    with start_service() as running:
        for path in (f"/known?size={KNOWN}", "/known?size=0"):
            call(running, path, 50)  # what is made once is no cost of a request
        yield running


def call(service: PyService, path: str, times: int) -> None:
    for _ in range(times):
        service.call(path)


def spent(service: PyService, path: str, times: int) -> Counters:
    """The growth of the exact counters over some requests, in a `Counters`."""
    runtime = PythonRuntime()
    before = runtime.read(service.endpoint).counters
    call(service, path, times)
    after = runtime.read(service.endpoint).counters
    return Counters(
        total_alloc=after.total_alloc - before.total_alloc,
        mallocs=after.mallocs - before.mallocs,
        frees=0,
    )


def window(service: PyService, path: str, times: int) -> tuple[Profile, PerWork]:
    """What some requests allocated, as the profile and as the counters have it."""
    runtime = PythonRuntime()
    earlier = pprof.decode(runtime.fence(service.endpoint).data)
    counted = spent(service, path, times)
    later = pprof.decode(runtime.fence(service.endpoint).data)
    costs = PerWork(
        Work("req", times), counted.total_alloc / times, counted.mallocs / times, 0.0, 0.0
    )
    return subtract(*aligned(earlier, later)), costs


def test_a_service_under_the_agent_is_recognised(service: PyService) -> None:
    """By what the agent says of itself: interpreter, interval, this host, and the process."""
    found = find_service(service.endpoint.origin, ())
    version = subprocess.run(
        [interpreter(), "-c", "import platform; print(platform.python_version())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert (found.info.runtime, found.info.version) == ("python", f"CPython {version}")
    assert found.info.same_host
    assert found.info.settings["HEAPWISE_AGENT_INTERVAL"] == "524288"
    assert found.runtime.process(found.endpoint) == service.pid


def test_the_exact_counters_know_what_a_request_was_told_to_allocate(service: PyService) -> None:
    """Two routes differ in one block of 200,033 bytes: so do their bytes per request."""
    times = 100
    with_block = spent(service, f"/known?size={KNOWN}", times)
    without = spent(service, "/known?size=0", times)
    difference = (with_block.total_alloc - without.total_alloc) / times
    assert difference == pytest.approx(KNOWN, rel=0.01)
    assert abs(with_block.mallocs - without.mallocs) / times < 5


def test_asking_the_agent_hardly_shows_in_what_is_counted(service: PyService) -> None:
    """The agent's own threads are not counted: a reading adds some KB, as its page has alone."""
    runtime = PythonRuntime()
    readings = [runtime.read(service.endpoint).counters for _ in range(11)]
    assert (readings[-1].total_alloc - readings[0].total_alloc) / 10 < 15_000


def test_the_allocating_line_is_the_owner_of_its_share(service: PyService) -> None:
    """The profile's share of the exact total holds the block's size within its own error bars."""
    profile, costs = window(service, f"/known?size={KNOWN}", 300)
    table = owner_table(profile, None, costs, "python")
    (owner,) = [row for row in table.rows if row.owner == "pyservice.known"]
    source = (SOURCE / "pyservice.py").read_text("utf-8").splitlines()
    assert "bytes(int(" in source[int(owner.place.rpartition(":")[2]) - 1]
    assert owner.bytes_per_work is not None
    assert owner.bytes_per_work.low * 0.9 <= KNOWN + HEADER <= owner.bytes_per_work.high * 1.1
    assert not any("heapwise_agent" in row.owner for row in table.rows)


def test_a_fence_collects_once_and_is_seen(service: PyService) -> None:
    """The forced count rises, and the profile is one that pprof's readers take."""
    runtime = PythonRuntime()
    before = runtime.read(service.endpoint).counters
    fenced = runtime.fence(service.endpoint)
    after = runtime.read(service.endpoint).counters
    assert after.num_forced_gc - before.num_forced_gc == fenced.cycles_forced == 1
    assert pprof.decode(fenced.data).period == 524_288


def test_collections_come_one_by_one_with_their_generation(service: PyService) -> None:
    """Three full collections of a thousand cycles each: numbered on, none twice, none lost."""
    runtime = PythonRuntime()
    before = runtime.read(service.endpoint)
    call(service, "/cycles?count=1000", 3)
    first = runtime.read(service.endpoint)
    second = runtime.read(service.endpoint)
    full = [pause for pause in first.pauses if pause.generation == 2]
    assert len(full) == 3
    assert all(pause.pause_ns > 0 and pause.forced == 0 for pause in full)
    assert sum(pause.collected for pause in first.pauses) >= 3 * 999  # the last one is still held
    numbers = [pause.number for pause in (*first.pauses, *second.pauses)]
    assert numbers == list(range(before.counters.num_gc + 1, numbers[-1] + 1))
    assert first.counters.num_gc in numbers
    assert before.contradictions == first.contradictions == second.contradictions == ()


def test_threads_and_tasks_are_counted(service: PyService) -> None:
    """At least the main thread and uvicorn's own task."""
    assert PythonRuntime().tasks(service.endpoint) >= 2


def found_in(service: PyService, path: str) -> dict[str, Finding]:
    profile, costs = window(service, path, 200)
    case = Case.of(profile, None, costs, runtime="python", body_bytes=600.0)
    return {finding.code: finding for finding in examine(case)}


@pytest.mark.parametrize("path", ["/right-sized", "/decompressing", f"/known?size={65_536 - 33}"])
def test_what_builds_no_large_compressor_is_left_alone(service: PyService, path: str) -> None:
    """Neither the remedy, nor a decompressor, nor a block of the size of a window."""
    assert found_in(service, path) == {}


def test_gzip_compress_in_a_handler_is_found(service: PyService) -> None:
    """The stream has no frame, and its blocks give it away: size, parameters and caller."""
    finding = found_in(service, "/compressing")["HW101"]
    assert finding.where.startswith("pyservice.compressing (")
    assert finding.confidence is Confidence.HIGH
    assert "wbits 15, memLevel 8" in finding.why
    assert "zlib.compressobj(6, zlib.DEFLATED, 16 + 12, 5)" in finding.remedy
    assert finding.evidence.bytes_per_work is not None
    assert finding.evidence.bytes_per_work.value == pytest.approx(268_096, rel=0.25)


def heapwise(*args: str, cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


SHORT = ("-rate=100", "-duration=3s", "-warmup=500ms", "--json", "-o", "run.hw")


def test_a_run_tells_all_it_tells_of_go(service: PyService, tmp_path: Path) -> None:
    """Exact costs, collections, CPU and memory of the process, and the middleware's compressor."""
    done = heapwise(
        "run", f"{service.url}/plain", "--service", service.endpoint.origin, *SHORT, cwd=tmp_path
    )  # fmt: skip
    assert done.returncode in {0, EXIT_INVALID}, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)["data"]
    metrics = {each["metric"]: each["value"] for each in report["metrics"]}
    assert report["state"] == "complete"
    assert {problem["scope"] for problem in report["problems"]} <= {"none", "latency"}
    assert report["per_work"]["work"] == {"unit": "req", "count": 300}
    assert report["per_work"]["measuring_bytes"] < 0.01 * report["per_work"]["bytes"]
    assert metrics["cpu/work"] > 0
    assert metrics["rss.peak"] > 10 << 20
    assert metrics["heap.live"] > 1 << 20
    assert metrics["gc.cpu_share"] is not None
    assert (report["gc"]["source"], report["gc"]["coverage"]) == ("gc.callbacks", 1.0)
    finding = report["findings"][0]
    assert (finding["code"], finding["module"]) == ("HW101", "starlette")
    text = heapwise("report", "run.hw", cwd=tmp_path).stdout
    assert "starlette builds a compressor for every response" in text
    top = heapwise("top", "run.hw", "-sample_index=alloc_space", cwd=tmp_path)
    assert "starlette.middleware.gzip" in top.stdout, top.stderr


def test_a_started_service_is_measured_and_ended(tmp_path: Path) -> None:
    """With -exec all it forked is measured, only Python's settings are kept, and nothing stays."""
    require_agent()
    port, agent_port = free_port(), free_port()
    done = heapwise(
        "run", f"http://127.0.0.1:{port}/right-sized", "--service", f"127.0.0.1:{agent_port}",
        "-exec", f"PYTHONMALLOC=malloc {shlex.join(command(port, agent_port))}",
        "-rate=50", "-duration=1s", "-warmup=200ms", "-o", "run.hw", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode in {0, EXIT_INVALID}, done.stderr
    recording = load(tmp_path / "run.hw")
    assert recording.manifest.service.settings["PYTHONMALLOC"] == "malloc"
    assert "GODEBUG" not in recording.manifest.service.settings
    assert len(recording.process) > 2
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port)):
        pass


def test_doctor_looks_at_a_python_service(service: PyService, tmp_path: Path) -> None:
    """Everything a run needs is there, and is named."""
    done = heapwise("doctor", service.url, "--service", service.endpoint.origin, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "(python, CPython 3." in done.stdout
    assert "collections" in done.stdout


def test_a_service_that_is_killed_leaves_a_readable_recording(tmp_path: Path) -> None:
    """Its figures end at the last reading, and the report says so."""
    with start_service() as service:
        run = subprocess.Popen(
            [
                sys.executable, "-m", "heapwise", "run", f"{service.url}/plain", "--service",
                service.endpoint.origin, "-rate=100", "-duration=4s", "-warmup=300ms",
                "-interval=200ms", "-o", "run.hw",
            ],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        end = time.monotonic() + 30
        while not list(tmp_path.glob("run.hw/profiles/*before*")):
            assert time.monotonic() < end
            time.sleep(0.05)
        time.sleep(1.5)
        service.kill()
        out, err = run.communicate(timeout=60)
    assert run.returncode == EXIT_INVALID, err
    assert "did not answer after the load" in " ".join(out.split())
    recording = load(tmp_path / "run.hw")
    assert recording.state is State.COMPLETE
    assert any(window.after is None for window in recording.windows)
    assert "Traceback" not in err


def test_a_restart_is_seen_even_where_the_counters_rose() -> None:
    """The new process has allocated more than the old one ever did, and is another one."""
    ports = free_port(), free_port()
    runtime = PythonRuntime()
    with start_service(ports=ports) as service:
        before = runtime.read(service.endpoint).counters
        service.kill()
    with start_service(ports=ports) as service:
        call(service, f"/known?size={50 * KNOWN}", 20)
        reading = runtime.read(service.endpoint)
    assert reading.counters.total_alloc > before.total_alloc
    assert reading.counters.went_back(before)
    assert reading.contradictions == ()


def test_workers_are_measured_together_and_their_renewal_is_seen() -> None:
    """Two processes add up; when one is replaced the counters are those of others."""
    with start_service("--workers", "2") as service:
        runtime, info = PythonRuntime(), None
        end = time.monotonic() + 20
        while info is None or "processes" not in info.settings:
            assert time.monotonic() < end, info
            time.sleep(0.2)
            info = runtime.detect(service.endpoint)
        pids: set[int] = set()
        while len(pids) < 2:
            assert time.monotonic() < end, pids
            pids.add(int(service.call("/pid")))
        before = runtime.read(service.endpoint).counters
        call(service, f"/known?size={KNOWN}", 50)
        after = runtime.read(service.endpoint).counters
        assert not after.went_back(before)
        assert after.total_alloc - before.total_alloc > 50 * KNOWN
        usage = sample(runtime.process(service.endpoint) or -1, 0)
        assert usage is not None
        assert usage.rss > len(pids) * (10 << 20)
        os.kill(min(pids), signal.SIGKILL)
        end = time.monotonic() + 20
        while not (last := runtime.read(service.endpoint).counters).went_back(before):
            assert time.monotonic() < end, last
            time.sleep(0.2)


def test_an_agent_without_its_extension_is_one_clear_line(tmp_path: Path) -> None:
    """There is nothing to measure with: heapwise says why, and what to install."""
    require_agent()
    code = "import heapwise_agent; print(heapwise_agent.__path__[0])"
    package = subprocess.run(
        [interpreter(), "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    bare = tmp_path / "bare" / "heapwise_agent"
    shutil.copytree(package, bare, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    with start_service(env={"PYTHONPATH": str(bare.parent)}) as service:
        runtime, info = recognise(service.endpoint)
        assert info.runtime == "python"
        with pytest.raises(ServiceError, match="cannot measure"):
            runtime.read(service.endpoint)
        with pytest.raises(ServiceError, match="501"):
            runtime.fence(service.endpoint)
        done = heapwise(
            "run", f"{service.url}/plain", "--service", service.endpoint.origin, *SHORT,
            cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 1
    error = [line for line in done.stderr.splitlines() if "cannot measure" in line]
    assert len(error) == 1
    assert "Traceback" not in done.stderr
