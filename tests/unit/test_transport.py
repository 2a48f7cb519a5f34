"""How requests travel: what options make of it, and what a recording keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from heapwise.cli.transport import (
    TransportOptions,
    build_transport,
    changed_transport,
    check_source,
    lead,
)
from heapwise.errors import TargetError, UsageError
from heapwise.load.address import pin_addresses
from heapwise.model.load import Plan, Target
from heapwise.model.transport import HttpVersion, Transport
from support.certificates import make_certificates

TARGETS = (Target("GET", "http://svc.test/"), Target("GET", "http://127.0.0.1/x"))


def options(**changes: Any) -> TransportOptions:
    """The options as click passes them where none is given, but for changes."""
    typed: TransportOptions = {
        "insecure": False, "cert": None, "key": None, "root_certs": None, "http2": True,
        "h2c": False, "http3": False, "session_tickets": False, "idle_connections": 0,
        "laddr": None, "redirects": -1, "chunked": False, "max_body": 1 << 20,
    }  # fmt: skip
    return {**typed, **changes}


def test_no_options_are_the_default_transport() -> None:
    """What is not asked for is as in a plan that says nothing."""
    assert build_transport(options()) == Transport()


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({}, HttpVersion.AGREED),
        ({"http2": False}, HttpVersion.ONE),
        ({"h2c": True}, HttpVersion.H2C),
        ({"http3": True, "http2": False}, HttpVersion.THREE),
    ],
)
def test_three_options_make_one_version(changes: dict[str, bool], version: HttpVersion) -> None:
    """Of the three switches one thing follows."""
    assert build_transport(options(**changes)).http is version


def test_files_are_kept_as_whole_paths_and_never_read_into_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording says where a key lay, found from any folder, and not what it was."""
    pems = make_certificates(tmp_path)
    monkeypatch.chdir(tmp_path)
    transport = build_transport(
        options(cert=Path("cert.pem"), key=Path("key.pem"), root_certs="ca.pem,cert.pem")
    )
    assert transport.key == str(pems.key)
    assert transport.root_certs == (str(pems.authority), str(pems.certificate))
    stored = msgspec.json.encode(transport)
    assert b"BEGIN" not in stored
    assert msgspec.json.decode(stored, type=Transport) == transport


def test_only_what_is_given_changes_an_earlier_transport() -> None:
    """`verify --like` drives the load of a recording with the options typed on top."""
    recorded = Transport(http=HttpVersion.H2C, redirects=3, insecure=True)
    typed = options(http2=False, chunked=True)
    assert changed_transport(recorded, typed, set()) == recorded
    assert changed_transport(recorded, typed, {"rate", "chunked"}) == (
        msgspec.structs.replace(recorded, chunked=True)
    )
    assert changed_transport(recorded, typed, {"http2"}) == (
        msgspec.structs.replace(recorded, http=HttpVersion.ONE)
    )


def test_a_plan_of_an_older_recording_travels_as_it_did() -> None:
    """Without a word of transport: over TCP, HTTP/2 where TLS agrees, no redirects."""
    schedule = b'{"kind":"constant","numerator":1,"denominator":1,"duration_ns":1}'
    plan = msgspec.json.decode(b'{"targets":[],"schedule":%s}' % schedule, type=Plan)
    assert (plan.transport, plan.name) == (Transport(), "")


def test_only_what_connections_lead_to_is_resolved() -> None:
    """A mapped host is not asked for, its place is; a unix socket needs no name at all."""
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    mapped = lead(Transport(), TARGETS, connect_to=("svc.test:80:b:81",), unix_socket=None)
    assert pin_addresses(TARGETS, transport=mapped, resolver=resolver) == {
        "b:81": "127.0.0.1",
        "127.0.0.1:80": "127.0.0.1",
    }
    assert asked == ["b", "127.0.0.1"]
    through = lead(Transport(), TARGETS, connect_to=(), unix_socket=Path("/run/s"))
    assert pin_addresses(TARGETS, transport=through, resolver=resolver) == {}


def test_where_redirects_may_lead_is_judged_too() -> None:
    """A mapping of no target is a way for redirects, and its place must be local all the same."""
    follows = Transport(redirects=1)
    transport = lead(follows, TARGETS, connect_to=("login.test:80:b:81",), unix_socket=None)
    with pytest.raises(TargetError, match=r"b:81 is 8\.8\.8\.8"):
        pin_addresses(
            TARGETS,
            transport=transport,
            resolver=lambda host: ["8.8.8.8" if host == "b" else "127.0.0.1"],
        )


def test_a_path_no_socket_can_have_is_refused() -> None:
    """The system would cut it, and connect elsewhere or nowhere."""
    with pytest.raises(UsageError, match="more than 107 bytes"):
        lead(Transport(), TARGETS, connect_to=(), unix_socket=Path("/" + "x" * 107))


def test_an_address_to_send_from_is_of_the_targets_kind() -> None:
    """No packet of IPv6 arrives at an address of IPv4: that is said before anything is sent."""
    from_v6 = Transport(laddr="::1")
    check_source(from_v6, {"a:80": "::1"})
    check_source(Transport(), {"a:80": "127.0.0.1"})
    for transport, address in ((from_v6, "127.0.0.1"), (Transport(laddr="127.0.0.2"), "::1")):
        with pytest.raises(UsageError, match=f"-laddr {transport.laddr}: a:80 is {address}"):
            check_source(transport, {"a:80": address})
