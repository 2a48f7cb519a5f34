"""Hosts and URLs are read so that nobody can read them otherwise."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import TargetError
from heapwise.formats.urls import check_host, check_url, port_of


@pytest.mark.parametrize(
    "host",
    [
        "1.94", "127.1", "2130706433", "010.0.0.1", "0x7f.1", "0x7f000001", "127.0.0.1.",
        "1.2.3.256", "1.2.3.4.5", "foo.1", "foo.0x", "00.0.0.1", "1..2",
    ],
)  # fmt: skip
def test_shorthand_and_octal_addresses_are_refused_with_the_reason(host: str) -> None:
    """A host that ends in a number and is no full dotted quad is refused, and told why."""
    with pytest.raises(TargetError, match="four numbers from 0 to 255 without leading zeros"):
        check_host(host)


@pytest.mark.parametrize(
    "host", ["", ".", "-a", "a-", "a b", "a..b", "ä.de", "a" * 64, "fe80::1%eth0", "::g", "127。0"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    """Malformed names, names outside ASCII, zones and broken IPv6 are refused."""
    with pytest.raises(TargetError):
        check_host(host)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "0.0.0.0", "::1", "::ffff:10.0.0.1", "a.b.c.", "my_svc", "x1"],
)
def test_plain_hosts_pass(host: str) -> None:
    """Names, full dotted quads and IPv6 addresses pass."""
    check_host(host)


@given(st.text(st.sampled_from("0123456789.xXaf:"), max_size=20))
def test_an_accepted_numeric_host_means_one_address_to_everybody(host: str) -> None:
    """Whatever `check_host` lets pass and `inet_aton` understands, `ipaddress` reads the same."""
    try:
        check_host(host)
    except TargetError:
        return
    try:
        packed = socket.inet_aton(host)
    except OSError:
        return
    assert packed == ipaddress.IPv4Address(host).packed


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("localhost:8080/", "not an http or https URL"),
        ("ftp://localhost/", "not an http or https URL"),
        ("http:localhost", "not an http or https URL"),
        ("http:///x", "no proper host"),
        ("http://[::1", "no proper host"),
        ("http://[1.2.3.4]/", "not an IPv6 address"),
        ("http://a:0/", "not a port"),
        ("http://a:/", "not a port"),
        ("http://a:65536/", "not a port"),
        ("http://a:99999999999999999999/", "not a port"),
        ("http://a:8x/", "no proper host"),
        ("http://user:secret@a/", "user name"),
        ("http://a\\@b/", "user name"),
        ("http://a\\b/", "not a host name"),
        ("http://a/b c", "cannot be sent: ' '"),
        ("http://a/\x00", "cannot be sent"),
        ("http://a/\r\nX: y", "cannot be sent"),
        ("http://a/ü", "percent-encode"),
        ("http://1.94/", "not a full address"),
        ("http://a/" + "x" * 9000, "too long"),
    ],
)
def test_bad_urls_are_refused_with_the_reason(url: str, reason: str) -> None:
    """Each way a URL can be wrong has its own words."""
    with pytest.raises(TargetError, match=reason):
        check_url(url)


def test_the_port_is_the_urls_or_the_schemes() -> None:
    """A URL without a port leads to 80 or 443."""
    assert port_of(check_url("http://a/")) == 80
    assert port_of(check_url("https://[::1]/?q#f")) == 443
    assert port_of(check_url("HTTP://a:8080")) == 8080


@given(st.text(max_size=60))
def test_a_url_is_read_or_refused(rest: str) -> None:
    """No text makes anything but a TargetError."""
    for url in (rest, f"http://{rest}", f"https://a:{rest}"):
        with suppress(TargetError):
            assert check_url(url).hostname
