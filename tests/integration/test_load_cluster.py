"""Two workers of a Dask cluster send one load together; and what goes wrong is named."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heapwise.cli.load import command
from heapwise.errors import UsageError
from heapwise.formats.hit_records import read_records
from heapwise.formats.hits import HitStore
from heapwise.load.schedule import offsets
from heapwise.model.load import HitFlag
from heapwise.model.schedules import ConstantRate
from heapwise.units import NS_PER_S
from support.certificates import make_certificates
from support.clusters import (
    LOOPBACK,
    DaskCluster,
    Place,
    arrivals,
    arrivals_target,
    cluster,
    two_machines,
)
from support.targets_server import TargetServer, target_server

HEAPWISE = [sys.executable, "-m", "heapwise"]
WITHOUT_DASK = """
import sys
sys.modules["distributed"] = None
from heapwise.cli.main import main
main()
"""
SKEWED = """
import time
from heapwise.load.cluster import tasks
tasks.wall_clock = lambda: time.time_ns() + 60_000_000
"""

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="heapwise[cluster] is not installed"
)


def heapwise(*arguments: str | Path, place: Place = LOOPBACK.asks) -> subprocess.Popen[str]:
    """Start a load."""
    return subprocess.Popen(
        [*place.prefix, *HEAPWISE, "load", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code and both outputs."""
    out, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    return process.returncode, out, errors


