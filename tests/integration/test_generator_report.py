"""What a report says of the load generator, against what the server and the kernel saw."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from heapwise.load.limits import descriptors, local_ports
from heapwise.model.generator import Stock
from heapwise.model.load import Target
from heapwise.model.transport import Transport
from support.driving import plan_for
from support.rude_servers import rude_server, stall
from support.targets_server import target_server

HEAPWISE = (sys.executable, "-m", "heapwise")
LOWEST, HIGHEST = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())


def load(*arguments: str, limit: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a load to its end, perhaps with few file descriptors."""

    def limited() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    return subprocess.run(
        [*HEAPWISE, "load", *arguments],
        capture_output=True, text=True, check=False, timeout=60, preexec_fn=limited,
    )  # fmt: skip


def generator_of(text: str) -> dict[str, Any]:
    """The generator of a --json report."""
    found: dict[str, Any] = json.loads(text)["data"]["generator"]
    return found


@pytest.mark.parametrize("engine", ["curl", "native"])
def test_the_report_knows_what_the_load_took(engine: str) -> None:
    """Connections are those the server took; their descriptors and ports are in use at the end."""
    with target_server() as server:
        done = load(server.url, "-rate=300", "-duration=1s", "--json", f"--engine={engine}")
        connections = server.stats().connections
    made = generator_of(done.stdout)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert (made["engine"], made["pacing"]) == (engine, "precise")
    assert made["connections_opened"] == connections
    assert 1 <= made["most_in_flight"] <= connections + made["queue_max"]
    assert 0 < made["cpu_share"] < 1.5
    assert made["descriptors"]["limit"] == hard
    assert made["descriptors"]["used"] >= connections
    assert made["ports"] == {"used": connections, "limit": HIGHEST - LOWEST + 1}


@pytest.mark.parametrize("engine", ["curl", "native"])
def test_a_stalled_service_shows_in_flight_what_it_holds(engine: str) -> None:
    """Every hit stays in flight until its timeout, and none of the slots frees before."""
    with rude_server(stall) as url:
        done = load(
            url, "-rate=100", "-duration=300ms", "-timeout=1s", "--json", f"--engine={engine}"
        )
    assert generator_of(done.stdout)["most_in_flight"] == 30


@pytest.mark.parametrize("engine", ["curl", "native"])
def test_too_few_descriptors_are_named_with_their_limit(engine: str) -> None:
    """The reason, the process, how many it may have, and what to do; the figures are INVALID."""
    with rude_server(stall) as url:
        done = load(
            url, "-rate=200", "-duration=500ms", "-timeout=1s", "--json", f"--engine={engine}",
            limit=64,
        )  # fmt: skip
    assert done.returncode == 1  # nothing succeeded
    assert generator_of(done.stdout)["descriptors"]["limit"] == 64
    (line,) = [line for line in done.stderr.splitlines() if "INVALID" in line]
    assert "for want of a file descriptor in the generator, of which it may have 64" in line
    assert "ulimit -Hn" in line


@pytest.mark.parametrize(("family", "host"), [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")])
def test_ports_are_counted_in_the_kernels_own_table(family: str, host: str) -> None:
    """Those towards the plan's address, and no others; none where a unix socket is used."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AddressFamily[family]))
        try:
            listener.bind((host, 0))
        except OSError:
            pytest.skip(f"no {host} here")
        listener.listen()
        port = listener.getsockname()[1]
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        plan = plan_for(Target("GET", f"http://{place}/"))
        before = descriptors()
        assert local_ports(plan) == Stock(0, HIGHEST - LOWEST + 1)
        for _ in range(3):
            stack.enter_context(socket.create_connection((host, port)))
        assert local_ports(plan) == Stock(3, HIGHEST - LOWEST + 1)
        assert descriptors().used == before.used + 3
        assert descriptors().limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    by_socket = plan_for(Target("GET", f"http://{place}/"), transport=Transport(unix_socket="/s"))
    assert local_ports(by_socket) is None
