"""What the C core does with connections: which it trusts, which it gives up, and what it says."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import numpy as np
import pytest

from heapwise.load._engine import Engine
from heapwise.model.load import Hits, Outcome

Address = tuple[int, str, int]

LOOPBACK = "127.0.0.1"
SECOND = 1_000_000_000
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def serving(serve: Callable[[socket.socket, int], None]) -> Iterator[Address]:
    """A server that hands each connection and its number to ``serve``, in a thread of its own."""
    listener = socket.create_server((LOOPBACK, 0))

    def run(connection: socket.socket, number: int) -> None:
        with suppress(OSError), connection:
            connection.settimeout(5)
            serve(connection, number)

    def accept() -> None:
        with suppress(OSError):
            for number in range(10_000):
                threading.Thread(target=run, args=(listener.accept()[0], number)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield (socket.AF_INET, LOOPBACK, listener.getsockname()[1])
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def core(
    address: Address,
    *,
    source: Address | None = None,
    body: bytes = b"",
    repeatable: bool = True,
    most: int = 8,
    capped: bool = False,
    keepalive: bool = True,
    timeout_ns: int = SECOND,
) -> Engine:
    """The C core with one target."""
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    return Engine(
        endpoints=((address, source),),
        targets=((0, request, len(body), False, repeatable),),
        most=most, capped=capped, keepalive=keepalive, timeout_ns=timeout_ns, step_ns=0,
        most_kept=0, once=False,
    )  # fmt: skip


def sent(engine: Engine, hits: int = 1, apart_ns: int = 0) -> Hits:
    """What became of hits that are due from now on."""
    engine.begin(0, 0, bytes(8))
    due = [(time.monotonic_ns() + index * apart_ns, 0) for index in range(hits)]
    assert engine.feed(np.array(due, np.int64).tobytes()) == hits
    engine.complete()
    engine.drive()
    return taken(engine)


def taken(engine: Engine) -> Hits:
    """The hits that have ended."""
    return Hits.from_rows(np.frombuffer(engine.rows(), np.int64).reshape(-1, 12))


def test_a_connection_to_itself_is_refused() -> None:
    """Where nobody listens, TCP lets a socket whose port is the target's meet itself."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    address = (socket.AF_INET, LOOPBACK, port)
    hits = sent(core(address, source=address))
    assert [Outcome(int(code)) for code in hits.outcome] == [Outcome.REFUSED]


def test_only_connections_that_came_about_are_counted_as_opened() -> None:
    """Nothing listens on port 1."""
    engine = core((socket.AF_INET, LOOPBACK, 1))
    hits = sent(engine, 5)
    assert set(hits.outcome.tolist()) == {Outcome.REFUSED}
    assert engine.opened == 0


def test_an_answer_before_the_end_of_the_request_is_an_answer() -> None:
    """A server that refuses a large body unread, and closes, resets the connection behind it.

    But for some whose answer the reset overtook: TCP lets it.
    """

    def refuse(connection: socket.socket, _number: int) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    with serving(refuse) as address:
        engine = core(address, body=b"x" * (4 << 20), repeatable=False, capped=True)
        hits = sent(engine, 200)
    assert np.count_nonzero((hits.status == 413) & (hits.outcome == Outcome.OK)) > 180


def test_a_load_that_cannot_dial_hears_that_it_is_stopped() -> None:
    """A closed loop without keep-alive, towards a socket that is not there, fails at once again."""
    engine = core((socket.AF_UNIX, "/nowhere/at/all", 0), keepalive=False, capped=True, most=4)
    engine.begin(0, 0, bytes(8))
    engine.saturate(time.monotonic_ns() + 20 * SECOND)
    thread = threading.Thread(target=engine.drive)
    thread.start()
    time.sleep(0.05)
    began = time.monotonic()
    engine.stop()
    while thread.is_alive() and time.monotonic() < began + 3:
        engine.rows()
        thread.join(0.02)
    took = time.monotonic() - began
    engine.saturate(0)
    thread.join()
    assert took < 2


def test_the_longest_timeout_there_is_does_not_pass_at_once() -> None:
    """292 years from now lies beyond the clock's 64 bits."""
    with serving(lambda connection, _number: connection.sendall(OK)) as address:
        hits = sent(core(address, timeout_ns=(1 << 63) - 1))
    assert hits.outcome.tolist() == [Outcome.OK]