def data_of(text: str) -> dict[str, Any]:
    """What a --json report holds."""
    data: dict[str, Any] = json.loads(text)["data"]
    return data


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A cluster of two workers on loopback."""
    with cluster(tmp_path_factory.mktemp("dask")) as started:
        yield started


@pytest.fixture(scope="module")
def target() -> Iterator[TargetServer]:
    """What they send to."""
    with target_server() as server:
        yield server


@needs_dask
def test_two_machines_send_every_hit_once_and_on_one_time_line(tmp_path: Path) -> None:
    """Hit i is due when the schedule says and goes to target ``i modulo 3``, whoever sends it;
    and the merged times agree with those the target saw, though the clocks are days apart.
    """
    with ExitStack() as stack:
        network = stack.enter_context(two_machines())
        if network is None:
            print("no namespaces allowed here: two processes on loopback instead")  # noqa: T201
            network = LOOPBACK
        url = stack.enter_context(arrivals_target(network.asks))
        certificates = make_certificates(tmp_path)
        dask = stack.enter_context(cluster(tmp_path, network, certificates))
        (tmp_path / "targets").write_text("".join(f"GET {url}/{name}\n" for name in "abc"))
        code, out, errors = ended(
            heapwise(
                "-targets", tmp_path / "targets", "-rate=300", "-duration=2s", "-warmup=200ms",
                "--cluster", dask.address, "--cluster-ca", certificates.authority,
                "--cluster-cert", certificates.certificate, "--cluster-key", certificates.key,
                "-o", tmp_path / "hits", "--json", place=network.asks,
            )
        )  # fmt: skip
        assert code in (0, 4), errors
        came = np.sort(arrivals(network.asks, url))
    workers = data_of(out)["workers"]
    assert [worker["sent"] for worker in workers] == [300, 300]
    assert [worker["lost"] for worker in workers] == ["", ""]
    store = HitStore()
    with (tmp_path / "hits").open("rb") as lines:
        for hit in read_records(lines, source="hits"):
            store.add(hit)
    everything = store.hits()
    assert len(everything) == len(came) == 660
    hits = everything.select((everything.flags & HitFlag.WARMUP) == 0)
    order = np.argsort(hits.intended)
    schedule = ConstantRate(300, 1, 2 * NS_PER_S)
    assert (hits.intended[order] - hits.intended.min()).tolist() == offsets(schedule).tolist()
    paths = np.array([target.url[-1] for target in store.targets])
    assert "".join(paths[hits.target[order]]) == "abc" * 200
    assert np.median(hits.sent - hits.intended) < 20_000_000
    error = max(worker["clock_error_ns"] for worker in workers) + 1_000_000
    assert (came - store.zero_ns >= np.sort(everything.sent) - error).all()
    assert (came - store.zero_ns <= np.sort(everything.done) + error).all()


@needs_dask
def test_a_killed_worker_is_named_and_makes_the_run_incomplete(
    running: DaskCluster, target: TargetServer
) -> None:
    """The others go on; what it sent until then counts, and the rest is told as unknown."""
    with running.worker(LOOPBACK.workers[0]) as third:
        running.wait()
        before = target.stats().requests
        load = heapwise(
            target.url, "-rate=90", "-duration=2s", "--cluster", running.address, "--json"
        )
        while target.stats().requests < before + 60:
            assert load.poll() is None, load.communicate()
            time.sleep(0.05)
        third.kill()
        code, out, errors = ended(load)
    assert code == 4
    workers = data_of(out)["workers"]
    (lost,) = [worker for worker in workers if worker["lost"]]
    assert sorted(worker["sent"] for worker in workers if not worker["lost"]) == [60, 60]
    assert lost["sent"] + lost["unknown"] == 60
    assert lost["sent"] >= 5
    assert f"INVALID all: worker {lost['address']} on {lost['host']} was lost" in errors
    assert f"what became of {lost['unknown']} of its requests is unknown" in errors


@needs_dask
def test_a_worker_whose_clock_is_not_set_is_refused(
    running: DaskCluster, target: TargetServer
) -> None:
    """60 ms ahead is more than 50, and nothing is sent."""
    before = target.stats().requests
    with running.worker(LOOPBACK.workers[0], setup=SKEWED):
        running.wait()
        code, _, errors = ended(heapwise(target.url, "--cluster", running.address))
    assert code == 2
    assert "ms ahead of this one: more than 50.0 ms" in errors
    assert target.stats().requests == before


@needs_dask
def test_ctrl_c_stops_all_workers(running: DaskCluster, target: TargetServer) -> None:
    """Once for a report of what was sent; and no worker goes on afterwards."""
    before = target.stats().requests
    load = heapwise(
        target.url, "-rate=100", "-duration=60s", "--cluster", running.address, "--json"
    )
    while target.stats().requests < before + 20:
        assert load.poll() is None, load.communicate()
        time.sleep(0.05)
    load.send_signal(signal.SIGINT)
    code, out, _ = ended(load)
    after = target.stats().requests
    assert code == 130
    total = data_of(out)["total"]
    assert total["succeeded"] == total["sent"] == after - before < 1000
    time.sleep(0.3)
    assert target.stats().requests == after


@needs_dask
def test_a_worker_that_cannot_send_the_plan_says_why(
    running: DaskCluster, target: TargetServer
) -> None:
    """Too few connections for the workers, and a scheduler that is not there, are one line each."""
    for arguments, expected, words in (
        (["-max-connections=1", "--cluster", running.address], 2, "1 connections among 2 workers"),
        (["--cluster", "tcp://127.0.0.1:1"], 1, "cannot reach the scheduler at tcp://127.0.0.1:1"),
    ):
        code, _, errors = ended(heapwise(target.url, *arguments))
        assert (code, words in errors) == (expected, True), errors


def test_what_a_cluster_does_not_take_is_refused(tmp_path: Path) -> None:
    """Before anything is connected: code would run there, or a rate would change nowhere."""
    for arguments, words in (
        (["--cluster", "tcp://10.1.2.3:8786"], "without encryption"),
        (["--cluster", "tcp://127.0.0.1:1", "--find-knee"], "--cluster follows its schedule"),
        (["--cluster", "tcp://127.0.0.1:1", "--control", tmp_path / "c"], "follows its schedule"),
        (["--cluster-key", tmp_path / "key"], "certificates of a cluster, and no --cluster"),
    ):
        with pytest.raises(UsageError, match=words):
            command.main(["http://127.0.0.1:1/", *map(str, arguments)], standalone_mode=False)


def test_without_dask_one_line_says_what_to_install() -> None:
    """The extra is named, and nothing is sent."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DASK, "load", "http://127.0.0.1:1/", "--cluster",
         "tcp://127.0.0.1:1"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "the cluster needs heapwise[cluster]" in done.stderr
    assert "Traceback" not in done.stderr
