"""One target as a libcurl handle, ready to be sent again and again."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pycurl

from heapwise import __version__
from heapwise.load.address import endpoint_of
from heapwise.model.load import Plan, Target

_OURS = {"user-agent": f"heapwise/{__version__}", "accept-encoding": "gzip"}
_NOT_CURLS = ("expect", "accept", "content-type")
"""Headers libcurl adds by itself; a target sends only what it says."""

_BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})


def make_handle(target: Target, plan: Plan) -> pycurl.Curl:
    """A handle that sends ``target`` to the address the plan is pinned to.

    No proxy, no redirects, no signals, nothing decoded. HTTP/2 is spoken where TLS agrees on it;
    the connections of the plan then count requests in flight.

    Raises:
        KeyError: the plan has no address for the target.
    """
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, target.url)
    handle.setopt(pycurl.CONNECT_TO, [_connect_to(target, plan)])
    handle.setopt(pycurl.HTTPHEADER, [line.encode() for line in header_lines(target)])
    handle.setopt(pycurl.TIMEOUT_MS, -(-plan.timeout_ns // 1_000_000))
    handle.setopt(pycurl.WRITEFUNCTION, len)  # drains: takes a chunk, says it was all of it
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.NOPROXY, "*")
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.TCP_NODELAY, 1)
    handle.setopt(pycurl.PATH_AS_IS, 1)
    if not plan.keepalive:
        handle.setopt(pycurl.FRESH_CONNECT, 1)
        handle.setopt(pycurl.FORBID_REUSE, 1)
    if urlsplit(target.url).scheme == "https":
        _trust_the_system(handle)
    _set_method(handle, target)
    return handle


def header_lines(target: Target) -> Iterator[str]:
    """The headers as libcurl takes them: the target's, ours where it has none, and no others.

    An empty value removes a header.
    """
    own = {name.lower() for name, _ in target.headers}
    for name, value in target.headers:
        yield f"{name}: {value}" if value else f"{name}:"
    for name, value in _OURS.items():
        if name not in own:
            yield f"{name.title()}: {value}"
    for name in _NOT_CURLS:
        if name not in own:
            yield f"{name.title()}:"


def _connect_to(target: Target, plan: Plan) -> str:
    """Whatever host and port libcurl reads from the URL, it goes to the address we checked."""
    endpoint = endpoint_of(target.url)
    address = plan.addresses[endpoint]
    port = endpoint.rpartition(":")[2]
    return f"::[{address}]:{port}" if ":" in address else f"::{address}:{port}"


def _set_method(handle: pycurl.Curl, target: Target) -> None:
    if target.method == "HEAD":
        handle.setopt(pycurl.NOBODY, 1)
    elif target.body or target.method in _BODY_EXPECTED:
        handle.setopt(pycurl.POSTFIELDS, target.body)
        handle.setopt(pycurl.CUSTOMREQUEST, target.method)
    elif target.method != "GET":
        handle.setopt(pycurl.CUSTOMREQUEST, target.method)


def _trust_the_system(handle: pycurl.Curl) -> None:
    """Use the system's certificates: the wheel's libcurl looks where it was built."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        handle.setopt(pycurl.CAINFO, paths.cafile)
    if paths.capath:
        handle.setopt(pycurl.CAPATH, paths.capath)
