"""Endpoints of URLs and of -connect-to are read strictly, and written one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import TargetError
from heapwise.formats.endpoints import endpoint_of, host_of, parse_connect_to, port_text


@pytest.mark.parametrize(
    ("url", "endpoint", "host", "port"),
    [
        ("http://A.example/x", "a.example:80", "a.example", "80"),
        ("https://a/", "a:443", "a", "443"),
        ("http://[::1]:81/x", "[::1]:81", "::1", "81"),
    ],
)
def test_the_endpoint_of_a_url(url: str, endpoint: str, host: str, port: str) -> None:
    """Lower case, with its port, IPv6 in brackets, and it comes apart again."""
    assert endpoint_of(url) == endpoint
    assert (host_of(endpoint), port_text(endpoint)) == (host, port)


@pytest.mark.parametrize(
    ("text", "source", "place"),
    [
        ("google.com:80:localhost:6060", "google.com:80", "localhost:6060"),
        ("Google.com:080:[::1]:6060", "google.com:80", "[::1]:6060"),
        ("[2001:db8::1]:443:127.0.0.1:1", "[2001:db8::1]:443", "127.0.0.1:1"),
    ],
)
def test_a_mapping_has_two_endpoints(text: str, source: str, place: str) -> None:
    """Vegeta's form, and IPv6 in brackets, which vegeta does not take."""
    assert parse_connect_to(text) == (source, place)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "HOST:PORT:HOST:PORT"),
        ("a:80", "HOST:PORT:HOST:PORT"),
        ("a:80:b", "HOST:PORT:HOST:PORT"),
        ("a:80:b:1:2", "HOST:PORT:HOST:PORT"),
        ("a:80:::1:80", "HOST:PORT:HOST:PORT"),
        ("a:0:b:1", "not a port"),
        ("a:80:b:65536", "not a port"),
        ("a:80:127.1:80", "not a full address"),
        ("a:80:010.0.0.1:80", "not a full address"),
        ("a:80:[::1%lo]:80", "not an IPv6 address"),
        ("a:80:[a]:80", "not an IPv6 address"),
        ("a b:80:c:80", "not a host name"),
    ],
)
def test_what_is_no_mapping_is_refused(text: str, words: str) -> None:
    """Nothing is guessed, and no shorthand is left for a resolver to understand."""
    with pytest.raises(TargetError, match=words):
        parse_connect_to(text)


@given(st.text(max_size=60))
def test_any_text_is_a_mapping_or_refused(text: str) -> None:
    """Whatever is typed, the error is ours."""
    try:
        source, place = parse_connect_to(text)
    except TargetError:
        return
    assert parse_connect_to(f"{source}:{place}") == (source, place)
