"""One process asks another over its socket: every question, and everything that goes wrong."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from heapwise_agent import sampler
from heapwise_agent.cpu import CancelledError
from heapwise_agent.encode import Profile
from heapwise_agent.prefork import remote
from heapwise_agent.prefork.member import MemberServer
from heapwise_agent.prefork.merged import MergedSource
from heapwise_agent.prefork.registry import Member
from heapwise_agent.prefork.remote import AbsentError, EndedError, RemoteSource
from heapwise_agent.source import BusyError, LocalSource, local


class Slow(LocalSource):
    """This process, whose CPU profiles wait until they are cancelled."""

    def __init__(self) -> None:
        super().__init__(local().watch)
        self.cancelled = threading.Event()

    def cpu(self, seconds: int, *, wall: bool, cancelled: Callable[[], bool]) -> Profile:
        """Wait, unless it is for wall time, of which there is one already."""
        if wall:
            raise BusyError
        end = time.monotonic() + seconds
        while not cancelled() and time.monotonic() < end:
            threading.Event().wait(0.01)
        self.cancelled.set()
        raise CancelledError


@pytest.fixture
def path() -> Iterator[Path]:
    """Where to listen; the kernel allows a socket 107 characters."""
    with TemporaryDirectory(dir="/tmp", prefix="hw-") as name:
        yield Path(name) / "1.sock"


@pytest.fixture
def slow() -> Slow:
    """The process that is asked."""
    return Slow()


@pytest.fixture
def asked(path: Path, slow: Slow) -> Iterator[RemoteSource]:
    """The process, over its socket."""
    server = MemberServer(path, slow)
    server.start()
    yield RemoteSource(Member(1, 0, path))
    server.stop()


def test_every_question_has_the_answer_of_the_process(asked: RemoteSource, slow: Slow) -> None:
    """What comes over the socket is what the process says itself."""
    if sampler._load() is not None and not isinstance(sampler._loaded, str):
        sampler.start(512 << 10)
        first, found, last = slow.snapshot(), asked.snapshot(fresh=True), slow.snapshot()
        assert len(first.rows) <= len(found.rows) <= len(last.rows)  # rows come and never go
        assert found.interval == last.interval
    forced = slow.watch.totals().forced
    asked.collect()
    assert slow.watch.totals().forced > forced
    assert asked.why_no_heap() == slow.why_no_heap()
    assert asked.stats().keys() == slow.stats().keys()
    assert {each.kind for each in asked.activities()} >= {"thread"}
    assert asked.activity_count() >= 1
    assert list(asked.gc_profile().rows())
    before: Any = slow.gc_events(1)
    said: Any = asked.gc_events(1)
    after: Any = slow.gc_events(1)
    assert before["next"] <= said["next"] <= after["next"]  # collections go on meanwhile
    seen = {event["seq"]: event for event in after["events"]}
    common = [event for event in said["events"] if event["seq"] in seen]
    assert common
    assert common == [seen[event["seq"]] for event in common]
    assert asked.variables().keys() == slow.variables().keys()
    assert asked.command_line() == slow.command_line()
    assert asked.of_process(1) is asked
    assert asked.of_process(2) is None


def test_a_cpu_profile_ends_when_nobody_waits_for_it(asked: RemoteSource, slow: Slow) -> None:
    """On both sides."""
    with pytest.raises(CancelledError):
        asked.cpu(60, wall=False, cancelled=lambda: True)
    assert slow.cancelled.wait(5)


def test_a_second_cpu_profile_is_busy_here_too(asked: RemoteSource) -> None:
    """The reason comes over the socket as it is."""
    with pytest.raises(BusyError):
        asked.cpu(1, wall=True, cancelled=lambda: False)


def say(path: Path, data: bytes) -> dict[str, Any]:
    """Everything that comes back for some bytes, as one object."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as file:
            answer: dict[str, Any] = json.loads(file.read())
            return answer


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cut off"),
        (b"GET / HTTP/1.1\r\n\r\n", "not JSON"),
        (b"[1]\n", "not an object"),
        (b'{"version": "0.0.1", "call": "stats"}\n', "version"),
        (b'{"version": "0.1.0", "call": "shell"}\n', "no such question"),
        (b'{"version": "0.1.0", "call": "cpu"}\n', "KeyError"),
        (b'{"version": "0.1.0", "call": "gc_events", "since": "x"}\n', "ValueError"),
        (b"x" * 5000, "more than 4096 bytes"),
    ],
)
def test_wrong_questions_are_answered_with_an_error(
    asked: RemoteSource, path: Path, data: bytes, said: str
) -> None:
    """And the process goes on to answer right ones."""
    assert said in say(path, data)["head"]["error"]
    assert asked.activity_count() >= 1


def test_a_process_that_ended_is_told_from_one_that_is_silent(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket of the first is removed, that of the second stays."""
    monkeypatch.setattr(remote, "PATIENCE_S", 1.0)
    source = RemoteSource(Member(7, 0, path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with pytest.raises(AbsentError, match="process 7 does not answer") as silent:
            source.stats()
        assert not isinstance(silent.value, EndedError)
        assert path.exists()
    with pytest.raises(EndedError):
        source.stats()
    assert not path.exists()


def test_the_merged_view_goes_on_without_a_silent_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is listed as one that does not answer, and counts with what it said last."""
    monkeypatch.setattr(remote, "PATIENCE_S", 1.0)
    member = Member(7, 1, path)
    here = LocalSource(local().watch, extra=lambda: {"work": {"row": 1}})
    merged = MergedSource(here, lambda: [member])
    server = MemberServer(path, LocalSource(local().watch, extra=lambda: {"work": {"row": 10}}))
    server.start()
    assert merged.variables()["work"] == {"row": 11}
    server.mute()
    found = merged.variables()
    assert found["work"] == {"row": 11}
    assert [worker["answers"] for worker in found["workers"]] == [True, False]
    server.stop()
    found = merged.variables()
    assert found["work"] == {"row": 11}
    assert len(found["workers"]) == 1
    assert merged.of_process(8) is None
