"""A plan's transport as libcurl takes it: where to connect, from where, which TLS, which HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pycurl

from heapwise.errors import UsageError
from heapwise.formats.endpoints import endpoint_of, port_text
from heapwise.load.address import destinations
from heapwise.model.load import Plan
from heapwise.model.transport import HttpVersion, Transport

_OBEY = 2
"""CURLFOLLOW_OBEYCODE, which pycurl has no name for: a redirect may turn a POST into a GET."""

_NOWHERE = "::elsewhere.onion:1"
"""Where a redirect connects that leads to no pinned address. libcurl refuses such names itself,
without asking any resolver (RFC 7686), so nothing leaves the machine."""

_VERSIONS = {
    HttpVersion.ONE: pycurl.CURL_HTTP_VERSION_1_1,
    HttpVersion.AGREED: pycurl.CURL_HTTP_VERSION_2TLS,
    HttpVersion.H2C: pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
    HttpVersion.THREE: pycurl.CURL_HTTP_VERSION_3ONLY,
}


def carry(handle: pycurl.Curl, url: str, plan: Plan, turn: int = 0) -> None:
    """Make ``handle`` travel to ``url`` as the plan says; no proxy, ever.

    Args:
        handle: of one target.
        url: of the target.
        plan: with its addresses pinned.
        turn: which of several destinations of an endpoint to take, modulo their number.

    Raises:
        KeyError: the plan has no address for the target.
    """
    transport = plan.transport
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.NOPROXY, "*")
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.TCP_NODELAY, 1)
    handle.setopt(pycurl.HTTP_VERSION, _VERSIONS[transport.http])
    if multiplexes(url, transport):
        handle.setopt(pycurl.PIPEWAIT, 1)
    if transport.laddr:
        handle.setopt(pycurl.INTERFACE, f"host!{transport.laddr}")
    if transport.unix_socket:
        handle.setopt(pycurl.UNIX_SOCKET_PATH, transport.unix_socket)
    else:
        handle.setopt(pycurl.CONNECT_TO, list(_connections(url, plan, turn)))
    if transport.redirects >= 0:
        handle.setopt(pycurl.FOLLOWLOCATION, _OBEY)
        handle.setopt(pycurl.MAXREDIRS, transport.redirects)
        handle.setopt(pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    if url.lower().startswith("https:") or transport.redirects >= 0:
        _secure(handle, transport)


def multiplexes(url: str, transport: Transport) -> bool:
    """True where one connection may carry several requests at once."""
    if transport.http is HttpVersion.AGREED:
        return url.lower().startswith("https:")
    return transport.http is not HttpVersion.ONE


def turns(url: str, transport: Transport) -> int:
    """How many destinations the hits of a target take in turn."""
    return len(destinations(endpoint_of(url), transport))


def _connections(url: str, plan: Plan, turn: int) -> Iterator[str]:
    """Libcurl's list of what to connect to instead of what: nothing but pinned addresses.

    Where no redirect is followed, whatever host and port libcurl reads from the URL goes to the
    address that was judged.
    """
    own = endpoint_of(url)
    if plan.transport.redirects < 0:
        yield f"::{_place(own, plan, turn)}"
        return
    known = dict.fromkeys([own, *plan.transport.connect_to, *plan.addresses])
    for endpoint in known:
        yield f"{endpoint}:{_place(endpoint, plan, turn)}"
    yield _NOWHERE


def _place(endpoint: str, plan: Plan, turn: int) -> str:
    """``address:port`` for an endpoint."""
    places = destinations(endpoint, plan.transport)
    place = places[turn % len(places)]
    address = plan.addresses[place]
    return f"[{address}]:{port_text(place)}" if ":" in address else f"{address}:{port_text(place)}"


def _secure(handle: pycurl.Curl, transport: Transport) -> None:
    handle.setopt(pycurl.SSL_SESSIONID_CACHE, int(transport.session_tickets))
    if transport.insecure:
        handle.setopt(pycurl.SSL_VERIFYPEER, 0)
        handle.setopt(pycurl.SSL_VERIFYHOST, 0)
    if transport.cert:
        handle.setopt(pycurl.SSLCERT, transport.cert)
        handle.setopt(pycurl.SSLKEY, transport.key or transport.cert)
    if transport.root_certs:
        _trust(handle, transport.root_certs)
    else:
        _trust_the_system(handle)


def _trust(handle: pycurl.Curl, files: tuple[str, ...]) -> None:
    """Use these certificates and no others.

    One file goes by its name: libcurl then reads it once, and not for every connection, which
    takes 6 ms for the bundle of a system.
    """
    handle.unsetopt(pycurl.CAPATH)
    if len(files) == 1:
        handle.setopt(pycurl.CAINFO, files[0])
    else:
        handle.setopt(pycurl.CAINFO_BLOB, _bundle(files))


@cache
def _bundle(files: tuple[str, ...]) -> bytes:
    """The files as one.

    Raises:
        UsageError: one cannot be read.
    """
    try:
        return b"\n".join(Path(file).read_bytes() for file in files)
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}", error.strerror or str(error)) from None


def _trust_the_system(handle: pycurl.Curl) -> None:
    """Use the system's certificates: the wheel's libcurl looks where it was built."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        handle.setopt(pycurl.CAINFO, paths.cafile)
    if paths.capath:
        handle.setopt(pycurl.CAPATH, paths.capath)
