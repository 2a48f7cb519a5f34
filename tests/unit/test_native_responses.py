"""What the C core makes of responses: good ones, bad ones, hostile ones, in pieces of any size."""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heapwise.load._engine import Engine
from heapwise.model.load import Hits, Outcome

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ONE = OK + b"Content-Length: 1\r\n\r\na"
SECOND = 1_000_000_000


@contextmanager
def answering(*answers: list[bytes], close: bool = True) -> Iterator[tuple[int, str, int]]:
    """A server that gives connection i the pieces of answer i, each as a packet of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            for pieces in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connection.recv(65536)
                    for piece in pieces:
                        connection.sendall(piece)
                    if not close:
                        done.wait(5)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield (socket.AF_INET, "127.0.0.1", listener.getsockname()[1])
    finally:
        done.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def core(address: tuple[int, str, int], *, head: bool = False, **settings_: int) -> Engine:
    """The C core with one target."""
    given_ = {
        "most": 8, "capped": False, "keepalive": True, "timeout_ns": SECOND, "step_ns": 0,
        "most_kept": 1000, "once": False,
    } | settings_  # fmt: skip
    return Engine(
        endpoints=((address, None),),
        targets=((0, GET, 0, head, True),),
        **given_,  # type: ignore[arg-type]  # booleans are integers, too
    )


def sent(engine: Engine, hits: int = 1, keep: int = 0, apart_ns: int = 0) -> Hits:
    """What became of hits that are due now."""
    engine.begin(0, keep, bytes(8))
    due = [(time.monotonic_ns() + index * apart_ns, 0) for index in range(hits)]
    assert engine.feed(np.array(due, np.int64).tobytes()) == hits
    engine.complete()
    engine.drive()
    return Hits.from_rows(np.frombuffer(engine.rows(), np.int64).reshape(-1, 12))


def answered(*pieces: bytes, close: bool = True, head: bool = False) -> tuple[Outcome, int, int]:
    """Outcome, status and bytes of body of one hit."""
    with answering(list(pieces), close=close) as address:
        hits = sent(core(address, head=head, timeout_ns=SECOND // 5))
    (outcome,), (status,), (size,) = hits.outcome, hits.status, hits.bytes_in
    return Outcome(int(outcome)), int(status), int(size)


@pytest.mark.parametrize(
    ("response", "status", "size"),
    [
        (OK + b"Content-Length: 3\r\n\r\nabc", 200, 3),
        (OK + b"Content-Length: 0\r\n\r\n", 200, 0),
        (OK + b"content-length:3,  3\r\nCONTENT-LENGTH: 3\r\n\r\nabc", 200, 3),
        (CHUNKED + b"2;a=b\r\nab\r\n1 \r\nc\r\n0\r\nX: y\r\n\r\n", 200, 3),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 200, 1),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n" + ONE, 200, 1),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", 204, 0),
        (b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304, 0),
        (b"HTTP/1.1 404\nContent-Length: 1\n\na", 404, 1),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 101, 0),
        (OK + b"X: " + b"y" * 5000 + b"\r\nContent-Length: 1\r\n\r\na", 200, 1),
    ],
)  # fmt: skip
def test_a_response_ends_where_it_says_while_the_connection_stays_open(
    response: bytes, status: int, size: int
) -> None:
    """Whole, and one byte at a time."""
    assert answered(response, close=False) == (Outcome.OK, status, size)
    pieces = [response[i : i + 1] for i in range(len(response))]
    assert answered(*pieces, close=False) == (Outcome.OK, status, size)


@pytest.mark.parametrize(
    ("response", "size"),
    [(OK + b"\r\nall of it", 9), (b"HTTP/1.0 200 OK\r\n\r\nabc", 3),
     (OK + b"Transfer-Encoding: gzip\r\n\r\nabc", 3)],
)  # fmt: skip
def test_a_body_without_a_length_ends_with_its_connection(response: bytes, size: int) -> None:
    """And nothing says that it was cut."""
    assert answered(response) == (Outcome.OK, 200, size)


def test_a_head_request_has_no_body_whatever_the_length() -> None:
    """It ends at the empty line."""
    response = OK + b"Content-Length: 1000\r\n\r\n"
    assert answered(response, close=False, head=True) == (Outcome.OK, 200, 0)


@pytest.mark.parametrize(
    "response",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 099 No\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: +1\r\n\r\na",
        OK + b"Content-Length: 0x1\r\n\r\na",
        OK + b"Content-Length:\r\n\r\n",
        OK + b"Content-Length: 99999999999999999999\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK + b"Content-Length: 1, 2\r\n\r\nab",
        OK + b"Content-Length : 1\r\n\r\na",
        OK + b"Content-Length: 1" + b" " * 300 + b"\r\n\r\na",
        OK + b"X: y\r\n folded\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b": no name\r\n\r\n",
        OK + b"X: y\r\n" * 50_000,
        OK + b"X: " + b"y" * 300_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
        CHUNKED + b"zz\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED.replace(b"\r\n\r", b"\r\nContent-Encoding: ;\r\n\r") + b"0" * 300 + b"\r\n\r\n",
        CHUNKED + b"\r\n",
        CHUNKED + b"fffffffffffffffff\r\n",
        CHUNKED + b"1\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"0\r\n" + b"X: y\r\n" * 50_000,
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_a_protocol_error(response: bytes) -> None:
    """At once, while the connection is still open."""
    assert answered(response, close=False)[0] is Outcome.PROTOCOL


@pytest.mark.parametrize(
    "response",
    [b"", b"HTTP/1.1 20", OK, OK + b"Content-Length: 5\r\n\r\nabc",
     CHUNKED + b"5\r\nabcde\r\n"],
)  # fmt: skip
def test_a_response_that_breaks_off_is_an_early_end(response: bytes) -> None:
    """Wherever it does."""
    assert answered(response)[0] is Outcome.EARLY_EOF


def lenient(data: bytes) -> tuple[int, int] | None:
    """Status and bytes of body as Python's own client reads them; None where it does not."""
    response = HTTPResponse(_Socket(data), method="GET")  # type: ignore[arg-type]
    try:
        response.begin()
        return response.status, len(response.read())
    except (HTTPException, ValueError, OSError):
        return None


