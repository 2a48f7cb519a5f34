"""Debug endpoints that want to know who asks."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from heapwise.errors import ServiceError, UsageError
from heapwise.record.redact import redact_argv
from heapwise.runtimes.access import Access, read_headers
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.fetch import get
from support.certificates import Certificates, make_certificates

TOKEN = "Bearer opensesame"
BASIC = "Basic " + base64.b64encode(b"user:p@ss w").decode()


class Guarded(BaseHTTPRequestHandler):
    """Answers those who send the token, or the password."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") in {TOKEN, BASIC}
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"profile" if known else b"who are you?\n")

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of a server on 127.0.0.1."""
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["http", "https"])
def address(request: pytest.FixtureRequest, certificate: Certificates) -> Iterator[str]:
    """``scheme://host:port`` of a guarded service."""
    with HTTPServer(("127.0.0.1", 0), Guarded) as server:
        if request.param == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"{request.param}://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(text: str, access: Access) -> bytes:
    """What the endpoint answers."""
    return get(Endpoint.parse(text, access), "heap", deadline_s=10).body


def test_a_token_and_a_password_open_the_endpoint(address: str, certificate: Certificates) -> None:
    """A header as typed, or the user in the address, as curl and pprof take it."""
    trusted = Access(authority=certificate.authority, headers=(("Authorization", TOKEN),))
    assert ask(address, trusted) == b"profile"
    user = address.replace("://", "://user:p%40ss%20w@")
    assert ask(user, Access(authority=certificate.authority)) == b"profile"
    with pytest.raises(ServiceError, match=r"answered 401.*name the user in the address"):
        ask(address, Access(authority=certificate.authority))


def test_an_unknown_certificate_is_refused_unless_the_address_says_insecure(address: str) -> None:
    """The word for it is pprof's."""
    access = Access(headers=(("Authorization", TOKEN),))
    if address.startswith("https"):
        with pytest.raises(ServiceError, match="certificate"):
            ask(address, access)
        assert ask(address.replace("https", "https+insecure"), access) == b"profile"


def test_nothing_secret_is_ever_printed() -> None:
    """Neither the address of an endpoint, nor its repr, nor an error holds the password."""
    endpoint = Endpoint.parse("http://user:hunter2@127.0.0.1:6060/debug/pprof")
    assert endpoint.url == "http://127.0.0.1:6060/debug/pprof"
    assert "hunter2" not in f"{endpoint!r} {endpoint.url_of('heap')}"
    for bad in ("ftp://user:hunter2@host", "user:hunter2@010.0.0.1:80"):
        with pytest.raises(UsageError) as caught:
            Endpoint.parse(bad)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(UsageError) as caught:
        read_headers(["Authorization Bearer hunter2"])
    assert "hunter2" not in str(caught.value)
    argv = ["top", "user:hunter2@127.0.0.1:6060", "--service-header", "X-Key: hunter2"]
    assert "hunter2" not in " ".join(redact_argv(argv))


def test_headers_can_come_from_a_file(tmp_path: Path) -> None:
    """A command line is visible to everybody on the machine; a file need not be."""
    file = tmp_path / "headers"
    file.write_text("Authorization: Bearer x\n\nX-Tenant: 7\n")
    assert read_headers([f"@{file}", "Accept:*/*"]) == (
        ("Authorization", "Bearer x"),
        ("X-Tenant", "7"),
        ("Accept", "*/*"),
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("no colon", "not a header: 'no'"),
        ("X: a\r\nY: b", "not a header: 'X'"),
        (": x", "not a header: ''"),
        ("@/nowhere", "cannot read headers from /nowhere"),
    ],
)
def test_what_is_no_header_is_refused(given: str, message: str) -> None:
    """A line break in a header would be a second one."""
    with pytest.raises(UsageError, match=message):
        read_headers([given])


def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    """Before anything is sent."""
    (tmp_path / "x.pem").write_text("not a certificate")
    for access in (
        Access(authority=tmp_path / "x.pem"),
        Access(certificate=tmp_path / "x.pem"),
        Access(authority=tmp_path / "none.pem"),
    ):
        with pytest.raises(UsageError, match=r"cannot use .*\.pem for TLS"):
            access.tls()
