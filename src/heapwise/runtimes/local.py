"""Which process of this machine is behind an endpoint, as far as ``/proc`` lets us see."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from heapwise.runtimes.endpoint import Endpoint

PROC = Path("/proc")
_LISTENING = "0A"
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def is_same_host(endpoint: Endpoint) -> bool:
    """True where the endpoint is one of this machine's own addresses; False where unknown."""
    if endpoint.scheme == "unix":
        return True
    try:
        address = ipaddress.ip_address(endpoint.address or endpoint.host)
    except ValueError:
        return endpoint.host == "localhost"
    if address.is_loopback:
        return True
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), endpoint.port))  # sends nothing: it only picks a route
        except OSError:
            return False
        own: str = probe.getsockname()[0]
        return own == str(address)


def listener(endpoint: Endpoint) -> int | None:
    """The process that listens at the endpoint.

    None where it runs elsewhere, belongs to another user, or sits in another network namespace.
    """
    if not is_same_host(endpoint):
        return None
    inodes = set(_unix_inodes(endpoint) if endpoint.scheme == "unix" else _tcp_inodes(endpoint))
    if not inodes:
        return None
    pids = sorted(int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return next((pid for pid in pids if _holds(pid, inodes)), None)


def environment(pid: int, names: frozenset[str]) -> dict[str, str]:
    """Those of the named variables that a process was started with."""
    try:
        raw = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (pair.partition("=") for pair in raw.decode("utf-8", "replace").split("\0"))
    return {name: value for name, _, value in pairs if name in names}


def parent(pid: int) -> int | None:
    """The process that forked a process; None where it has ended."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # a name may hold spaces and parentheses
    return int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else None


def _tcp_inodes(endpoint: Endpoint) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        for fields in _rows(table):
            if len(fields) > 9 and fields[3] == _LISTENING:
                port = int(fields[1].rpartition(":")[2], 16)
                if port == endpoint.port:
                    yield fields[9]


def _unix_inodes(endpoint: Endpoint) -> Iterator[str]:
    for fields in _rows("unix"):
        if len(fields) > 7 and fields[7] == endpoint.host:
            yield fields[6]


def _rows(table: str) -> list[list[str]]:
    try:
        lines = (PROC / "net" / table).read_text(errors="replace").splitlines()[1:]
    except OSError:
        return []
    return [line.split() for line in lines]


def _holds(pid: int, inodes: set[str]) -> bool:
    try:
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            found = _SOCKET.fullmatch(str(descriptor.readlink()))
            if found and found[1] in inodes:
                return True
    except OSError:  # it ended meanwhile, or is another user's
        return False
    return False
