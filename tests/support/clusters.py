"""Dask clusters for tests: on loopback, or each worker on a network and a clock of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.certificates import Certificates

HERE = Path(__file__).parent
DAY_S = 86_400
_PATIENCE_S = 30


@dataclass(frozen=True)
class Place:
    """Where a process is started: what stands before its command, and its address there."""

    prefix: tuple[str, ...] = ()
    address: str = "127.0.0.1"


@dataclass(frozen=True)
class Network:
    """Where the scheduler, the target and heapwise are, and where each worker is."""

    asks: Place
    workers: tuple[Place, ...]


LOOPBACK = Network(Place(), (Place(), Place()))


@contextmanager
def two_machines() -> Iterator[Network | None]:
    """Three network namespaces, joined as two cables would; None where they are not allowed.

    The clocks of the two workers' machines began to run a day apart, as machines' clocks do.
    """
    probe = ["unshare", "-rnT", "--monotonic", "1", "--fork", "--", "true"]
    try:
        allowed = subprocess.run(probe, check=False, capture_output=True).returncode == 0
        allowed = allowed and subprocess.run(["ip", "-V"], check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        yield None
        return
    with ExitStack() as stack:
        hub = _enter(stack.enter_context(_namespace("unshare", "-rn", "--")))
        _ip(hub, "link set lo up", "addr add 10.99.0.1/32 dev lo")
        workers = []
        for number in (1, 2):
            holder = stack.enter_context(_namespace(*hub, "unshare", "-n", "--"))
            own = _enter(holder)
            net = f"10.99.{number}"
            _ip(
                hub,
                f"link add v{number} type veth peer name eth0 netns {holder}",
                f"addr add {net}.1/24 dev v{number}", f"link set v{number} up",
            )  # fmt: skip
            _ip(
                own,
                "link set lo up", f"addr add {net}.2/24 dev eth0", "link set eth0 up",
                f"route add default via {net}.1",
            )  # fmt: skip
            clock = ("unshare", "-T", "--monotonic", str(number * DAY_S), "--fork", "--kill-child")
            workers.append(Place((*own, *clock, "--"), f"{net}.2"))
        yield Network(Place(hub, "10.99.0.1"), tuple(workers))


@dataclass
class DaskCluster:
    """A scheduler; workers join it, and take some time to do so."""

    network: Network
    folder: Path
    address: str
    tls: tuple[str, ...]

    @contextmanager
    def worker(self, place: Place, setup: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker; ``setup`` is Python that it executes first."""
        number = len(list(self.folder.glob("worker*.log"))) + 1
        log = self.folder / f"worker{number}.log"
        preload: list[str] = []
        if setup:
            (self.folder / f"setup{number}.py").write_text(setup)
            preload = ["--preload", str(self.folder / f"setup{number}.py")]
        command = [
            *place.prefix, sys.executable, "-m", "dask", "worker", self.address, "--no-nanny",
            "--no-dashboard", "--nthreads", "1", "--host", place.address,
            "--local-directory", str(self.folder), *self.tls, *preload,
        ]  # fmt: skip
        with _logged(command, log) as process:
            yield process

    def wait(self) -> None:
        """Until every worker that was started has joined."""
        for log in self.folder.glob("worker*.log"):
            _wait_for(log, "Registered to")


@contextmanager
def cluster(
    folder: Path, network: Network = LOOPBACK, certificates: Certificates | None = None
) -> Iterator[DaskCluster]:
    """Run a scheduler and a worker in each place; with certificates they speak TLS."""
    tls: tuple[str, ...] = ()
    if certificates:
        options = ("--tls-cert", "--tls-key", "--tls-ca-file")
        pairs = zip(options, map(str, certificates), strict=True)
        tls = tuple(word for pair in pairs for word in pair)
    told = folder / "scheduler.json"
    command = [
        *network.asks.prefix, sys.executable, "-m", "dask", "scheduler", "--no-dashboard",
        "--host", network.asks.address, "--port", "0", "--scheduler-file", str(told),
        *(["--protocol", "tls"] if tls else []), *tls,
    ]  # fmt: skip
    with ExitStack() as stack:
        stack.enter_context(_logged(command, folder / "scheduler.log"))
        _wait_for(told, "address")
        running = DaskCluster(network, folder, json.loads(told.read_text())["address"], tls)
        for place in network.workers:
            stack.enter_context(running.worker(place))
        running.wait()
        yield running


@contextmanager
def arrivals_target(place: Place) -> Iterator[str]:
    """The URL of an ``arrival_server`` in a place."""
    command = [*place.prefix, sys.executable, "-S", str(HERE / "arrival_server.py"), place.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            yield f"http://{place.address}:{int(process.stdout.readline())}"
        finally:
            process.kill()


def arrivals(place: Place, url: str) -> list[int]:
    """When its requests came, wall clock, ns."""
    program = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
    command = [*place.prefix, sys.executable, "-c", program, f"{url}/arrivals"]
    stamps: list[int] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return stamps


@contextmanager
def _namespace(*command: str) -> Iterator[int]:
    """A process that holds namespaces open; its id."""
    with subprocess.Popen([*command, "sleep", "300"]) as holder:
        try:
            deadline = time.monotonic() + _PATIENCE_S
            while Path(f"/proc/{holder.pid}/comm").read_text() != "sleep\n":
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield holder.pid
        finally:
            holder.kill()


def _enter(holder: int) -> tuple[str, ...]:
    return ("nsenter", "-t", str(holder), "-U", "-n", "--preserve-credentials", "--")


def _ip(prefix: Sequence[str], *commands: str) -> None:
    for command in commands:
        subprocess.run([*prefix, "ip", *command.split()], check=True)


@contextmanager
def _logged(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            process.kill()


def _wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not file.exists() or text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text() if file.exists() else file
        time.sleep(0.02)
