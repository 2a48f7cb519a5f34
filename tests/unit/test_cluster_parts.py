"""What a cluster is made of: whom to trust, whose clock, and rows that must arrive once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise import __version__
from heapwise.errors import HeapwiseError, UsageError
from heapwise.load.address import resolve
from heapwise.load.cluster import backlog, session, tasks
from heapwise.load.cluster.backlog import Backlog
from heapwise.load.cluster.clocks import Offset, RoundTrip, check_offset, offset_of
from heapwise.load.cluster.scheduler import Scheduler, check_scheduler
from heapwise.load.cluster.session import Session
from heapwise.load.cluster.timeline import on_our_time, open_hits
from heapwise.load.cluster.verdict import cluster_problems
from heapwise.load.cluster.wire import Ask, Clocks, Judge, Order, Verdict, Willing, pack
from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.share import Share
from heapwise.load.wire import Failed
from heapwise.model.cluster import ClusterWorker
from heapwise.model.load import Hits, Outcome, Plan, Target
from heapwise.model.profile import Int64s
from heapwise.model.recording import Scope
from heapwise.model.schedules import ConstantRate, Replay, Saturate
from heapwise.model.transport import Transport
from heapwise.report.cluster_text import cluster_table
from heapwise.units import NS_PER_S

MS = 1_000_000
SECOND = ConstantRate(10, 1, NS_PER_S)


@pytest.mark.parametrize(
    ("scheduler", "words"),
    [
        (Scheduler("tcp://10.0.0.5:8786"), r"is 10\.0\.0\.5, without encryption: whoever stands"),
        (Scheduler("tcp://both.example:1"), "without encryption"),
        (Scheduler("ws://127.0.0.1:8786"), "not a scheduler: 'ws://127.0.0.1:8786'; write tcp:"),
        (Scheduler("127.0.0.1:8786"), "not a scheduler"),
        (Scheduler("tcp://127.0.0.1"), "not a scheduler"),
        (Scheduler("tcp://127.0.0.1:99999"), "not a scheduler"),
        (Scheduler("tcp://[::1:5"), "not a scheduler"),
        (Scheduler("tcp://me@127.0.0.1:1/x"), "not a scheduler"),
        (Scheduler("tcp://127.1:8786"), "not a full address"),
        (Scheduler("tcp://127.0.0.1:1", ca=Path("ca.pem")), "tcp:// shows none"),
        (Scheduler("tls://a.example:1", ca=Path("ca.pem")), "no --cluster-cert was given"),
        (
            Scheduler("tls://a.example:1", Path("/no/ca"), Path("/no/cert"), Path("/no/key")),
            "cannot read /no/ca",
        ),
    ],
)
def test_a_scheduler_that_nobody_vouches_for_is_refused(scheduler: Scheduler, words: str) -> None:
    """It runs code on every worker, so it is on loopback or it shows a certificate."""

    def resolver(host: str) -> list[str]:
        if host == "both.example":
            return ["127.0.0.1", "192.168.0.1"]
        return resolve(host)

    with pytest.raises(UsageError, match=words):
        check_scheduler(scheduler, resolver)


def test_loopback_and_certificates_are_trusted(tmp_path: Path) -> None:
    """With files of its own, or with those that Dask is configured with."""
    files = [tmp_path / name for name in ("ca", "cert", "key")]
    for file in files:
        file.touch()
    for scheduler in (
        Scheduler("tcp://127.0.0.1:8786"),
        Scheduler("tcp://[::1]:8786"),
        Scheduler("tls://10.0.0.5:8786", *files),
        Scheduler("tls://10.0.0.5:8786"),
    ):
        assert check_scheduler(scheduler) == scheduler


@given(
    st.integers(-(10**15), 10**15),
    st.integers(-(10**15), 10**15),
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), min_size=1, max_size=20),
)
def test_an_offset_is_as_exact_as_it_says(
    monotonic: int, wall: int, ways: list[tuple[int, int]]
) -> None:
    """Whatever the two ways of a trip take, half of the shortest trip bounds the error."""
    trips, now = [], 7 * NS_PER_S
    for there, back in ways:
        at = now + there
        after = at + back
        trips.append(
            RoundTrip(Clocks(now, now + 99), Clocks(at + monotonic, at + 99 + wall), after)
        )
        now = after
    offset = offset_of(trips)
    assert offset.error_ns == -(-min(there + back for there, back in ways) // 2)
    assert abs(offset.monotonic_ns - monotonic) <= offset.error_ns
    assert abs(offset.wall_ns - wall) <= offset.error_ns


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (Offset(5, 51 * MS, MS), "the clock of w1 is 51.0 ms ahead of this one"),
        (Offset(5, -51 * MS, MS), "the clock of w1 is 51.0 ms behind this one"),
        (Offset(5, 0, 51 * MS), "known to within 51.0 ms only"),
    ],
)
def test_a_clock_that_is_not_set_is_refused(offset: Offset, words: str) -> None:
    """Beyond 50 ms, or where that cannot be told; the monotonic clocks may differ as they like."""
    with pytest.raises(UsageError, match=words):
        check_offset("w1", offset)
    check_offset("w1", Offset(10**18, 50 * MS, 50 * MS))


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_a_backlog_gives_what_has_not_arrived_again(pieces: list[bytes], most: int) -> None:
    """An answer that is lost is repeated, and what has arrived takes no room."""
    waiting = Backlog()
    arrived = b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backlog, "PIECE", most)
        for piece in pieces:
            waiting.add(piece)
            lost = waiting.after(len(arrived))
            data, more = waiting.after(len(arrived))
            assert lost == (data, more)
            arrived += data
        more = True
        while more:
            data, more = waiting.after(len(arrived))
            arrived += data
        assert waiting.after(len(arrived)) == (b"", False)
        assert waiting._file.seek(0, 2) == 0  # the room it takes is what this is about
    waiting.close()
    assert arrived == b"".join(pieces)


class Time:
    """A clock that goes on by itself, quickly."""

    def __init__(self, step_ns: int) -> None:
        self.now = 0
        self._step = step_ns

    def __call__(self) -> int:
        self.now += self._step
        return self.now


REPORT = PhaseReport(zero_ns=0, ended_ns=1, cpu_ns=0, connections_opened=0, queue_max=0)


@pytest.fixture
def open_session() -> Iterator[Callable[[Callable[[], int]], Session]]:
    """Makes sessions with a clock, and closes them."""
    with ExitStack() as stack:
        yield lambda clock: stack.enter_context(closing(Session(clock)))


Open = Callable[[Callable[[], int]], Session]


def test_a_worker_that_nobody_asks_ends_by_itself(
    open_session: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver that is gone cannot say stop, so its silence does."""
    monkeypatch.setattr(session, "_LOOK_S", 0.001)
    alone = open_session(Time(NS_PER_S))
    assert alone.next_phase() is None
    assert alone.stopped()


