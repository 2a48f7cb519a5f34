"""Captures: when they are taken, what is kept of them, and how one that fails is told."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli.capturing import build_captures
from heapwise.errors import ServiceError, UsageError
from heapwise.model.load import Hits
from heapwise.model.recording import Capture, Recording, Scope, State
from heapwise.record.capture.background import Background
from heapwise.record.capture.cpu import LONGEST_S, OPEN_ENDED_S, seconds_for
from heapwise.record.capture.slow_hits import MOST, SlowHits
from heapwise.record.capture.trace_file import TraceFile
from heapwise.record.store import RecordingWriter, load
from heapwise.runtimes.download import CANCELLED, Download
from heapwise.runtimes.endpoint import Endpoint
from support.disks import largest_file, small_disk
from support.recordings import manifest
from support.rude_servers import close_at_once, rude_server
from support.runs import MS, S, hits

TRACE = b"go 1.26 trace\0\0\0"
"""The header of a trace in which nothing happens."""


def capture(file: str = "trace-0000.out", *, ended_ns: int = 2 * S, kind: str = "trace") -> Capture:
    return Capture(kind=kind, file=file, began_ns=S, ended_ns=ended_ns, asked_ns=S, window="trace")


# When


@given(st.integers(1, 50 * S))
def test_a_cpu_profile_outlasts_its_window(window_ns: int) -> None:
    """The last hits end within a second, and the protocol knows whole seconds."""
    assert window_ns + S <= seconds_for(0, window_ns) * S < window_ns + 2 * S


def test_a_cpu_profile_is_as_long_as_asked_or_sensible() -> None:
    """Up to a minute of a long window, ten seconds of one without end, else the user's word."""
    assert seconds_for(0, 3600 * S) == LONGEST_S
    assert seconds_for(0, 0) == OPEN_ENDED_S
    assert seconds_for(1_500 * MS, 3600 * S) == 2
    assert seconds_for(300 * S, 3600 * S) == 300


class Acts:
    """What is done after a slow hit: noted, and lasting until it is told to end."""

    def __init__(self, *, useful: bool = True) -> None:
        self.whys: list[str] = []
        self.useful = useful
        self.go_on = threading.Event()

    def act(self, why: str) -> bool:
        self.whys.append(why)
        self.go_on.wait(5)
        return self.useful


def watcher(acts: Acts, threshold_ns: int = 50 * MS) -> SlowHits:
    return SlowHits(threshold_ns, acts.act, acts.go_on.set)


def test_only_a_hit_beyond_the_threshold_makes_us_act() -> None:
    """And it is said which one: the slowest of those that came together."""
    acts = Acts()
    acts.go_on.set()
    slow = watcher(acts)
    slow.look(hits((0, 49), (0.1, 50)))
    slow.look(Hits.empty())
    slow.look(hits((0.2, 51), (0.3, 61), (0.4, 1)))
    slow.wait(lambda: False)
    assert acts.whys == ["a hit of 61.0 ms"]


def test_a_wait_that_the_generator_makes_itself_is_no_slow_hit() -> None:
    """A hit that had no connection for a second was served within a millisecond."""
    acts = Acts()
    waited = hits((0, 1001), ready=S)
    watcher(acts).look(waited)
    never_sent = hits((0, 0), ready=-1, done=-1)
    watcher(acts).look(never_sent)
    assert acts.whys == []


def test_while_one_trace_is_fetched_no_other_is_asked_for() -> None:
    """Slow hits come in crowds; a recorder is asked once for all of them."""
    acts = Acts()
    slow = watcher(acts)
    for _ in range(20):
        slow.look(hits((0, 60)))
    assert len(acts.whys) == 1
    slow.wait(lambda: True)  # which cancels it


def test_there_are_never_more_than_three_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many hits are slow, and never two close together."""
    acts = Acts()
    acts.go_on.set()
    slow = watcher(acts)
    slow.look(hits((0, 60)))
    time.sleep(0.1)
    slow.look(hits((0, 60)))
    assert len(acts.whys) == 1, "the second came too soon"
    monkeypatch.setattr("heapwise.record.capture.slow_hits.APART_NS", 0)
    for _ in range(3 * MOST):
        slow.look(hits((0, 60)))
        slow.wait(lambda: False)
    assert len(acts.whys) <= MOST


def test_a_recorder_that_is_not_there_is_asked_once() -> None:
    """Nobody wants to read of it three times."""
    acts = Acts(useful=False)
    acts.go_on.set()
    slow = watcher(acts)
    for _ in range(5):
        slow.look(hits((0, 60)))
        slow.wait(lambda: False)
    assert len(acts.whys) == 1


# What is kept


def test_a_trace_keeps_to_the_size_it_may_have(tmp_path: Path) -> None:
    """Exactly so many bytes, and the reason why there are no more."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        file = writer.trace_file(100)
        assert file.take(TRACE) == ""
        assert "raise --max-trace-size" in file.take(bytes(200))
        assert file.close()
        assert (writer.path / file.name).stat().st_size == 100


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=8), st.integers(20, 200))
def test_whatever_the_pieces_are_the_file_is_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], most: int
) -> None:
    """Nothing is lost in between, and nothing goes beyond the limit."""
    folder = tmp_path_factory.mktemp("trace")
    file = TraceFile(folder, "trace-0000.out", most)
    stream = [TRACE, *pieces]
    for piece in stream:
        if file.take(piece):
            break
    file.close()
    assert (folder / "trace-0000.out").read_bytes() == b"".join(stream)[:most]


