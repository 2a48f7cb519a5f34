"""A real Python service: Starlette on uvicorn under the agent, started and ended by a test.

    with start_service() as service:
        service.call("/bytes?size=100000")
        service.endpoint          # of the agent

The interpreter is the one of the tests, or the one that HEAPWISE_TEST_PYTHON names.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from heapwise.runtimes.endpoint import Endpoint

SOURCE = Path(__file__).parent.parent / "data" / "pyservice"
START_S = 30.0
NEEDED = ("heapwise_agent", "starlette", "uvicorn")


def interpreter() -> str:
    """The Python that the service runs on."""
    return os.environ.get("HEAPWISE_TEST_PYTHON", sys.executable)


@functools.cache
def missing(*modules: str) -> str:
    """Why a service cannot be started; empty where it can."""
    code = (
        "import importlib.util, sys\n"
        "print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None))"
    )
    done = subprocess.run(
        [interpreter(), "-c", code, *modules], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def require_agent(*modules: str) -> None:
    """Skip the test where the interpreter lacks what a service needs."""
    if absent := missing(*NEEDED, *modules):
        pytest.skip(f"{interpreter()} has no {absent}")


@dataclass(frozen=True, slots=True)
class PyService:
    """A running service.

    Attributes:
        url: of the application, without a path.
        endpoint: of the agent.
    """

    url: str
    endpoint: Endpoint
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def call(self, path: str) -> bytes:
        """The body of one answer."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            body: bytes = answer.read()
        return body

    def kill(self) -> None:
        """As the out-of-memory killer does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def command(port: int, agent_port: int, *options: str) -> list[str]:
    """What starts the service."""
    return [
        interpreter(), "-m", "heapwise_agent", "run", "--address", f"127.0.0.1:{agent_port}",
        "-m", "uvicorn", "pyservice:app", "--app-dir", str(SOURCE), "--port", str(port),
        "--log-level", "warning", *options,
    ]  # fmt: skip


@contextmanager
def start_service(
    *options: str,
    ports: tuple[int, int] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[PyService]:
    """Start the service and wait until both ports answer; it is gone afterwards.

    Args:
        options: more of uvicorn's.
        ports: of application and agent; free ones by default.
        env: variables on top of ours.
    """
    require_agent()
    port, agent_port = ports or (free_port(), free_port())
    process = subprocess.Popen(
        command(port, agent_port, *options),
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for each in (port, agent_port):
            _await(process, each)
        endpoint = Endpoint.parse(f"127.0.0.1:{agent_port}")
        yield PyService(f"http://127.0.0.1:{port}", endpoint, process)
    finally:
        _end(process)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, f"the service exited with code {process.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at port {port} after {START_S} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: uvicorn's workers are children."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        end = time.monotonic() + 5
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
    process.wait(10)