def test_an_order_that_comes_too_late_is_not_followed(open_session: Open) -> None:
    """The worker would have to fire all that is overdue at once."""
    late = open_session(Time(1))
    late.finish(REPORT)
    phase = Phase(schedule=SECOND, targets=(0,), start_ns=1)
    assert late.answer(Ask(run="r", order=Order(0, phase))).ready == 0
    with pytest.raises(HeapwiseError, match="came after the start"):
        late.next_phase()


def test_an_order_that_is_repeated_is_followed_once(open_session: Open) -> None:
    """It is repeated with every question, also after the phase has begun."""
    held = open_session(lambda: 0)
    held.finish(REPORT)
    phase = Phase(schedule=SECOND, targets=(0,))
    ask = Ask(run="r", order=Order(0, phase))
    held.answer(ask)
    assert held.next_phase() == phase
    assert held.answer(ask).ready == 0
    held.finish(REPORT)
    told = held.answer(ask)
    assert (told.ready, told.report) == (1, REPORT)
    held.answer(Ask(run="r", leave=True))
    assert held.next_phase() is None


def test_a_stop_ends_its_phase_and_no_other(open_session: Open) -> None:
    """One that arrives late, when the phase has ended, does not end the next."""
    held = open_session(lambda: 0)
    held.finish(REPORT)
    assert not held.stopped()
    held.answer(Ask(run="r", stop=0))
    assert held.stopped()
    held.finish(REPORT)
    assert not held.stopped()


def rows_due(due: Int64s) -> Hits:
    """Hits that were sent when they were due, and of which no response has come."""
    zeros = np.zeros(len(due), np.int64)
    return Hits(
        intended=due, ready=due, sent=due, first_byte=zeros - 1, done=due + 5, status=zeros,
        outcome=zeros, bytes_in=zeros, bytes_out=zeros, target=zeros, flags=zeros,
        number=np.arange(len(due)),
    )  # fmt: skip