class _Socket:
    """Just enough of one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


LINES = st.sampled_from(
    [b"Content-Length: 3", b"Content-Length: 10", b"Content-Length: -3", b"Content-Length: 3 3",
     b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Connection: close",
     b"Connection: keep-alive", b"Content-Encoding: gzip", b"X: y", b" folded", b"", b"nonsense"]
)  # fmt: skip
STATUS = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.0 404 Not Found", b"HTTP/1.1 100 Continue", b"HTTP/1.1 204",
     b"HTTP/1.1 304 x", b"HTTP/1.1 xyz", b"HTTP/1.1 20", b""]
)  # fmt: skip
BODY = st.sampled_from(
    [b"", b"abc", b"abcdefghij", b"3\r\nabc\r\n0\r\n\r\n", b"3\r\nabc\r\n",
     b"A\r\nabcdefghij\r\n0\r\n\r\n"]
)  # fmt: skip


@st.composite
def responses(draw: st.DrawFn) -> list[bytes]:
    """Something like a response, and how it is cut."""
    head = [draw(STATUS), *draw(st.lists(LINES, max_size=4)), b"", b""]
    data = b"\r\n".join(head) + draw(BODY | st.binary(max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


@given(responses())
@example([b"\xff" * 100])
@settings(max_examples=3000 if os.environ.get("HEAPWISE_FULL") == "1" else 200, deadline=None)
def test_any_bytes_end_one_hit_and_what_python_reads_too_reads_the_same(
    pieces: list[bytes],
) -> None:
    """No input hangs or crashes it; where it says OK, Python's client found the same there.

    But for 204 and 304, which have no body (RFC 9112, 6.3); Python reads one if it is chunked.
    """
    outcome, status, size = answered(*pieces)
    assert outcome in {Outcome.OK, Outcome.PROTOCOL, Outcome.EARLY_EOF, Outcome.RESET}
    theirs = lenient(b"".join(pieces))
    if outcome is Outcome.OK and theirs is not None and status not in {204, 304}:
        assert (status, size) == theirs


def test_a_connection_is_used_again_only_if_it_may_be() -> None:
    """Bytes behind the end of a response, or a wish to close, end it; the next hit dials."""
    for first in (
        ONE + b"HTTP/1.1 200 OK\r\n",
        ONE.replace(b"\r\n\r", b"\r\nConnection: x, close\r\n\r"),
    ):
        with answering([first], [ONE]) as address:
            engine = core(address, most=1, capped=True)
            assert sent(engine, 2).outcome.tolist() == [Outcome.OK] * 2
            assert engine.opened == 2


def test_a_request_on_a_connection_that_died_idle_goes_out_once_more() -> None:
    """The server closes after its first answer without saying so: no hit fails for it."""
    with answering(*[[ONE]] * 5) as address:
        engine = core(address, most=1, capped=True)
        hits = sent(engine, 5)
    assert hits.outcome.tolist() == [Outcome.OK] * 5
    assert engine.opened == 5


def test_kept_bodies_are_those_on_the_wire_up_to_the_limit() -> None:
    """With the encoding they were sent in; more than asked for are not kept."""
    body = bytes(range(256)) * 400
    head = OK + b"Content-Encoding: GZIP\r\nContent-Length: %d\r\n\r\n" % len(body)
    with answering([head + body], [head + body]) as address:
        engine = core(address, keepalive=False)
        hits = sent(engine, 2, keep=1)
    assert hits.bytes_in.tolist() == [len(body)] * 2
    ((target, encoding, data),) = engine.bodies()
    assert (target, encoding, data) == (0, "gzip", body[: 1000 + (1 << 16)])


def test_a_core_takes_only_what_it_can_send() -> None:
    """Endpoints, targets and times that make no sense are refused before anything is fired."""
    address = (socket.AF_INET, "127.0.0.1", 1)
    for bad in (
        (socket.AF_INET, "localhost", 1),
        (socket.AF_UNIX, "x" * 200, 0),
        (99, "1.1.1.1", 1),
    ):
        with pytest.raises(ValueError, match="no such address"):
            core(bad)
    engine = core(address)
    for pairs in ([(0, 1)], [(0, -1)]):
        with pytest.raises(ValueError, match="pairs"):
            engine.feed(np.array(pairs, np.int64).tobytes())
    with pytest.raises(ValueError, match="pairs"):
        engine.feed(b"12345")
