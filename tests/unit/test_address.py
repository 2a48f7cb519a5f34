"""Where a load may go is decided on resolved addresses."""

from __future__ import annotations

import pytest

from heapwise.errors import TargetError
from heapwise.formats.endpoints import endpoint_of
from heapwise.load.address import is_local, pin_addresses, resolve
from heapwise.model.load import Target


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True), ("127.255.0.1", True), ("10.1.2.3", True), ("172.16.0.1", True),
        ("172.32.0.1", False), ("192.168.1.1", True), ("::1", True), ("fd00::1", True),
        ("::ffff:127.0.0.1", True), ("::ffff:8.8.8.8", False), ("8.8.8.8", False),
        ("169.254.169.254", False), ("0.0.0.0", False), ("198.18.0.1", False),
        ("192.0.2.1", False), ("100.64.0.1", False), ("fe80::1", False), ("::", False),
        ("224.0.0.1", False),
    ],
)  # fmt: skip
def test_only_loopback_and_private_networks_are_local(address: str, local: bool) -> None:
    """Link-local, unspecified, documentation and benchmark networks are not."""
    assert is_local(address) is local


def pin(*urls: str, answers: list[str], allow_remote: bool = False) -> dict[str, str]:
    """Pin URLs with a resolver that knows one answer."""
    targets = tuple(Target("GET", url) for url in urls)
    return pin_addresses(targets, allow_remote=allow_remote, resolver=lambda _host: answers)


def test_an_address_outside_is_refused_by_name() -> None:
    """The error has the endpoint, the address and the flag, even if another address is local."""
    with pytest.raises(TargetError, match=r"svc:80 is 8\.8\.8\.8.*--allow-remote"):
        pin("http://svc/", answers=["127.0.0.1", "8.8.8.8"])
    assert pin("http://svc/", answers=["8.8.8.8"], allow_remote=True) == {"svc:80": "8.8.8.8"}


def test_every_endpoint_is_pinned_once() -> None:
    """Targets of one host and port share an entry; IPv4 is preferred."""
    pinned = pin("http://a/1", "http://A:80/2", "https://a/", answers=["::1", "127.0.0.1"])
    assert pinned == {"a:80": "127.0.0.1", "a:443": "127.0.0.1"}


def test_an_ipv6_endpoint_is_written_in_brackets() -> None:
    """The port stays recognisable."""
    assert endpoint_of("http://[::1]:81/x") == "[::1]:81"


def test_the_resolver_knows_addresses_and_says_what_it_does_not_know() -> None:
    """Literal addresses resolve to themselves, mapped ones to IPv4; unknown names are errors."""
    assert resolve("127.0.0.1") == ["127.0.0.1"]
    assert resolve("::ffff:127.0.0.1") == ["127.0.0.1"]
    with pytest.raises(TargetError, match=r"cannot resolve no-such-host\.invalid"):
        resolve("no-such-host.invalid")
