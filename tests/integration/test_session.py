"""A run on a real Go service leaves a recording whose figures are right, however it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from heapwise.model.load import HitFlag
from heapwise.record.store import load
from support.goheap import pprof
from support.goservice import GoService, binary, build_and_start
from support.pyservice import free_port

pytestmark = pytest.mark.go

OBJECTS, SIZE = 16, 4096
EXIT_INVALID, EXIT_INTERRUPTED = 4, 130


def heapwise(*args: str, cwd: Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, with latency problems of this machine left to it."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


@contextmanager
def heapwise_running(*args: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """The same, while it goes on."""
    with subprocess.Popen(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    document = json.loads(done.stdout)
    assert document["kind"] == "run"
    data: dict[str, Any] = document["data"]
    return data


def scopes(report: dict[str, Any]) -> set[str]:
    return {problem["scope"] for problem in report["problems"]}


def metric(report: dict[str, Any], name: str) -> float | None:
    return {each["metric"]: each["value"] for each in report["metrics"]}[name]


@pytest.fixture
def service() -> Iterator[GoService]:
    with build_and_start(f"-objects={OBJECTS}", f"-size={SIZE}") as running:
        yield running


def at(service: GoService) -> str:
    return f"{service.endpoint.origin}/work"


SHORT = ("-rate=300", "-duration=2s", "-warmup=500ms", "--json", "-o", "run.hw")


def test_bytes_per_request_are_those_the_service_counts_itself(
    service: GoService, tmp_path: Path
) -> None:
    """The cost of a request equals a plain run of the same load, counted by the service alone."""
    done = heapwise("run", at(service), "-interval=200ms", *SHORT, cwd=tmp_path)
    report = report_of(done)
    assert report["per_work"]["work"] == {"unit": "req", "count": 600}
    before = service.counters()
    heapwise("load", at(service), "-rate=300", "-duration=2s", "-o", "hits.ndjson", cwd=tmp_path)
    after = service.counters()
    requests = after["requests"] - before["requests"]
    assert requests == 600
    plain = (after["total_alloc"] - before["total_alloc"]) / requests
    assert report["per_work"]["bytes"] == pytest.approx(plain, rel=0.01)
    assert report["per_work"]["bytes"] > OBJECTS * SIZE


def test_a_started_service_is_recorded_by_the_system_and_by_gctrace(tmp_path: Path) -> None:
    """With --exec there are CPU, RSS and faults, every collection is seen, and it is ended."""
    port = free_port()
    command = f"{binary()} -listen 127.0.0.1:{port} -objects {OBJECTS} -size {SIZE}"
    done = heapwise(
        "run", f"http://127.0.0.1:{port}/work", "-exec", command, *SHORT, cwd=tmp_path
    )  # fmt: skip
    report = report_of(done)
    assert report["state"] == "complete"
    assert report["gc"]["source"] == "gctrace"
    assert report["gc"]["coverage"] == 1.0
    assert (metric(report, "cpu/work") or 0) > 0
    assert (metric(report, "rss.peak") or 0) > 1 << 20
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port)):
        pass


def test_go_tool_pprof_opens_the_profiles_of_a_recording(
    service: GoService, tmp_path: Path
) -> None:
    """Profiles are kept as received."""
    heapwise("run", at(service), *SHORT, cwd=tmp_path)
    profiles = sorted((tmp_path / "run.hw" / "profiles").glob("*.pb.gz"))
    assert len(profiles) == 2
    assert "alloc_space/bytes" in pprof(profiles[-1], "-raw")


def test_a_service_that_dies_spoils_the_run_but_loses_nothing(tmp_path: Path) -> None:
    """The report says that it exited and with which code; no figure is negative."""
    port = free_port()
    command = f"{binary()} -listen 127.0.0.1:{port} -exitafter 3s"
    done = heapwise(
        "run", f"http://127.0.0.1:{port}/work", "-exec", command, "-rate=200", "-duration=20s",
        "-warmup=500ms", "--json", "-o", "run.hw", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == EXIT_INVALID, done.stderr
    report = report_of(done)
    assert "all" in scopes(report)
    assert any("exited with code 3" in problem["what"] for problem in report["problems"])
    assert report["load_result"]["total"]["succeeded"] > 100
    assert all((each["value"] or 0) >= 0 for each in report["metrics"])
    assert "Traceback" not in done.stderr


def test_a_service_that_restarts_never_gives_a_negative_figure(tmp_path: Path) -> None:
    """Counters that go backwards split the run and mark it invalid."""
    port = free_port()
    listen = f"-listen=127.0.0.1:{port}"
    run = ("run", f"http://127.0.0.1:{port}/work", "-rate=200", "-duration=5s", "-warmup=1s",
           "-interval=200ms", "--json", "-o", "run.hw")  # fmt: skip
    with build_and_start(listen) as first:
        for _ in range(500):
            first.call("/work")
        with heapwise_running(*run, cwd=tmp_path) as process:
            wait_for_load(tmp_path / "run.hw")
            first.process.kill()
            first.process.wait()
            with build_and_start(listen):
                out, err = process.communicate(timeout=60)
    assert process.returncode == EXIT_INVALID, err
    report = json.loads(out)["data"]
    assert "all" in scopes(report)
    assert any("restarted" in problem["what"] for problem in report["problems"])
    assert all((each["value"] or 0) >= 0 for each in report["metrics"])


def wait_for_load(path: Path) -> None:
    """Until hits of the measured load are in the recording."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (path / "manifest.json").exists() and measured_hits(path) > 50:
            return
        time.sleep(0.1)
    raise AssertionError("the load never started")


