"""Fetching from debug endpoints that misbehave, and from one that does not."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ServiceError, UsageError
from heapwise.runtimes.fetch import Endpoint, get, pin
from heapwise.runtimes.registry import recognise
from support.faults import FAULTS, answer, refuse, serve

LIMIT = 1 << 20
SLOW = {"hang", "drip_body", "drip_header"}
NAMED = {
    "hang": "did not answer in full within 500 ms",
    "drip_body": "did not answer in full within 500 ms",
    "drip_header": "did not answer in full within 500 ms",
    "close_at_once": "closed the connection without an answer; a WriteTimeout",
    "reset": "broke the connection; a WriteTimeout",
    "endless_chunks": "sends too much: more than 1.00 MiB",
    "endless_headers": "gave no sane HTTP answer: 'got more than 100 headers'",
    "broken_chunks": "gave no sane HTTP answer: 'read length must be non-negative",
    "not_http": r"gave no sane HTTP answer: 'SSH-2.0-OpenSSH_9.2",
    "length_too_long": "broke off in the middle of its answer; a WriteTimeout",
    "length_of_a_terabyte": "sends too much: more than 1.00 MiB",
    "html_200": 'a web page, not with a profile; in Go, import _ "net/http/pprof"',
    "html_in_disguise": "a web page, not with a profile",
    "unauthorized": "answered 401: 'who are you?'; name the user in the address",
    "forbidden": r"answered 403: '\x1b[31mno\x07'; name the user in the address",
    "not_found": "answered 404: '404 page not found'; in Go, import _ \"net/http/pprof\"",
    "not_allowed": "answered 405: 'Method Not Allowed'; profiles answer GET",
    "busy": "cpu profiling already in use'; another profile is being taken",
    "no_content": "answered 204",
    "redirect_elsewhere": "redirects to another place: 'http://127.0.0.2:9/heap'",
    "redirect_relative_host": "redirects to another place: '//example.com/heap'",
    "redirect_to_file": "redirects to another place: 'file:///etc/passwd'",
    "redirect_forever": "redirects in circles",
    "compressed_and_cut": "gave no sane HTTP answer: 'its compressed body ends early'",
    "compressed_garbage": "gave no sane HTTP answer: 'its compressed body is damaged'",
    "compressed_oddly": "it is encoded as 'br', which was not asked for",
    "bomb": "sends too much: more than 1.00 MiB",
}
HARMLESS = set(FAULTS) - set(NAMED)
"""Answers that are fine as HTTP; what they hold is for the reader of the profile to judge."""


@pytest.mark.parametrize("name", NAMED)
def test_a_fault_is_named_in_time_and_in_little_memory(name: str) -> None:
    """Each fault ends in one error that says what it was, within the deadline, below 8 MiB."""
    with serve(FAULTS[name]) as endpoint:
        tracemalloc.start()
        started = time.monotonic()
        with pytest.raises(ServiceError, match=re.escape(NAMED[name])):
            get(endpoint, "heap", deadline_s=0.5 if name in SLOW else 20, max_bytes=LIMIT)
        took = time.monotonic() - started
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert took < 5
    assert peak < 8 << 20


@pytest.mark.parametrize("name", sorted(set(FAULTS) - SLOW))
def test_no_fault_is_taken_for_a_service(name: str) -> None:
    """Recognising a runtime behind any fault is one `ServiceError` without control characters."""
    with serve(FAULTS[name]) as endpoint, pytest.raises(ServiceError) as caught:
        recognise(endpoint)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_an_odd_answer_is_handed_on_as_it_is(name: str) -> None:
    """An empty body, a negative length or a picture is no fault of the connection."""
    with serve(FAULTS[name]) as endpoint:
        assert get(endpoint, "heap").status == 200


def test_a_closed_port_is_named_with_the_next_step() -> None:
    """A refused connection says that nothing listens, and how to mount the profiles."""
    with refuse() as endpoint, pytest.raises(ServiceError, match="nothing listens at") as caught:
        get(endpoint, "heap")
    assert 'import _ "net/http/pprof"' in caught.value.hint
    assert "--service" in caught.value.hint


def test_an_unknown_host_is_named() -> None:
    """A name that the resolver does not know is said to be unknown."""
    with pytest.raises(ServiceError, match=r"unknown|cannot be reached|did not answer"):
        get(Endpoint.parse("no-such-host.invalid:6060"), "heap", deadline_s=5)


def test_plain_http_where_tls_was_asked_is_named() -> None:
    """Speaking TLS to a plain server is one error, not a traceback."""
    with serve(FAULTS["not_http"]) as endpoint:
        tls = Endpoint.parse(f"https://127.0.0.1:{endpoint.port}")
        with pytest.raises(ServiceError, match=r"no secure connection|did not answer"):
            get(tls, "heap", deadline_s=2)


def test_the_body_comes_as_received() -> None:
    """A gzip body that is not declared as a compressed transfer stays compressed."""
    body = gzip.compress(b"profile")
    with serve(answer("200 OK", body, "Content-Type: application/octet-stream; x=y")) as endpoint:
        found = get(endpoint, "heap", query="gc=1")
    assert (found.body, found.content_type) == (body, "application/octet-stream")


def test_a_declared_compression_is_undone_once() -> None:
    """A middleware that compresses although nobody asked does not spoil the answer."""
    inner = gzip.compress(b"profile")
    with serve(answer("200 OK", gzip.compress(inner), "Content-Encoding: gzip")) as endpoint:
        assert get(endpoint, "heap").body == inner


def test_only_the_ends_of_a_long_answer_are_kept() -> None:
    """With `keep_ends` a body of 4 MiB leaves its first and last bytes, and little between."""
    with serve(answer("200 OK", b"the start" + bytes(4 << 20) + b"the end")) as endpoint:
        found = get(endpoint, "heap", keep_ends=1000)
    assert found.body.startswith(b"the start\0")
    assert found.body.endswith(b"\0the end")
    assert 2000 <= len(found.body) < 200_000


def test_a_redirect_within_the_server_is_followed() -> None:
    """Go's mux redirects /debug/pprof to /debug/pprof/, which is the same place."""
    answers = [
        answer("200 OK", b"found"),
        answer("301 Moved Permanently", b"", "Location: ./moved?gc=1"),
    ]

    def one_after_the_other(connection: socket.socket, stop: threading.Event) -> None:
        answers.pop()(connection, stop)

    with serve(one_after_the_other) as endpoint:
        assert get(endpoint, "heap").body == b"found"


