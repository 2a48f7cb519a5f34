"""The doctor says who else can reach a debug endpoint, of real services in Go and Python.

Listening on 0.0.0.0 is all that happens there: every request of these tests goes to loopback.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from heapwise.model.check import Check, Level
from heapwise.model.load import Target
from heapwise.record.exposure import exposure_checks
from heapwise.record.preflight import find_service
from heapwise.runtimes.access import Access
from heapwise.runtimes.go.toolchain import find_go
from heapwise.runtimes.local import listening
from support.pyservice import free_port, interpreter, require_agent

SOURCE = Path(__file__).parent.parent / "data" / "exposed"


class Ports(NamedTuple):
    """Where a service listens, on loopback too."""

    app: int
    debug: int
    pid: int


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built service."""
    path = tmp_path_factory.mktemp("exposed") / "exposed"
    find_go().build(SOURCE, path)
    return path


@contextmanager
def running(binary: Path, *flags: str) -> Iterator[Ports]:
    """The service in Go, with the given flags."""
    with subprocess.Popen([binary, *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Ports(*map(int, process.stdout.readline().split()), process.pid)
        finally:
            process.kill()


def checks(
    port: int, targets: tuple[Target, ...] = (), access: Access | None = None
) -> dict[str, Check]:
    """What the doctor says of the listeners of a service, by name."""
    found = find_service(f"127.0.0.1:{port}", (), access or Access())
    return {check.name: check for check in exposure_checks(found, targets)}


@pytest.mark.go
class TestGo:
    """A service with net/http/pprof."""

    def test_on_loopback_with_a_mux_of_its_own_is_fine(self, binary: Path) -> None:
        """Nothing is wrong, and the address is named."""
        flags = ("-ownmux", "-app=0.0.0.0:0", "-debug=127.0.0.1:0")
        with running(binary, *flags) as ports:
            found = checks(ports.debug)
        assert found["pprof listener"].level is Level.OK
        assert f"127.0.0.1:{ports.debug}" in found["pprof listener"].found
        assert list(found) == ["pprof listener"]

    @pytest.mark.parametrize("address", ["0.0.0.0", "[::]"])
    def test_on_every_address_is_warned_of(self, binary: Path, address: str) -> None:
        """What listens everywhere is found even where it is asked by loopback."""
        with running(binary, "-ownmux", f"-debug={address}:0") as ports:
            check = checks(ports.debug)["pprof listener"]
        assert check.level is Level.WARN
        assert "every address of this machine" in check.found
        assert "127.0.0.1" in check.hint

    def test_in_the_mux_of_the_application_is_warned_of(self, binary: Path) -> None:
        """A port that is the application's has pprof as well, as CVE-2019-11248 had."""
        with running(binary) as ports:
            target = Target("GET", f"http://127.0.0.1:{ports.app}/hello")
            found = checks(ports.debug, (target,))
        assert found["pprof mux"].level is Level.WARN
        assert "command line" not in found  # there are no arguments

    def test_on_a_public_port_beside_a_private_one_is_found(self, binary: Path) -> None:
        """The import that fills the default mux is easily forgotten when a second mux is made."""
        with running(binary, "-app=0.0.0.0:0", "-debug=127.0.0.1:0") as ports:
            check = checks(ports.debug)["pprof listener"]
        assert check.level is Level.WARN
        assert f":{ports.app}," in check.found

    def test_arguments_that_others_can_read_are_noted_and_not_repeated(self, binary: Path) -> None:
        """The command line often holds what the environment should."""
        with running(binary, "-secret=hunter2") as ports:
            check = checks(ports.debug)["command line"]
        assert check.level is Level.NOTE
        assert "hunter2" not in str(check)


@contextmanager
def agent(folder: Path, address: str, token: str = "") -> Iterator[None]:
    """A Python program under the agent."""
    require_agent()
    script = folder / "service.py"
    script.write_text("import time\ntime.sleep(60)\n")
    command = [interpreter(), "-m", "heapwise_agent", "run", "-q", "--address", address, script]
    environment = {**os.environ, "HEAPWISE_AGENT_TOKEN": token} if token else dict(os.environ)
    with subprocess.Popen(command, env=environment) as process:
        try:
            end = time.monotonic() + 30
            while not listening(process.pid) and time.monotonic() < end:
                time.sleep(0.02)
            yield
        finally:
            process.kill()


def test_a_python_agent_on_loopback_is_fine(tmp_path: Path) -> None:
    """Its own listener, its own routes, and a command line without secrets."""
    port = free_port()
    with agent(tmp_path, f"127.0.0.1:{port}"):
        found = checks(port)
    assert [(name, check.level) for name, check in found.items()] == [("pprof listener", Level.OK)]


def test_a_python_agent_that_wants_a_token_may_be_reached(tmp_path: Path) -> None:
    """The agent refuses to be public without one; that it is public is noted all the same."""
    port = free_port()
    access = Access(headers=(("Authorization", "Bearer hunter2hunter2hunter2"),))
    with agent(tmp_path, f"0.0.0.0:{port}", "hunter2hunter2hunter2"):
        found = checks(port, access=access)
    assert found["pprof listener"].level is Level.NOTE
    assert "0.0.0.0" in found["pprof listener"].found
