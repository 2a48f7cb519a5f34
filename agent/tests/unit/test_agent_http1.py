"""Requests are read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.http1 import MAX_HEAD, parse_head, write
from heapwise_agent.messages import RefusedError, plain


def test_method_target_and_headers_are_read() -> None:
    """Names in lower case, values without the space around them, the first of a name."""
    head = parse_head(b"GET /debug/vars?x=1 HTTP/1.1\r\nHost: a\r\nX-A:  1 \r\nx-a: 2")
    assert head.method == "GET"
    assert head.target == "/debug/vars?x=1"
    assert head.headers == {"host": "a", "x-a": "1"}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"GET / HTTP/2.0", 400),
        (b"PRI * HTTP/2.0", 400),
        (b"get / HTTP/1.1", 400),
        (b"GET http://evil/ HTTP/1.1", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GET /\x00 HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET / HTTP/1.1\nHost: a", 400),
        (b"GET / HTTP/1.1\r\nHost : a", 400),
        (b"GET / HTTP/1.1\r\n folded: a", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00b", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET / HTTP/1.1\r\n" + b"\r\n".join([b"X: 1"] * 65), 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD, 431),
        (b"GET /" + b"a" * 4096 + b" HTTP/1.1", 400),
    ],
)
def test_what_is_not_quite_http_is_refused(data: bytes, status: int) -> None:
    """Nothing is guessed."""
    with pytest.raises(RefusedError) as refused:
        parse_head(data)
    assert refused.value.status == status


@given(st.binary(max_size=200) | st.binary(max_size=60).map(b"GET / HTTP/1.1\r\n".__add__))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """They are a request or they are refused."""
    try:
        target = parse_head(data).target
    except RefusedError as refused:
        target = f"/{refused.status}"
    assert target.startswith("/")


def test_an_answer_names_its_length_and_closes() -> None:
    """So that the client knows when it has everything."""
    head, _, body = write(plain("hello")).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert b"Connection: close" in lines
    assert b"Content-Length: 5" in lines
    assert body == b"hello"
