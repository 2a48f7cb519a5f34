"""The engine's parts that need no network."""

from __future__ import annotations

import errno
import gzip
import select
import time
import zlib

import pycurl
import pytest

from heapwise.load.bodies import KeptBody
from heapwise.load.easy import header_lines
from heapwise.load.outcomes import classify
from heapwise.load.slots import Slots
from heapwise.load.timer import Timer
from heapwise.load.wire import Inbox, Stop, ToWorker, frame
from heapwise.model.load import ConstantRate, Outcome, Plan, Target
from heapwise.model.transport import KEPT_BODY


def test_slots_account_for_waiting() -> None:
    """A hit is ready when it is due, or when the slot that has been free longest got free."""
    slots = Slots(2)
    assert slots.take(10) == 10
    assert slots.take(20) == 20
    assert not slots.any_free()
    slots.give_back(50)
    slots.give_back(60)
    assert slots.take(30) == 50
    assert slots.take(70) == 70
    uncapped = Slots(0)
    assert all(uncapped.take(i) == i and uncapped.any_free() for i in range(100))


def test_the_timer_goes_off_at_its_time_and_forgets_the_old_one() -> None:
    """It is readable from the time set on, at once for one that has passed, and not before."""
    timer = Timer()
    timer.set(1)
    assert select.select([timer], [], [], 1)[0]
    at = time.monotonic_ns() + 20_000_000
    timer.set(at)
    assert select.select([timer], [], [], 5)[0]
    assert time.monotonic_ns() >= at
    timer.set(time.monotonic_ns() + 60_000_000_000)
    assert not select.select([timer], [], [], 0)[0]
    timer.close()


@pytest.mark.parametrize(
    ("code", "number", "outcome"),
    [
        (pycurl.E_COULDNT_CONNECT, errno.ECONNREFUSED, Outcome.REFUSED),
        (pycurl.E_COULDNT_CONNECT, errno.EADDRNOTAVAIL, Outcome.EADDRNOTAVAIL),
        (pycurl.E_COULDNT_CONNECT, errno.ENETUNREACH, Outcome.UNREACHABLE),
        (pycurl.E_COULDNT_CONNECT, errno.EHOSTUNREACH, Outcome.UNREACHABLE),
        (pycurl.E_COULDNT_CONNECT, errno.EMFILE, Outcome.EMFILE),
        (pycurl.E_COULDNT_CONNECT, 0, Outcome.EMFILE),
        (pycurl.E_RECV_ERROR, errno.ECONNRESET, Outcome.RESET),
        (pycurl.E_SEND_ERROR, errno.EPIPE, Outcome.RESET),
        (pycurl.E_COULDNT_CONNECT, errno.ENOENT, Outcome.REFUSED),
        (pycurl.E_INTERFACE_FAILED, errno.EADDRINUSE, Outcome.EADDRNOTAVAIL),
        (pycurl.E_COULDNT_RESOLVE_HOST, 0, Outcome.REDIRECT),
        (pycurl.E_TOO_MANY_REDIRECTS, 0, Outcome.REDIRECT),
        (pycurl.E_OPERATION_TIMEDOUT, errno.ECONNREFUSED, Outcome.TIMEOUT),
        (pycurl.E_OUT_OF_MEMORY, errno.ECONNREFUSED, Outcome.OTHER),
    ],
)
def test_outcomes_follow_libcurls_code_then_the_systems(
    code: int, number: int, outcome: Outcome
) -> None:
    """An errno counts only for codes that set it: it is left over from earlier otherwise."""
    assert classify(code, number) is outcome


def test_an_alert_after_the_handshake_is_a_tls_error() -> None:
    """Libcurl has no code for it, nor is there an errno; the words tell."""
    words = "OpenSSL SSL_read: tlsv13 alert certificate required, errno 0"
    assert classify(pycurl.E_RECV_ERROR, 0, words) is Outcome.TLS
    assert classify(pycurl.E_RECV_ERROR, 0, "chunk hex-length char not a hex digit") is (
        Outcome.PROTOCOL
    )


def test_headers_are_the_targets_and_ours_where_it_has_none() -> None:
    """A target's headers win over ours in any case; those libcurl would add are taken out."""
    plan = Plan(targets=(), schedule=ConstantRate(1, 1, 1))
    plain = set(header_lines(Target("GET", "http://a/"), plan))
    assert {"Accept-Encoding: gzip", "Expect:", "Accept:", "Content-Type:"} < plain
    own = Target("GET", "http://a/", (("accept-ENCODING", ""), ("Expect", "x"), ("X", "1")))
    lines = list(header_lines(own, plan))
    assert lines[:3] == ["accept-ENCODING:", "Expect: x", "X: 1"]
    assert not any(line.startswith(("Accept-Encoding", "Expect")) for line in lines[3:])


def kept(content: bytes, encoding: bytes = b"") -> bytes:
    """What is kept of a response."""
    body = KeptBody()
    body._header(b"HTTP/1.1 200 OK\r\n")  # the callbacks are libcurl's to call
    body._header(b"Content-Encoding: " + encoding + b"\r\n")
    for start in range(0, len(content), 16384):
        chunk = content[start : start + 16384]
        assert body._write(chunk) == len(chunk)
    return body.content()


def test_kept_bodies_are_decompressed_and_bounded() -> None:
    """Gzip and deflate are undone, a bomb is cut, and what is broken comes as it is."""
    assert kept(b"plain") == b"plain"
    assert kept(gzip.compress(b"x" * 100), b"GZIP") == b"x" * 100
    assert kept(zlib.compress(b"y" * 100), b"deflate") == b"y" * 100
    assert kept(gzip.compress(bytes(50 << 20)), b"gzip") == bytes(KEPT_BODY)
    assert kept(bytes(3 * KEPT_BODY)) == bytes(KEPT_BODY)
    assert kept(b"not gzip", b"gzip") == b"not gzip"


def test_messages_arrive_whole_however_they_are_cut() -> None:
    """Frames come out one by one, fed a byte at a time; garbage is no message."""
    inbox = Inbox(ToWorker)
    for byte in frame(Stop()) * 2:
        inbox.feed(bytes([byte]))
    assert [inbox.take(), inbox.take(), inbox.take()] == [Stop(), Stop(), None]
    inbox.feed(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="4294967295 bytes"):
        inbox.take()
