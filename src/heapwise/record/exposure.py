"""Who else can reach a debug endpoint: what `heapwise doctor` says of its listeners.

A heap profile holds names of functions and files, a trace what every request did, and each capture
costs CPU. An endpoint that strangers reach was worth CVE-2019-11248 to Kubernetes: ``import _
"net/http/pprof"`` adds its handlers to ``http.DefaultServeMux``, which the application serves too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from heapwise.errors import HeapwiseError
from heapwise.formats.urls import port_of
from heapwise.model.check import Check, Level
from heapwise.model.load import Target
from heapwise.record.preflight import Found
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.fetch import get
from heapwise.runtimes.local import is_same_host, listener, listening

_PATIENCE_S = 1.0
_MOST_SOCKETS = 16
_LARGEST = 1 << 20

_HARM = "anybody who reaches it can read memory contents and slow the service down"
_BIND = {
    "go": 'serve pprof.Index from a mux of its own on http.ListenAndServe("127.0.0.1:6060", mux)',
    "python": "start the agent on 127.0.0.1 or on a unix socket",
}
_OR_FENCE = "where others have to reach it, let a network policy or a proxy with a token decide who"


def exposure_checks(found: Found, targets: Sequence[Target] = ()) -> Iterator[Check]:
    """What there is to say of the listeners of a service.

    Args:
        found: its debug endpoint.
        targets: what a load is to be sent to.
    """
    if found.endpoint.scheme == "unix":
        return
    pid = listener(found.endpoint) if is_same_host(found.endpoint) else None
    if pid is None:
        yield from _address_check(found)
    else:
        yield from _listener_checks(found, listening(pid))
    if _serves_more(found.endpoint, targets):
        yield Check(
            "pprof mux",
            Level.WARN,
            f"the application and {found.endpoint.base} answer on the same port",
            f"whoever can call the one can use the other; {_BIND[found.info.runtime]}",
        )
    if found.info.runtime == "go" and _tells_arguments(found.endpoint):
        yield Check(
            "command line",
            Level.NOTE,
            f"{found.endpoint.url_of('cmdline')} shows the arguments of the process",
            "secrets belong into the environment or a file",
        )


def _address_check(found: Found) -> Iterator[Check]:
    """Of another machine's, or another user's, only its address is known."""
    address = found.endpoint.address
    if address and not ip_address(address).is_loopback:
        yield Check(
            "pprof listener",
            Level.WARN,
            "pprof answers on an address that is not loopback",
            f"{_HARM}; {_OR_FENCE}",
        )


def _listener_checks(found: Found, sockets: Sequence[tuple[str, int]]) -> Iterator[Check]:
    """Of a process of this machine all its sockets are known, and each is asked like a stranger."""
    asked = [each for each in sockets if each[1] == found.endpoint.port]
    others = [each for each in sockets if each not in asked][:_MOST_SOCKETS]
    serving = [*asked, *(each for each in others if _has_pprof(_endpoint(*each)))]
    public = [each for each in serving if not ip_address(each[0]).is_loopback]
    if not public:
        where = ", ".join(_shown(*each) for each in serving)
        yield Check("pprof listener", Level.OK, f"loopback only: {where}")
    for each in public:
        yield _public_check(found, *each)


def _public_check(found: Found, host: str, port: int) -> Check:
    where = _shown(host, port)
    if ip_address(host).is_unspecified:
        where += ", every address of this machine"
    mine = msgspec.structs.replace(found.endpoint.access, headers=())
    if port == found.endpoint.port and not _has_pprof(
        msgspec.structs.replace(found.endpoint, access=mine)
    ):
        return Check("pprof listener", Level.NOTE, f"{where}: it wants to know who asks")
    return Check(
        "pprof listener",
        Level.WARN,
        f"pprof listens on {where}",
        f"{_HARM}; {_BIND[found.info.runtime]}; {_OR_FENCE}",
    )


def _endpoint(host: str, port: int) -> Endpoint:
    """A socket of this machine, by the nearest way to it."""
    address = ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return Endpoint(scheme="http", host=host, port=port)


def _has_pprof(endpoint: Endpoint) -> bool:
    """Whether there is an index of profiles."""
    try:
        index = get(endpoint, "", deadline_s=_PATIENCE_S, max_bytes=_LARGEST, page=True)
    except HeapwiseError:
        return False
    return b"goroutine" in index.body and b"heap" in index.body


def _serves_more(endpoint: Endpoint, targets: Sequence[Target]) -> bool:
    """Whether the application answers there as well: a target does, or the root path."""
    for target in targets:
        parts = urlsplit(target.url)
        if port_of(parts) == endpoint.port and parts.hostname in {endpoint.host, endpoint.address}:
            return True
    try:
        get(endpoint, "/", deadline_s=_PATIENCE_S, max_bytes=_LARGEST, page=True)
    except HeapwiseError:
        return False
    return True


def _tells_arguments(endpoint: Endpoint) -> bool:
    try:
        shown = get(endpoint, "cmdline", deadline_s=_PATIENCE_S, max_bytes=_LARGEST)
    except HeapwiseError:
        return False
    return b"\0" in shown.body.rstrip(b"\0")


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