def measured_hits(path: Path) -> int:
    flags = load(path).hits.flags
    return int(((flags & HitFlag.WARMUP) == 0).sum())


def test_ctrl_c_once_finishes_and_reports(service: GoService, tmp_path: Path) -> None:
    """The first interrupt ends the load, takes the last fence and reports; exit code 130."""
    run = ("run", at(service), "-rate=200", "-duration=60s", "-warmup=0s", "--json", "-o", "run.hw")
    with heapwise_running(*run, cwd=tmp_path) as process:
        wait_for_load(tmp_path / "run.hw")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == EXIT_INTERRUPTED, err
    report = json.loads(out)["data"]
    assert report["state"] == "interrupted"
    assert report["per_work"]["bytes"] > 16 * 1024
    assert "Traceback" not in err


def test_ctrl_c_twice_quits_and_the_recording_is_readable(
    service: GoService, tmp_path: Path
) -> None:
    """The second interrupt quits at once; what is there reports as interrupted."""
    run = ("run", at(service), "-rate=200", "-duration=60s", "-warmup=0s", "-o", "run.hw")
    with heapwise_running(*run, cwd=tmp_path) as process:
        wait_for_load(tmp_path / "run.hw")
        os.kill(process.pid, signal.SIGSTOP)  # both signals arrive before it can finish
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        os.kill(process.pid, signal.SIGCONT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == EXIT_INTERRUPTED, err
    assert "Traceback" not in err
    done = heapwise("report", "run.hw", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert report_of(done)["state"] == "interrupted"


@pytest.mark.parametrize("flags", ["-delay 20s", ""], ids=["starting", "warming up"])
def test_ctrl_c_before_the_load_ends_the_run_at_once(flags: str, tmp_path: Path) -> None:
    """There is nothing to finish: no wait for the port, no fences, no blame on the targets."""
    port = free_port()
    command = f"{binary()} -listen 127.0.0.1:{port} {flags}"
    run = ("run", f"http://127.0.0.1:{port}/work", "-exec", command, "-rate=50", "-duration=60s",
           "-warmup=60s", "--json", "-o", "run.hw")  # fmt: skip
    with heapwise_running(*run, cwd=tmp_path) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == EXIT_INTERRUPTED, err
    assert "Traceback" not in err
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port)):
        pass
    if flags:
        assert not list(tmp_path.iterdir())
    else:
        assert scopes(json.loads(out)["data"]) == {"none"}