def test_a_request_goes_out_once_more_and_no_more_than_that() -> None:
    """A server that lets every connection die under its second request sees none a third time."""
    count = 400
    seen: Counter[bytes] = Counter()

    def die_second(connection: socket.socket, _number: int) -> None:
        seen[connection.recv(65536)] += 1
        connection.sendall(OK)
        seen[connection.recv(65536)] += 1

    with serving(die_second) as address:
        engine = Engine(
            endpoints=((address, None),),
            targets=tuple((0, b"GET /%d HTTP/1.1\n\n" % i, 0, False, True) for i in range(count)),
            most=16, capped=True, keepalive=True, timeout_ns=SECOND, step_ns=0, most_kept=0,
            once=False,
        )  # fmt: skip
        engine.begin(0, 0, bytes(8))
        engine.feed(np.array([(time.monotonic_ns(), i) for i in range(count)], np.int64).tobytes())
        engine.complete()
        engine.drive()
    del seen[b""]
    assert len(seen) == count
    assert max(seen.values()) == 2


def test_what_the_server_cannot_have_seen_goes_out_once_more_whatever_its_method() -> None:
    """Of a request that no byte of was taken nobody can have acted."""
    closed = threading.Event()

    def close_idle(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        connection.sendall(OK)
        if number == 0:
            time.sleep(0.05)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, *bytes(7)]))
            connection.close()
            closed.set()

    with serving(close_idle) as address:
        engine = core(address, most=1, capped=True, repeatable=False)
        sent(engine)
        closed.wait(5)
        hits = sent(engine)
    assert hits.outcome.tolist() == [Outcome.OK]


def test_a_closed_loop_takes_the_targets_of_its_phase() -> None:
    """Of two targets, the second alone."""
    with serving(lambda connection, _number: connection.sendall(OK)) as address:
        engine = Engine(
            endpoints=((address, None),), targets=((0, b"a", 0, False, True),) * 2, most=1,
            capped=True, keepalive=False, timeout_ns=SECOND, step_ns=0, most_kept=0, once=False,
        )  # fmt: skip
        engine.begin(0, 0, np.array([1], np.int64).tobytes())
        engine.saturate(time.monotonic_ns() + SECOND // 20)
        engine.complete()
        engine.drive()
        hits = taken(engine)
    assert len(hits) > 1
    assert set(hits.target.tolist()) == {1}
    assert hits.number is not None
    assert hits.number.tolist() == list(range(len(hits)))
    for bad in (b"", b"1234567", np.array([2], np.int64).tobytes(), b"\xff" * 8):
        with pytest.raises(ValueError, match="targets"):
            engine.begin(0, 0, bad)


def test_more_may_follow_what_was_said_to_be_all_until_the_phase_has_ended() -> None:
    """The word that nothing more comes can be taken back while a hit is in flight."""
    answer = threading.Event()

    def serve(connection: socket.socket, _number: int) -> None:
        while connection.recv(65536):
            answer.wait(5)
            connection.sendall(OK)

    with serving(serve) as address:
        engine = core(address)
        engine.begin(0, 0, bytes(8))
        due = np.array([[time.monotonic_ns(), 0]], np.int64)
        engine.feed(due.tobytes())
        engine.complete()
        thread = threading.Thread(target=engine.drive)
        thread.start()
        time.sleep(0.02)
        assert engine.reopen()
        answer.set()
        time.sleep(0.1)
        assert thread.is_alive()
        engine.feed(due.tobytes())
        engine.complete()
        thread.join(5)
        assert not thread.is_alive()
        assert not engine.reopen()
    assert taken(engine).outcome.tolist() == [Outcome.OK] * 2


def test_targets_may_come_while_others_are_sent() -> None:
    """Each is sent once and forgotten; those of a host that is new go there."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        serving(lambda connection, _number: connection.sendall(OK)) as address,
        serving(lambda connection, _number: connection.sendall(OK[:-2] + b"no")) as other,
    ):
        engine = Engine(
            endpoints=((address, None),), targets=((0, request, 0, False, True),), most=8,
            capped=True, keepalive=False, timeout_ns=SECOND, step_ns=0, most_kept=100, once=True,
        )  # fmt: skip
        engine.begin(0, 1, bytes(8))
        thread = threading.Thread(target=engine.drive)
        thread.start()
        for number in range(5000):
            if number:
                endpoints = ((other, None),) if number == 1 else ()
                engine.add(endpoints, ((number % 2, request, 0, False, True),))
            assert engine.feed(np.array([[time.monotonic_ns(), number]], np.int64).tobytes()) == 1
        engine.complete()
        thread.join(20)
        hits = taken(engine)
        bodies = {target: body for target, _, body in engine.bodies()}
    assert set(hits.outcome.tolist()) == {Outcome.OK}
    assert sorted(hits.target.tolist()) == list(range(5000))
    assert bodies == {number: b"no" if number % 2 else b"ok" for number in range(5000)}
    with pytest.raises(ValueError, match="no such endpoint"):
        engine.add((), ((2, request, 0, False, True),))
    with pytest.raises(ValueError, match="no such address"):
        engine.add((((socket.AF_INET, "nowhere", 1), None),), ())
