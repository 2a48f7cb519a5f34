"""``--http3`` against a server that speaks nothing else; vegeta has no HTTP/3 to compare with."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.certificates import Certificates, make_certificates
from support.protocols import Protocols, protocols

pytestmark = pytest.mark.go


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of a server on loopback."""
    return make_certificates(tmp_path_factory.mktemp("pems"))


@pytest.fixture(scope="module")
def server(pems: Certificates) -> Iterator[Protocols]:
    """One that takes 100 ms for each answer."""
    with protocols(pems, delay="100ms", server="http3") as running:
        yield running


def total_of(*arguments: str | Path) -> dict[str, Any]:
    """The total of the report of a load of twenty requests."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", "load", "--http3", "-rate=100", "-duration=200ms",
         "--json", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    total: dict[str, Any] = json.loads(done.stdout)["data"]["total"]
    return total


def test_requests_share_a_connection(server: Protocols, pems: Certificates, tmp_path: Path) -> None:
    """Bodies arrive, and what is in flight at once shares one QUIC connection."""
    body = tmp_path / "body"
    body.write_text("12345")
    total = total_of(f"POST https://{server.place}/a", "-root-certs", pems.authority, "-body", body)
    assert total["statuses"] == {"200": 20}
    seen = server.take()
    assert {(line["protocol"], line["method"], line["path"], line["body"]) for line in seen} == {
        ("HTTP/3.0", "POST", "/a", "12345")
    }
    assert len({line["connection"] for line in seen}) == 1


def test_certificates_are_verified(server: Protocols) -> None:
    """A server nobody vouches for is a TLS error, unless -insecure takes it."""
    target = f"https://{server.place}/"
    assert total_of(target)["errors"] == {"tls": 20}
    assert total_of(target, "-insecure")["statuses"] == {"200": 20}


def test_a_server_without_http3_is_an_error_and_not_an_older_version() -> None:
    """Where nobody listens on UDP nothing falls back to TCP."""
    with socket.create_server(("127.0.0.1", 0)) as tcp_only:
        total = total_of(f"https://127.0.0.1:{tcp_only.getsockname()[1]}/", "-timeout=2s")
        assert total["succeeded"] == 0
        tcp_only.setblocking(False)
        with pytest.raises(BlockingIOError):
            tcp_only.accept()
    assert set(total["errors"]) <= {"refused", "reset", "timeout", "unreachable"}