def test_a_trace_leaves_the_disk_to_the_recording(tmp_path: Path) -> None:
    """It stops while a quarter of what was free is left: the run goes on and ends in order."""
    with (
        small_disk(tmp_path / "disk", 16 << 20) as disk,
        RecordingWriter.create(disk / "a.hw", manifest()) as writer,
    ):
        file = writer.trace_file(1 << 30)
        said = file.take(TRACE)
        while not said:
            said = file.take(bytes(1 << 16))
        assert said.startswith("the disk has only")
        assert file.close()
        writer.hits(hits((0, 1)))
        writer.finish()
        assert load(disk / "a.hw").state is State.COMPLETE
        assert file.size > 4 << 20


def test_a_trace_that_cannot_grow_keeps_whole_pieces(tmp_path: Path) -> None:
    """A write that fails in the middle leaves no half of itself."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        file = writer.trace_file(1 << 30)
        file.take(TRACE)
        with largest_file(1000):
            assert file.take(bytes(5000)) == "File too large"
        assert file.close()
        assert (writer.path / file.name).read_bytes() == TRACE
        writer.finish()


def test_what_is_no_trace_is_not_kept(tmp_path: Path) -> None:
    """A flight recorder's path may lead anywhere; no file is left of it."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        file = writer.trace_file(100)
        assert file.take(b'{"json": 1}') == "what came is no execution trace"
        assert not file.close()
        assert not (writer.path / file.name).exists()


def recording_of(folder: Path, *captures: Capture, failed: str = "") -> Recording:
    """A finished recording with these captures and one empty trace."""
    with RecordingWriter.create(folder / "a.hw", manifest()) as writer:
        file = writer.trace_file(1000)
        file.take(TRACE)
        file.close()
        for each in captures:
            writer.capture(each)
        if failed:
            writer.event(S, "capture-failed", file=failed, error="it was broken off")
        writer.finish()
    return load(folder / "a.hw")


def test_a_capture_counts_as_it_was_noted_last(tmp_path: Path) -> None:
    """Once when it begins, for the case of a kill, and again with its true marks."""
    read = recording_of(tmp_path, capture(ended_ns=3 * S), capture(ended_ns=2 * S + 5))
    assert read.captures == (capture(ended_ns=2 * S + 5),)


def test_a_capture_that_came_to_nothing_is_none(tmp_path: Path) -> None:
    """Its event tells what happened; nobody looks for its file."""
    read = recording_of(tmp_path, capture("trace-0007.out"), failed="trace-0007.out")
    assert (read.captures, read.traces, read.problems) == ((), (), ())
    assert [event.kind for event in read.events] == ["capture-failed"]


