"""Starting, watching and ending a service."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from heapwise.errors import RecordingError, ServiceError, ToolchainError, UsageError
from heapwise.formats.gctrace import parse_log
from heapwise.formats.memstats import parse_memstats
from heapwise.record import supervise
from heapwise.record.supervise import Service
from heapwise.runtimes.fetch import Endpoint, get
from support.goservice import binary, build_and_start

pytestmark = pytest.mark.go

PARENT = """
import sys, time
from pathlib import Path
from heapwise.record.supervise import Service
service = Service.start(sys.argv[1], stderr=Path(sys.argv[2]))
print(service.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the service's output goes."""
    return tmp_path / "service.log"


@pytest.fixture
def endpoint() -> Endpoint:
    """A port of loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Endpoint.parse(f"127.0.0.1:{listener.getsockname()[1]}")


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def group_is_gone(group: int) -> bool:
    """True once no process is left in a group, save what nobody has waited for."""
    states = subprocess.run(
        ["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False
    )
    return all(state.startswith("Z") for state in states.stdout.split())


def test_a_service_is_started_awaited_measured_and_ended(log: Path, endpoint: Endpoint) -> None:
    """The whole life: port, samples that grow, gctrace in the log, a polite end."""
    command = f"GOGC=50 {binary()} -listen 127.0.0.1:{endpoint.port} -live 32"
    with Service.start(command, stderr=log, env_extra={"GODEBUG": "madvdontneed=1"}) as service:
        service.await_port(endpoint)
        zero = time.monotonic_ns()
        first = service.sample(zero)
        for _ in range(100):
            get(endpoint, "/work")
        last = service.sample(zero)
        assert service.alive()
    assert service.exit_code == -signal.SIGTERM
    assert service.sample(zero) is None
    assert service.command[0] == str(binary())
    assert service.settings == {"GODEBUG": "madvdontneed=1,gctrace=1", "GOGC": "50"}
    assert first is not None
    assert last is not None
    assert 0 <= first.at_ns < last.at_ns
    assert first.cpu_ns <= last.cpu_ns
    assert 32 << 20 < last.rss <= last.rss_peak < 1 << 30
    assert last.minor_faults > 1000
    cycles = parse_log(log.read_bytes())
    assert cycles.cycles
    assert (cycles.skipped, cycles.other) == (0, 1)  # the line that says where it listens


def test_an_early_exit_is_told_at_once_with_the_last_lines(log: Path, endpoint: Endpoint) -> None:
    """A service that dies before it listens is not waited for, and its words are quoted."""
    started = time.monotonic()
    with (
        Service.start(f"{binary()} -listen nowhere:bad\x1b[31m", stderr=log) as service,
        pytest.raises(ServiceError) as caught,
    ):
        service.await_port(endpoint, timeout_s=60)
    assert time.monotonic() - started < 20
    assert "exited with code 1 before it listened at" in caught.value.what
    assert "goservice: listen tcp" in caught.value.why
    assert caught.value.why.isprintable()


def test_a_service_that_never_listens_is_given_up(log: Path, endpoint: Endpoint) -> None:
    """After the timeout the error names the address that was waited for."""
    with (
        Service.start(f"{binary()} -delay 60s", stderr=log) as service,
        pytest.raises(ServiceError, match=f"does not listen at {endpoint.origin} after 0 s"),
    ):
        service.await_port(endpoint, timeout_s=0.3)
    assert group_is_gone(service.pid)


def test_a_stranger_on_the_port_is_told(log: Path) -> None:
    """Where another process has the port and ours lives on, that process is named."""
    with (
        build_and_start() as stranger,
        Service.start(f"{binary()} -listen 127.0.0.1:0", stderr=log) as service,
        pytest.raises(ServiceError, match=f"is served by process {stranger.pid}, not by"),
    ):
        service.await_port(stranger.endpoint)


def test_a_port_in_use_is_the_services_own_error(log: Path) -> None:
    """Where ours dies of the port being taken, its own words say so."""
    with build_and_start() as stranger:
        command = f"{binary()} -listen 127.0.0.1:{stranger.endpoint.port}"
        with (
            Service.start(command, stderr=log) as service,
            pytest.raises(ServiceError, match="address already in use"),
        ):
            service.await_port(stranger.endpoint)


def test_a_service_that_ignores_politeness_is_killed(
    log: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM first, SIGKILL after the grace."""
    monkeypatch.setattr(supervise, "GRACE_S", 0.5)
    command = f"{binary()} -ignoreterm -listen 127.0.0.1:{endpoint.port}"
    with Service.start(command, stderr=log) as service:
        service.await_port(endpoint)
    assert service.exit_code == -signal.SIGKILL
    service.stop()  # a second time does nothing


def test_what_the_command_forked_is_measured_and_ended_too(log: Path, endpoint: Endpoint) -> None:
    """A script in front of the service changes neither the sample nor the end."""
    script = f"{binary()} -live 64 -listen 127.0.0.1:{endpoint.port} & wait"
    with Service.start(f'sh -c "{script}"', stderr=log) as service:
        service.await_port(endpoint)
        sample = service.sample(0)
        assert sample is not None
        assert sample.rss > 64 << 20
    assert within(5, lambda: group_is_gone(service.pid))


@pytest.mark.parametrize("forked", [False, True], ids=["itself", "forked"])
def test_a_service_dies_with_us(log: Path, endpoint: Endpoint, forked: bool) -> None:
    """Killing heapwise with SIGKILL leaves nothing of the service behind, forked or not."""
    command = f"{binary()} -listen 127.0.0.1:{endpoint.port}"
    if forked:
        command = f'sh -c "{command} & wait"'
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, command, str(log)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        assert within(20, lambda: b"listening" in log.read_bytes())
        assert not group_is_gone(group)
        os.kill(parent.pid, signal.SIGKILL)
    assert within(10, lambda: group_is_gone(group))


def test_a_program_that_logs_without_pause_adds_no_cycle(log: Path, endpoint: Endpoint) -> None:
    """Lines of the application tear cycles to pieces, which are counted, and make none up.

    The service itself says how many cycles there were; only some at either end go uncounted.
    """
    with Service.start(f"{binary()} -noise -listen 127.0.0.1:{endpoint.port}", stderr=log) as svc:
        svc.await_port(endpoint)
        for _ in range(50):
            get(endpoint, "/gc")
        stats = parse_memstats(get(endpoint, "heap", query="debug=1").body)
    found = parse_log(log.read_bytes())
    numbers = [cycle.number for cycle in found.cycles]
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(1, stats.counters.num_gc + 2))  # one may end meanwhile
    if numbers:  # on a busy machine not one line may come through whole
        assert len(numbers) + found.missing == numbers[-1] - numbers[0] + 1
    assert found.other > 100


