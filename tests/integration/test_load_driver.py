"""The engine in its own process: phases, stopping, and what happens when either side dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from heapwise.errors import HeapwiseError
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase
from heapwise.load.schedule import offsets
from heapwise.model.load import HitFlag, Hits, Outcome, Plan, Target
from support.driving import plan_for
from support.rude_servers import respond, rude_server
from support.targets_server import target_server


def phase_of(plan: Plan, **settings: int) -> Phase:
    """All targets of a plan."""
    return Phase(schedule=plan.schedule, targets=tuple(range(len(plan.targets))), **settings)


def collect(driver: LoadDriver, phase: Phase) -> tuple[Hits, int, int]:
    """Drive a phase; its hits, zero and connections opened."""
    rows = [Hits.empty().rows()]
    report = driver.run(phase, lambda hits: rows.append(hits.rows()), lambda: False)
    return Hits.from_rows(np.concatenate(rows)), report.zero_ns, report.connections_opened


def test_phases_share_connections_and_one_clock() -> None:
    """Times count from the zero given, and the second phase finds the first one's connections."""
    with target_server() as server:
        plan = plan_for(Target("GET", server.url), rate=200, seconds=0.3, keepalive=True)
        zero = time.monotonic_ns()
        with LoadDriver(plan, zero_ns=zero) as driver:
            warm_up, _, opened = collect(driver, phase_of(plan, flags=HitFlag.WARMUP))
            hits, start, opened_later = collect(driver, phase_of(plan))
        elapsed = time.monotonic_ns() - zero
        assert server.stats().requests == 120
    assert opened >= 1
    assert opened_later < 30
    assert np.sort(hits.intended).tolist() == (start + offsets(plan.schedule)).tolist()
    assert 0 < warm_up.done.max() < hits.intended.min() < hits.done.max() < elapsed
    assert set(warm_up.flags.tolist()) == {HitFlag.WARMUP}


def test_stop_ends_a_phase_early_and_the_driver_lives_on() -> None:
    """Every scheduled hit is accounted for, and another phase can follow."""
    with target_server() as server:
        plan = plan_for(Target("GET", server.url), rate=100, seconds=60)
        rows: list[object] = []
        started = time.monotonic()
        with LoadDriver(plan, zero_ns=0) as driver:
            report = driver.run(phase_of(plan), rows.append, lambda: len(rows) > 3)
            short = plan_for(Target("GET", server.url))
            again, _, _ = collect(driver, phase_of(short))
    assert time.monotonic() - started < 20
    assert report.stopped
    hits = Hits.from_rows(np.concatenate([batch.rows() for batch in rows]))  # type: ignore[attr-defined]  # they are Hits
    assert len(hits) == 6000
    assert set(hits.outcome.tolist()) == {Outcome.OK, Outcome.NEVER_SENT}
    assert (hits.sent[hits.outcome == Outcome.NEVER_SENT] == -1).all()
    assert set(again.outcome.tolist()) == {Outcome.OK}


def test_kept_bodies_come_with_the_report() -> None:
    """They cross the pipe whole."""
    page = os.urandom(300_000)
    with rude_server(respond(page)) as url:
        plan = plan_for(Target("GET", url), save_bodies=3)
        with LoadDriver(plan, zero_ns=0) as driver:
            report = driver.run(phase_of(plan), lambda _: None, lambda: False)
    assert report.bodies == ((0, page),) * 3


def test_a_slow_reader_does_not_delay_the_load() -> None:
    """Hits stay on time while the driver sleeps on them, and none is lost."""
    with target_server() as server:
        plan = plan_for(Target("GET", server.url), rate=2000, seconds=1.5)
        rows: list[Hits] = []

        def slow(hits: Hits) -> None:
            rows.append(hits)
            if len(rows) == 1:
                time.sleep(1)

        with LoadDriver(plan, zero_ns=0) as driver:
            driver.run(phase_of(plan), slow, lambda: False)
    hits = Hits.from_rows(np.concatenate([batch.rows() for batch in rows]))
    assert len(hits) == 3000
    assert np.median(hits.sent - hits.intended) < 100_000_000


def test_a_worker_that_dies_is_an_error_with_its_last_words() -> None:
    """Killed from outside, the error says so, and nothing hangs."""
    with target_server() as server:
        plan = plan_for(Target("GET", server.url), seconds=60)
        with LoadDriver(plan, zero_ns=0) as driver:
            worker = driver._worker  # to kill it as the system would

            def kill(_hits: Hits) -> None:
                os.kill(worker.pid, signal.SIGKILL)

            with pytest.raises(HeapwiseError, match=r"load generator died: exit status -9"):
                driver.run(phase_of(plan), kill, lambda: False)


def test_an_unknown_engine_is_refused() -> None:
    """What the worker refuses reaches the driver as the same words."""
    plan = plan_for(Target("GET", "http://127.0.0.1:1/"), engine="steam")
    with (
        LoadDriver(plan, zero_ns=0) as driver,
        pytest.raises(HeapwiseError, match=r"no such engine: 'steam': there is curl"),
    ):
        collect(driver, phase_of(plan))


ORPHAN = """
import sys
from support.driving import plan_for
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase
from heapwise.model.load import Target
plan = plan_for(Target("GET", sys.argv[1]), seconds=600)
driver = LoadDriver(plan, zero_ns=0)
print(driver._worker.pid, flush=True)
driver.run(Phase(schedule=plan.schedule, targets=(0,)), lambda _: None, lambda: False)
"""


def test_the_worker_does_not_outlive_its_driver() -> None:
    """Killed with no chance to say goodbye, the driver takes the load with it."""
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    with (
        target_server() as server,
        subprocess.Popen(
            [sys.executable, "-c", ORPHAN, server.url],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
        ) as driver,
    ):
        assert driver.stdout
        worker = Path("/proc") / driver.stdout.readline().decode().strip()
        assert worker.exists()
        driver.kill()
        deadline = time.monotonic() + 20
        while _runs(worker):
            assert time.monotonic() < deadline, "the worker lives on"
            time.sleep(0.05)


def _runs(process: Path) -> bool:
    """A process that nobody waited for yet has ended all the same."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