def test_rows_come_on_our_time_line() -> None:
    """What never happened stays -1, whatever the other's clock shows."""
    theirs = rows_due(np.array([1000, 2000], np.int64))
    ours = on_our_time(theirs.numbered_rows().astype("<i8").tobytes(), 900)
    assert ours.intended.tolist() == [100, 1100]
    assert ours.done.tolist() == [105, 1105]
    assert ours.number is not None
    assert ours.number.tolist() == [0, 1]
    assert ours.first_byte.tolist() == [-1, -1]
    with pytest.raises(ValueError, match="reshape"):
        on_our_time(bytes(8 * 13), 0)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1), st.integers(1, 4), st.data()
)
def test_what_a_lost_worker_leaves_open_is_told_hit_by_hit(
    arrivals: list[tuple[int, bool]], every: int, data: st.DataObject
) -> None:
    """With those that arrived they make its share, also where several are due at one moment."""
    arrivals.sort()
    schedule = Replay.of(np.array([at for at, _ in arrivals], np.int64), 10)
    share = Share(data.draw(st.integers(0, every - 1)), every)
    own = arrivals[share.first :: every]
    phase = Phase(schedule=schedule, targets=(0, 1), share=share)
    came = np.array([100 + at for at, arrived in reversed(own) if arrived], np.int64)
    left = [Hits.empty().rows(), *(hits.rows() for hits in open_hits(phase, 100, came))]
    hits = Hits.from_rows(np.concatenate(left))
    assert sorted([*hits.intended.tolist(), *came.tolist()]) == [100 + at for at, _ in own]
    assert set(hits.outcome.tolist()) <= {Outcome.NEVER_SENT}


def test_a_closed_loop_leaves_nothing_open() -> None:
    """Nobody knows how many hits there would have been."""
    phase = Phase(schedule=Saturate(NS_PER_S), targets=(0,))
    assert list(open_hits(phase, 0, np.empty(0, np.int64))) == []


def verdict(data: bytes) -> Willing | Failed:
    """What a worker says to a plan."""
    said: Willing | Failed = msgspec.msgpack.decode(data, type=Verdict)
    return said


def test_a_worker_judges_for_itself() -> None:
    """Where it may send, whether it has the files, and whether it understands at all."""

    def said(
        url: str, *, allow_remote: bool = False, version: str = __version__, cert: str = ""
    ) -> Willing | Failed:
        plan = Plan(targets=(Target("GET", url),), schedule=SECOND, transport=Transport(cert=cert))
        judge = Judge(version=version, plan=plan, allow_remote=allow_remote)
        return verdict(tasks.judge(pack(judge)))

    here, there = "http://127.0.0.1:1/", "http://8.8.8.8/"
    willing = said(here)
    assert isinstance(willing, Willing)
    assert willing.addresses == {"127.0.0.1:1": "127.0.0.1"}
    assert isinstance(said(there, allow_remote=True), Willing)
    for answer, words in (
        (said(there), "8.8.8.8:80 is 8.8.8.8"),
        (said(here, version="0.0.1"), f"heapwise {__version__} there, 0.0.1 here"),
        (said(here, cert="/no/cert.pem"), "/no/cert.pem is not there"),
        (verdict(tasks.judge(b"\xc1")), "the plan cannot be read there"),
    ):
        assert isinstance(answer, Failed)
        assert answer.what == words


WORKER = ClusterWorker(
    address="tcp://10.0.0.7:4", host="a\x1b[2J", clock_ns=-1_500_000, clock_error_ns=200_000,
    sent=1000, lag_p99=90_000.0, cpu_share=0.25,
)  # fmt: skip


def test_the_table_has_a_line_for_every_worker() -> None:
    """Host, clock, what it sent and how well; a name cannot steer the terminal."""
    lost = ClusterWorker(
        address="tcp://10.0.0.8:4", host="b", clock_ns=0, clock_error_ns=1, lost="no answer"
    )
    head, first, second = cluster_table((WORKER, lost))
    assert head.split() == ["worker", "clock", "±", "sent", "lag", "p99", "CPU"]
    assert "\x1b" not in first
    assert first.endswith("−1.50 ms     200 µs      1,000    90.0 µs     25.0 %")
    assert second.endswith("–          –   lost")
    assert list(cluster_table(())) == []


def test_a_lost_worker_and_a_clock_that_jumped_are_problems() -> None:
    """The first spoils every figure, the second the times; neither is averaged away."""
    lost = msgspec.structs.replace(WORKER, lost="no answer for 5 s", unknown=1234)
    jumped = msgspec.structs.replace(WORKER, drift_ns=-60 * MS)
    slow = msgspec.structs.replace(jumped, clock_error_ns=10 * MS)
    (gone,) = cluster_problems([WORKER, lost])
    assert gone.scope is Scope.ALL
    assert "10.0.0.7:4" in gone.what
    assert "1,234 of its requests is unknown" in gone.what
    (moved,) = cluster_problems([jumped, slow])
    assert moved.scope is Scope.LATENCY
    assert "moved by 60.0 ms" in moved.what