@pytest.mark.parametrize(
    ("refusals", "after", "answered"),
    [(3, "0", True), (4, "0", False), (1, "60", False), (1, "soon", False)],
)
def test_a_server_that_is_busy_for_a_moment_is_asked_again(
    refusals: int, after: str, answered: bool
) -> None:
    """As often and as soon as it says, within reason; who is busy for long is told so."""
    answers = [answer("200 OK", b"a profile")]
    answers += [answer("503 Busy", b"too many", f"Retry-After: {after}")] * refusals

    def one_after_the_other(connection: socket.socket, stop: threading.Event) -> None:
        answers.pop()(connection, stop)

    with serve(one_after_the_other) as endpoint:
        if answered:
            assert get(endpoint, "heap").body == b"a profile"
            return
        with pytest.raises(ServiceError, match="answered 503"):
            get(endpoint, "heap")


def test_what_is_sent_is_a_plain_get(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request asks for no compression, closes, names its host, and knows no proxy."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        endpoint = Endpoint.parse(f"localhost:{listener.getsockname()[1]}")
        asked = pool.submit(get, endpoint, "heap", query="gc=1")
        connection, _ = listener.accept()
        with connection:
            request = connection.recv(4096).decode().splitlines()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert asked.result().body == b""
    assert request[0] == "GET /debug/pprof/heap?gc=1 HTTP/1.1"
    assert set(request[1:]) >= {
        f"Host: localhost:{endpoint.port}",
        "Accept-Encoding: identity",
        "Connection: close",
    }


def test_pinning_remembers_the_address_that_answered() -> None:
    """A pinned endpoint keeps its name for people and its address for every later request."""
    with serve(FAULTS["empty"]) as endpoint:
        pinned = pin(Endpoint.parse(f"localhost:{endpoint.port}"))
        assert (pinned.host, pinned.address) == ("localhost", "127.0.0.1")
        assert get(pinned, "heap").body == b""


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:6060", "http://localhost:6060/debug/pprof"),
        (":6060", "http://127.0.0.1:6060/debug/pprof"),
        ("http://127.0.0.1:6060/", "http://127.0.0.1:6060/debug/pprof"),
        ("http://[::1]:6060", "http://[::1]:6060/debug/pprof"),
        ("https://svc.example/debug/pprof/heap", "https://svc.example:443/debug/pprof"),
        ("http://svc/admin/debug/pprof/", "http://svc:80/admin/debug/pprof"),
        ("http://svc:1/internal/profiles", "http://svc:1/internal/profiles"),
        ("unix:/run/svc.sock", "unix:/run/svc.sock"),
        ("unix:///run/svc.sock", "unix:/run/svc.sock"),
    ],
)
def test_an_address_may_be_written_in_many_ways(text: str, url: str) -> None:
    """Scheme and path may be missing, as in pprof, and one profile's name at the end is dropped."""
    assert Endpoint.parse(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        *("", "1.94", "127.1:80", "2130706433", "010.0.0.1", "http://0x7f.1", "http://[::1"),
        *("ftp://h", "http://", "h:0", "h:x", "h:65536", "h/?gc=1", "h/#x"),
        *("a b", "h\n", "http://h/\x1b", "unix:relative", "unix:/" + "x" * 107),
    ],
)
def test_an_ambiguous_address_is_refused(text: str) -> None:
    """What could be taken for another address, or hides something, is a usage error."""
    with pytest.raises(UsageError):
        Endpoint.parse(text)


@given(st.text(max_size=40))
def test_any_text_is_an_endpoint_or_one_error(text: str) -> None:
    """Parsing never ends in anything but an endpoint that parses to itself, or a usage error."""
    try:
        endpoint = Endpoint.parse(text)
    except UsageError:
        return
    assert Endpoint.parse(endpoint.url).url == endpoint.url
