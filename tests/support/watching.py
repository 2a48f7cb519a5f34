"""A real service under load, scraped and looked at by all detectors; hours last seconds."""

from __future__ import annotations

import atexit
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from heapwise.analysis.stretch import between
from heapwise.model.watch import Bin, Sign, Target, Vitals
from heapwise.runtimes.access import Access
from heapwise.runtimes.go.toolchain import find_go
from heapwise.watch.clock import SteadyClock
from heapwise.watch.detectors import DETECTORS, Settings
from heapwise.watch.history import History
from heapwise.watch.scale import Scale
from heapwise.watch.scrape import ScrapeSettings, scraper_for
from support.pyservice import START_S, free_port, interpreter, require_agent

GO_SOURCE = Path(__file__).parent.parent / "data" / "watch" / "goservice"
PYTHON_SOURCE = GO_SOURCE.with_name("pyservice") / "watched.py"
POLLS_A_BIN = 6


@cache
def _go_binary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="heapwise-watched-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    find_go().build(GO_SOURCE, folder / "watched")
    return folder / "watched"


@contextmanager
def watched_go(*flags: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start tests/data/watch/goservice; its HOST:PORT."""
    process = subprocess.Popen(
        [_go_binary(), *flags],
        stdout=subprocess.PIPE,
        env={**os.environ, "GOMAXPROCS": "2", **(env or {})},
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[1]
        finally:
            process.kill()


@contextmanager
def watched_python(*flags: str) -> Iterator[tuple[str, str]]:
    """Start tests/data/watch/pyservice under the agent; HOST:PORT of the service, of the agent."""
    require_agent()
    address, agent = (f"127.0.0.1:{free_port()}" for _ in range(2))
    process = subprocess.Popen(
        [
            interpreter(), "-m", "heapwise_agent", "run", "--address", agent,
            str(PYTHON_SOURCE), address.partition(":")[2], *flags,
        ],
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        try:
            for each in (address, agent):
                _await(process, each)
            yield address, agent
        finally:
            process.kill()


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    host, port = address.split(":")
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, f"the service exited with code {process.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens at {address} after {START_S} s")


@contextmanager
def load(address: str, path: str, clients: int = 1, pause_s: float = 0.0) -> Iterator[None]:
    """Ask again and again while the body runs."""
    over = threading.Event()

    def ask() -> None:
        connection = http.client.HTTPConnection(address, timeout=10)
        try:
            while not over.wait(pause_s) if pause_s else not over.is_set():
                connection.request("GET", path)
                connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass  # the service has ended
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(clients)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()


class Watching:
    """Scrapes a target and asks all detectors as often as they want.

    Attributes:
        bins: that were completed.
        signs: the first one of each code and severity, as ``leak page``.
    """

    def __init__(self, url: str, bin_s: float, requests: str = "requests_total") -> None:
        self.scale = Scale(bin_s / 300)
        self.bins: list[Bin] = []
        self.signs: dict[str, Sign] = {}
        clock = SteadyClock()
        target = Target(service="watched", instance="1", url=url)
        self._clock = clock
        self._poll_s = bin_s / POLLS_A_BIN
        self._scraper = scraper_for(target, Access(), ScrapeSettings(requests=requests), clock)
        self._detectors = {make(self.scale, Settings()): 0 for make in DETECTORS}
        self._last: Vitals = self._scraper.scrape()
        interval_ns = round(self._poll_s * 1e9)
        self.history = History(self.scale, self._last.runtime, interval_ns)

    def run(self, most_s: float, until: str = "", beside: Watching | None = None) -> Sign | None:
        """Go on for so long, or until a sign of that code is seen; that sign.

        Args:
            most_s: how long, s.
            until: a code; empty for none.
            beside: scraped as often, for a twin that has the same time to be told of.
        """
        end = time.monotonic() + most_s
        while time.monotonic() < end:
            begin = time.monotonic()
            self.scrape()
            if beside is not None:
                beside.scrape()
            for code_and_severity, sign in self.signs.items():
                if until and code_and_severity.split()[0] == until:
                    return sign
            time.sleep(max(0.0, begin + self._poll_s - time.monotonic()))
        return None

    def scrape(self) -> None:
        """Once, and ask the detectors that are due."""
        vitals = self._scraper.scrape()
        stretch = between(self._last, vitals)
        assert stretch is not None, f"not restarted: {self._last} {vitals}"
        self._last = vitals
        self.bins += self.history.add(stretch)
        now = self._clock.now_ns()
        for detector, due in self._detectors.items():
            if now < due:
                continue
            self._detectors[detector] = now + detector.every_ns
            sign = detector.look(self.history, now)
            if sign is not None:
                self.signs.setdefault(f"{sign.code} {sign.severity.value}", sign)