def test_gctrace_agrees_with_the_pauses_of_memstats(log: Path, endpoint: Endpoint) -> None:
    """Every cycle is in both, and half of them have the same pause to within 10 %.

    The two clocks are read at different moments: 1 to 2 % apart in the middle, and further for a
    cycle whose thread lost its processor in between.
    """
    with Service.start(f"{binary()} -listen 127.0.0.1:{endpoint.port}", stderr=log) as svc:
        svc.await_port(endpoint)
        for _ in range(50):
            get(endpoint, "/gc")
        stats = parse_memstats(get(endpoint, "heap", query="debug=1").body)
    found = parse_log(log.read_bytes())
    cycles = {cycle.number: cycle for cycle in found.cycles}
    assert found.missing == 0
    assert len(stats.pauses) == stats.counters.num_gc >= 50
    assert all(cycles[pause.number].forced for pause in stats.pauses)
    ratios = [pause.pause_ns / cycles[pause.number].pause_ns for pause in stats.pauses]
    assert median(ratios) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("command", ["", "  ", "A=1", "svc 'unclosed"])
def test_what_names_no_program_is_a_usage_error(log: Path, command: str) -> None:
    """Nothing is started, and no file is left."""
    with pytest.raises(UsageError):
        Service.start(command, stderr=log)
    assert not log.exists()


@pytest.mark.parametrize("command", ["/no/such/program", "./go.mod", "a\0b"])
def test_what_cannot_be_run_is_one_error(log: Path, command: str) -> None:
    """The hint says that there is no shell."""
    with pytest.raises(ToolchainError, match="started without a shell"):
        Service.start(command, stderr=log)


def test_a_log_that_cannot_be_written_starts_nothing(tmp_path: Path) -> None:
    """The place for the output is opened before the program is."""
    with pytest.raises(RecordingError, match="cannot be written"):
        Service.start("true", stderr=tmp_path / "missing" / "log")
