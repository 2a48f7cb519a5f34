"""TLS and HTTP/2 as vegeta's flags have them, against vegeta itself."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from support.certificates import Certificates, make_certificates
from support.protocols import protocols
from support.rude_servers import garbage, rude_server
from support.vegeta import TOOLS, Attack, ours, vegetas
from support.witness import witness

pytestmark = pytest.mark.go


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of a server on loopback."""
    return make_certificates(tmp_path_factory.mktemp("pems"))


def context_of(pems: Certificates, *, asks: bool = False) -> ssl.SSLContext:
    """A server's; one that ``asks`` wants a certificate of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pems.certificate, pems.key)
    if asks:
        # In TLS 1.3 the refusal comes after the handshake, and may be overtaken by a reset.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(pems.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def outcomes(attack: Attack) -> set[str]:
    """Our classes of errors."""
    return {hit["outcome"] for hit in attack.hits}


def test_certificates_are_verified_unless_told(pems: Certificates) -> None:
    """By default nobody vouches for the server; -insecure takes it, -root-certs vouches."""
    with witness(tls=context_of(pems)) as seen:
        target = f"GET https://{seen.place}/"
        for attack in TOOLS:
            assert attack(target).codes == {0}
            assert attack(target, "-insecure").codes == {200}
            assert attack(target, "-root-certs", pems.authority).codes == {200}
        assert outcomes(ours(target)) == {"tls"}


def test_root_certs_replace_the_systems_and_may_be_several(
    pems: Certificates, tmp_path: Path
) -> None:
    """Any of them may have signed; others do not count."""
    other = make_certificates(tmp_path).authority
    with witness(tls=context_of(pems)) as seen:
        target = f"GET https://{seen.place}/"
        for attack in TOOLS:
            assert attack(target, f"-root-certs={other},{pems.authority}").codes == {200}
            assert attack(target, "-root-certs", other).codes == {0}


def test_a_name_that_is_not_in_the_certificate_is_a_tls_error(pems: Certificates) -> None:
    """An authority that is trusted does not make up for the wrong name."""
    with witness(tls=context_of(pems)) as seen:
        port = seen.port
        flags = ("-root-certs", pems.authority, "-connect-to", f"svc.test:443:127.0.0.1:{port}")
        for attack in TOOLS:
            assert attack("GET https://svc.test/", *flags).codes == {0}
        assert outcomes(ours("GET https://svc.test/", *flags)) == {"tls"}


def test_the_clients_certificate(pems: Certificates, tmp_path: Path) -> None:
    """It is shown with its key, from two files or one; without it there is no connection."""
    both = tmp_path / "both.pem"
    both.write_bytes(pems.certificate.read_bytes() + pems.key.read_bytes())
    with witness(tls=context_of(pems, asks=True)) as seen:
        target = f"GET https://{seen.place}/"
        for attack in TOOLS:
            assert attack(target, "-insecure").codes == {0}
            two = attack(target, "-insecure", "-cert", pems.certificate, "-key", pems.key)
            one = attack(target, "-insecure", "-cert", both)
            assert (two.codes, one.codes) == ({200}, {200}), one.errors
            assert {request.shown for request in seen.take()} == {"localhost"}
        assert outcomes(ours(target, "-insecure")) == {"tls"}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["-cert", "KEY"], "is no certificate, or its key does not fit"),
        (["-cert", "CERT", "-key", "CA"], "is no certificate, or its key does not fit"),
        (["-cert", "/no/such/file"], "cannot read /no/such/file"),
        (["-root-certs", "KEY"], "is no certificate"),
        (["-root-certs", "/no/such/file"], "cannot read /no/such/file"),
        (["-key", "KEY"], "-key needs -cert"),
        (["-h2c", "--http3"], "contradict"),
        (["--http3"], "HTTP/3 needs https"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    flags: list[str], words: str, pems: Certificates
) -> None:
    """One line, exit code 2."""
    names = {"CERT": pems.certificate, "KEY": pems.key, "CA": pems.authority}
    done = ours("GET http://127.0.0.1:1/", *(names.get(flag, flag) for flag in flags))
    assert (done.code, words in done.errors) == (2, True), done.errors


@pytest.mark.parametrize(
    ("flag", "resumed"), [("-session-tickets", {True}), ("-session-tickets=false", set())]
)
def test_session_tickets(flag: str, resumed: set[bool], pems: Certificates) -> None:
    """Only with the flag are sessions resumed on new connections."""
    with witness(tls=context_of(pems)) as seen:
        for attack in TOOLS:
            attack(f"GET https://{seen.place}/", "-insecure", "-keepalive=false", flag)
            later = {request.resumed for request in seen.take()[1:]}
            assert later - {False} == resumed


@pytest.mark.parametrize(
    ("flags", "protocol", "connections"),
    [
        ([], "HTTP/2.0", range(1, 2)),
        (["-http2"], "HTTP/2.0", range(1, 2)),
        (["-http2=false"], "HTTP/1.1", range(5, 30)),
    ],
)
def test_http2_over_tls(
    flags: list[str], protocol: str, connections: range, pems: Certificates
) -> None:
    """All requests in flight share one connection; without it each has its own."""
    many = ("-insecure", "-rate=100", "-duration=200ms", *flags)
    with protocols(pems, delay="100ms") as seen:
        for attack in TOOLS:
            assert attack(f"GET https://{seen.place}/", *many).codes == {200}
            lines = seen.take()
            assert {line["protocol"] for line in lines} == {protocol}
            assert len({line["connection"] for line in lines}) in connections


def test_a_server_that_does_not_agree_to_http2_gets_a_connection_each(
    pems: Certificates,
) -> None:
    """Requests in flight at once do not wait for a connection to share."""
    with witness(tls=context_of(pems), delay=0.1) as seen:
        for attack in TOOLS:
            done = attack(f"GET https://{seen.place}/", "-insecure", "-rate=100", "-duration=300ms")
            assert done.codes == {200}
            assert seen.busiest >= 8
            assert max(hit["latency"] for hit in done.hits) < 1_000_000_000
            seen.take()


def test_h2c() -> None:
    """Without TLS from the first byte, bodies and all."""
    target = "POST http://{}/x"
    with protocols(delay="100ms") as seen:
        for attack in TOOLS:
            many = ("-h2c", "-rate=100", "-duration=200ms", "-body", __file__)
            assert attack(target.format(seen.place), *many).codes == {200}
            lines = seen.take()
            assert {line["protocol"] for line in lines} == {"HTTP/2.0"}
            assert len({line["connection"] for line in lines}) == 1
            assert {line["body"] for line in lines} == {Path(__file__).read_text()}


def test_h2c_with_a_server_that_speaks_http_1_is_a_protocol_error() -> None:
    """Both fail; ours has a class for it."""
    with rude_server(garbage) as url:
        assert vegetas(f"GET {url}", "-h2c").codes == {0}
        # A server that closes before it has read all may reset what it said.
        assert "protocol" in outcomes(ours(f"GET {url}", "-h2c")) <= {"protocol", "reset"}