def test_a_service_that_dies_while_warming_up_is_said_to_have_exited(tmp_path: Path) -> None:
    """Its exit code and where its last words are, not that nothing listens."""
    port = free_port()
    command = f"{binary()} -listen 127.0.0.1:{port} -exitafter 2s"
    done = heapwise(
        "run", f"http://127.0.0.1:{port}/work", "-exec", command, "-rate=50", "-warmup=20s",
        "--json", "-o", "run.hw", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    spoiled = [each["what"] for each in report_of(done)["problems"] if each["scope"] == "all"]
    assert spoiled == ["the service exited with code 3 during the run"]


def test_a_debug_endpoint_that_comes_up_later_is_awaited(tmp_path: Path) -> None:
    """With --exec the port of --service is awaited as well as that of the target."""
    port, debug = free_port(), free_port()
    both = f"{binary()} -listen 127.0.0.1:{port} & sleep 1; exec {binary()} -listen "
    done = heapwise(
        "run", f"http://127.0.0.1:{port}/work", "-service", f"127.0.0.1:{debug}",
        "-exec", f"sh -c '{both} 127.0.0.1:{debug}'", *SHORT, cwd=tmp_path,
    )  # fmt: skip
    assert report_of(done)["load_result"]["total"]["succeeded"] == 600


def test_what_was_measured_before_a_service_was_lost_is_reported(
    service: GoService, tmp_path: Path
) -> None:
    """Targets driven apart: when the service ends with the first, the second is not tried."""
    (tmp_path / "targets.txt").write_text(f"GET {at(service)}\n\nGET {at(service)}?second\n")
    run = ("run", "-targets", "targets.txt", "-apart", "-rate=200", "-duration=4s",
           "-warmup=200ms", "-interval=100ms", "--json", "-o", "run.hw")  # fmt: skip
    with heapwise_running(*run, cwd=tmp_path) as process:
        wait_for_load(tmp_path / "run.hw")
        time.sleep(1)
        service.process.kill()
        out, err = process.communicate(timeout=60)
    assert process.returncode == EXIT_INVALID, err
    report = json.loads(out)["data"]
    assert report["per_work"]["bytes"] == pytest.approx(OBJECTS * SIZE, rel=0.2)
    assert [endpoint["target"] for endpoint in report["endpoints"]] == [f"GET {at(service)}"]


def test_a_secret_in_the_command_is_nowhere_in_the_recording(tmp_path: Path) -> None:
    """Neither as it was typed nor as it was started."""
    port = free_port()
    script = tmp_path / "serve"
    script.write_text(f'#!/bin/sh\nexec {binary()} -listen "$2"\n')
    script.chmod(0o755)
    command = f"./serve --db-password=hunter2 127.0.0.1:{port}"
    done = heapwise(
        "run", f"http://127.0.0.1:{port}/work?token=hunter2", "-exec", command,
        "-header", "Authorization: hunter2", *SHORT, cwd=tmp_path,
    )  # fmt: skip
    assert report_of(done)["load_result"]["total"]["succeeded"] == 600
    kept = [path for path in (tmp_path / "run.hw").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"hunter2" in path.read_bytes()]
    assert "hunter2" not in done.stdout


def test_record_measures_while_somebody_else_makes_the_load(
    service: GoService, tmp_path: Path
) -> None:
    """Without hits of its own the cost is given per second."""
    with heapwise_running(
        "load", at(service), "-rate=300", "-duration=6s", "-o", "hits.ndjson", cwd=tmp_path
    ):
        done = heapwise(
            "record", service.endpoint.url, "-duration=2s", "--json", "-o", "run.hw", cwd=tmp_path
        )
    report = report_of(done)
    assert report["per_work"]["work"]["unit"] == "s"
    assert report["per_work"]["bytes"] == pytest.approx(300 * OBJECTS * SIZE, rel=0.3)


def test_targets_driven_apart_have_costs_of_their_own(service: GoService, tmp_path: Path) -> None:
    """With -apart each endpoint gets its own bytes per request."""
    origin = service.endpoint.origin
    (tmp_path / "targets.txt").write_text(f"GET {origin}/work\n\nGET {origin}/counters\n")
    done = heapwise("run", "-targets", "targets.txt", "-apart", *SHORT, cwd=tmp_path)
    work, counters = report_of(done)["endpoints"]
    assert work["target"].endswith("/work")
    assert work["per_work"]["bytes"] > OBJECTS * SIZE
    assert counters["per_work"]["bytes"] < OBJECTS * SIZE


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["http://1.94:80/"], 2, "1.94"),
        (["http://127.0.0.1:1/"], 1, "no debug endpoint found"),
        (["GET"], 2, "heapwise: "),
        (["-targets", "empty.txt"], 2, "empty.txt"),
        (["-targets", "bad.txt"], 2, "bad.txt:3"),
        (["-targets", "missing.txt"], 2, "missing.txt"),
        (["http://192.0.2.1/"], 2, "192.0.2.1"),
        (["http://127.0.0.1:1/", "-rate=1/1m", "-duration=10s"], 2, "rate x duration"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_fired(
    args: list[str], code: int, message: str, tmp_path: Path
) -> None:
    """What cannot be driven is refused with the reason, and leaves no recording behind."""
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "bad.txt").write_text("GET http://127.0.0.1:1/\n\nFETCH\n")
    done = heapwise("run", *args, "-o", "run.hw", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run.hw").exists()


def test_an_existing_output_is_not_overwritten(service: GoService, tmp_path: Path) -> None:
    """A directory that exists is refused before anything is fired."""
    (tmp_path / "run.hw").mkdir()
    done = heapwise("run", at(service), "-o", "run.hw", cwd=tmp_path)
    assert done.returncode == 2
    assert "run.hw exists already" in done.stderr
    assert service.counters()["requests"] == 0


def test_a_service_without_pprof_is_told_what_to_import(tmp_path: Path) -> None:
    """A 404 below /debug/pprof names the import that is missing."""
    with build_and_start("-nopprof") as service:
        done = heapwise("run", at(service), "--service", service.endpoint.url, cwd=tmp_path)
    assert done.returncode == 1
    assert "404" in done.stderr
    assert "net/http/pprof" in done.stderr


def test_doctor_checks_and_fires_nothing(service: GoService, tmp_path: Path) -> None:
    """Every check is listed; the service sees none of its own endpoints called."""
    done = heapwise("doctor", at(service), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    levels = {check["name"]: check["level"] for check in json.loads(done.stdout)["data"]["checks"]}
    assert levels["debug endpoint"] == "ok"
    assert levels["counters"] == "ok"
    assert service.counters()["requests"] == 0


def test_doctor_fails_where_a_run_would(tmp_path: Path) -> None:
    """An unreachable service is a failed check and exit code 1."""
    done = heapwise("doctor", "http://127.0.0.1:1/", cwd=tmp_path)
    assert done.returncode == 1
    assert "FAIL" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_fills_up_ends_the_run_with_what_there_is(
    service: GoService, tmp_path: Path
) -> None:
    """One line and exit code 1; the recording reads, and says that it was interrupted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        done = heapwise(
            "run", at(service), "-rate=3000", "-duration=6s", "-o", str(disk / "run.hw"),
            cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr
        report = report_of(heapwise("report", str(disk / "run.hw"), "--json", cwd=tmp_path))
    finally:
        subprocess.run(["umount", disk], check=True)
    assert report["state"] == "interrupted"
    assert report["load_result"]["total"]["sent"] > 1000
