"""Captures of a real Python process with the agent in it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heapwise.model.watch import Alert, Severity, Target
from heapwise.runtimes.access import ANYONE
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.capture import Capturer, CaptureSettings
from heapwise.watch.scale import Scale
from heapwise.watch.scrape import ScrapeSettings, scraper_for
from heapwise.watch.store import Store
from support.pyservice import free_port, interpreter, require_agent
from support.watchservice import SOURCE, Hands

SNAPSHOT_S = 1.1
"""The agent makes a heap profile once a second and gives it to all who ask meanwhile."""


@contextmanager
def leaky() -> Iterator[tuple[Endpoint, subprocess.Popen[str]]]:
    """The program, and where its agent answers."""
    require_agent()
    port = free_port()
    command = [
        interpreter(), "-m", "heapwise_agent", "run", "--address", f"127.0.0.1:{port}",
        str(SOURCE / "leaky.py"),
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            end = time.monotonic() + 10
            while time.monotonic() < end:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield Endpoint.parse(f"127.0.0.1:{port}"), process
        finally:
            process.kill()


def test_the_function_that_keeps_more_and_more_is_named(tmp_path: Path) -> None:
    """Heap profiles of a list that only grows name the function that appends to it."""
    clock = Hands()
    with leaky() as (endpoint, process), Store.open(tmp_path / "store", clock=clock) as store:
        target = Target(service="py", instance=endpoint.authority, url=endpoint.origin)
        scraper = scraper_for(target, ANYONE, ScrapeSettings(), clock)
        about = Alert(
            id="1", target=target.key, service="py", instance=target.instance, code="leak",
            severity=Severity.PAGE, summary="it grows", began_ns=1, seen_ns=1,
        )  # fmt: skip
        capturer = Capturer(
            store, clock, Scale(), CaptureSettings(), endpoint_of=lambda _: endpoint
        )
        try:
            for taken in (1, 2):
                keep(process, 10 << 20)
                clock.forward(minutes=30)
                vitals = scraper.scrape()
                capturer.seen(target, vitals)
                capturer.wants(target, vitals, about, ["heap", "trace"])
                end = time.monotonic() + 10
                while len(capturer.evidence(about).captures) < taken:
                    assert time.monotonic() < end
                    capturer.step()
                    time.sleep(0.01)
                time.sleep(SNAPSHOT_S)
            told = capturer.evidence(about)
        finally:
            capturer.close()
    assert told.grows[0].path.endswith("handle > __main__.remember"), told.grows
    assert told.grows[0].growth == pytest.approx(10 << 20, rel=0.01)
    assert told.summary.startswith("it grows; 100.0 % of the growth is in __main__.")
    assert {each.kind for each in told.captures} == {"heap"}


def keep(process: subprocess.Popen[str], size: int) -> None:
    """Have the program keep so many bytes more."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{size}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"
