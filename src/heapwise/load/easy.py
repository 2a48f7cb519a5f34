"""One target as a libcurl handle, ready to be sent again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pycurl

from heapwise import __version__
from heapwise.load.transport import carry
from heapwise.model.load import Plan, Target

NAME_HEADER = "X-Vegeta-Attack"
"""Carries the name of a load, as vegeta's does, so that a service's log can be told apart."""

_OURS = {"user-agent": f"heapwise/{__version__}", "accept-encoding": "gzip"}
_NOT_CURLS = ("expect", "accept", "content-type")
"""Headers libcurl adds by itself; a target sends only what it says."""

BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say how long their body is even where there is none."""


def make_handle(target: Target, plan: Plan, turn: int = 0) -> pycurl.Curl:
    """A handle that sends ``target`` as the plan says; see `heapwise.load.transport.carry`.

    No signals, nothing decoded.

    Raises:
        KeyError: the plan has no address for the target.
    """
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, target.url)
    handle.setopt(pycurl.HTTPHEADER, [line.encode() for line in header_lines(target, plan)])
    handle.setopt(pycurl.TIMEOUT_MS, -(-plan.timeout_ns // 1_000_000))
    handle.setopt(pycurl.WRITEFUNCTION, len)  # drains: takes a chunk, says it was all of it
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.PATH_AS_IS, 1)
    if not plan.keepalive:
        handle.setopt(pycurl.FRESH_CONNECT, 1)
        handle.setopt(pycurl.FORBID_REUSE, 1)
    _set_method(handle, target)
    carry(handle, target.url, plan, turn)
    return handle


def header_lines(target: Target, plan: Plan) -> Iterator[str]:
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
    if plan.name and NAME_HEADER.lower() not in own:
        yield f"{NAME_HEADER}: {plan.name}"
    if plan.transport.chunked and target.body:
        yield "Transfer-Encoding: chunked"


def _set_method(handle: pycurl.Curl, target: Target) -> None:
    if target.method == "HEAD":
        handle.setopt(pycurl.NOBODY, 1)
    elif target.body or target.method in BODY_EXPECTED:
        handle.setopt(pycurl.POSTFIELDS, target.body)
        handle.setopt(pycurl.CUSTOMREQUEST, target.method)
    elif target.method != "GET":
        handle.setopt(pycurl.CUSTOMREQUEST, target.method)