def test_a_failure_may_name_anything(tmp_path: Path) -> None:
    """A hostile log: what is no name takes no capture away."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        writer.capture(capture("profiles/0000-cpu-load.pb.gz", kind="cpu"))
        for file in ([], {}, None, 7):
            writer.event(S, "capture-failed", file=file)
        writer.event(S, "capture", file=["x"], began_ns="now")
        writer.finish()
    assert len(load(tmp_path / "a.hw").captures) == 1


@pytest.mark.parametrize("name", ["trace-0001.out", "../a.hw/trace-0000.out", "events.log", "/x"])
def test_a_trace_that_is_gone_or_elsewhere_spoils_no_figure(tmp_path: Path, name: str) -> None:
    """A foreign recording may name any file; only its own traces are opened."""
    read = recording_of(tmp_path, capture(name))
    assert read.traces == ()
    assert [problem.scope for problem in read.problems] == [Scope.NONE]
    assert name in read.problems[0].what


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "nothing of it had come"), (TRACE[:9], "it breaks off inside its header")],
)
def test_a_trace_of_which_little_has_come_says_so_in_one_line(
    tmp_path: Path, content: bytes, why: str
) -> None:
    """As while it is being taken: Go sends the first bytes after a second."""
    recording_of(tmp_path, capture())
    (tmp_path / "a.hw/trace-0000.out").write_bytes(content)
    read = load(tmp_path / "a.hw")
    what = f"the execution trace trace-0000.out cannot be read: {why}"
    assert [problem.what for problem in read.problems] == [what]


def test_a_link_in_the_place_of_a_trace_is_not_followed(tmp_path: Path) -> None:
    """Nor is a pipe waited for."""
    recording_of(tmp_path, capture())
    trace = tmp_path / "a.hw/trace-0000.out"
    trace.unlink()
    trace.symlink_to("/etc/passwd")
    assert load(tmp_path / "a.hw").traces == ()
    trace.unlink()
    os.mkfifo(trace)
    assert load(tmp_path / "a.hw").traces == ()


def test_force_replaces_a_recording_with_its_traces(tmp_path: Path) -> None:
    """The traces of the run before do not become those of this one."""
    recording_of(tmp_path, capture())
    (tmp_path / "a.hw/trace-0000.json").write_text("{}")
    with RecordingWriter.create(tmp_path / "a.hw", manifest(), force=True) as writer:
        assert sorted(writer.path.glob("trace-*")) == []


# What goes wrong on the way


def download(url: str, seconds: float = 5.0) -> Download:
    return Download(Endpoint.parse(url), "trace", deadline_s=seconds)


def test_a_download_that_breaks_off_keeps_what_came() -> None:
    """A trace without its end is a trace; a trace without its beginning is an error."""
    came = bytearray()

    def take(piece: bytes) -> str:
        came.extend(piece)
        return ""

    def half(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + TRACE)

    with rude_server(half) as url:
        delivery = download(url).run(take)
    assert came == TRACE
    assert delivery.size == len(TRACE)
    assert "broke off" in delivery.cut
    with rude_server(close_at_once) as url, pytest.raises(ServiceError, match="without an answer"):
        download(url).run(lambda _: "")


def test_a_download_is_broken_off_at_once_however_long_the_service_thinks() -> None:
    """Ctrl-C does not wait for a profile of a minute."""

    def silent(_connection: socket.socket) -> None:
        time.sleep(3)

    with rude_server(silent) as url:
        asking = download(url, 60)
        threading.Timer(0.2, asking.cancel).start()
        began = time.monotonic()
        delivery = asking.run(lambda _: "")
    assert delivery.cut == CANCELLED
    assert time.monotonic() - began < 2.5


def test_a_download_cancelled_before_it_began_asks_nothing() -> None:
    """Cancelling and beginning may happen in either order."""
    with rude_server(close_at_once) as url:
        asking = download(url)
        asking.cancel()
        assert asking.run(lambda _: "").cut == CANCELLED


def test_work_that_had_not_begun_when_it_was_cancelled_ends_as_well() -> None:
    """Ctrl-C may come between the thread's start and the request that is to be broken off."""
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        time.sleep(0.2)
        begun.set()
        assert ended.wait(10)

    def cancel() -> None:
        if begun.is_set():
            ended.set()

    began = time.monotonic()
    Background(work, cancel).wait(lambda: True)
    assert time.monotonic() - began < 5


# What the user says


def typed(**options: object) -> dict[str, object]:
    """The options as click passes them."""
    none = dict.fromkeys(
        ("cpu_duration", "trace_duration", "trace_rate", "trace_on_slow", "flight_recorder")
    )
    return {"cpu": False, "max_trace_size": 1 << 28, **none, **options}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trace_duration": 0}, "-trace of no time"),
        ({"trace_on_slow": 0}, "-trace-on-slow of no time"),
        ({"cpu_duration": 0}, "-cpu-duration of no time"),
        ({"trace_rate": 100}, "-trace-rate without a trace"),
        ({"flight_recorder": "/x"}, "-flight-recorder without"),
        ({"flight_recorder": "x y", "trace_on_slow": S}, "not a path: 'x y'"),
        ({"flight_recorder": "/x\r\nHost: y", "trace_on_slow": S}, "not a path"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    options: dict[str, object], said: str
) -> None:
    """In one line with what to write instead, before anything is started."""
    with pytest.raises(UsageError, match=said) as caught:
        build_captures(typed(**options))
    assert caught.value.hint


def test_a_length_of_the_cpu_profile_asks_for_one() -> None:
    """Nobody has to say it twice."""
    assert build_captures(typed(cpu_duration=5 * S)).cpu
    assert not build_captures(typed()).cpu
