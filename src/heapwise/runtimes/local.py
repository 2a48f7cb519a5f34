"""Which process of this machine is behind an endpoint, as far as ``/proc`` lets us see."""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from heapwise.runtimes.endpoint import Endpoint

PROC = Path("/proc")
_LISTENING = "0A"
_HOLDERS: dict[str, int] = {}
"""Inodes of sockets, and the first process that held each when we last looked."""

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
    known = {_HOLDERS[inode] for inode in inodes if inode in _HOLDERS}
    held = next((pid for pid in sorted(known) if inodes & _sockets(pid)), None)
    return _found_anew(inodes) if held is None else held


def _found_anew(inodes: set[str]) -> int | None:
    """The first process that holds one of the sockets; who holds the others is kept in mind.

    Looking through all processes takes tens of milliseconds, for each of hundreds of services.
    """
    pids = sorted((int(each.name) for each in PROC.iterdir() if each.name.isdigit()), reverse=True)
    holders = {inode: pid for pid in pids for inode in _sockets(pid)}
    _HOLDERS.clear()
    _HOLDERS.update(holders)
    return min((holders[inode] for inode in inodes if inode in holders), default=None)


def listening(pid: int) -> tuple[tuple[str, int], ...]:
    """Where a process of our network namespace listens by TCP: addresses and ports, sorted.

    ``0.0.0.0`` and ``::`` stand for every address of the machine.
    """
    held = _sockets(pid)
    found = {
        _address(fields[1])
        for table in ("tcp", "tcp6")
        for fields in _rows(table)
        if len(fields) > 9 and fields[3] == _LISTENING and fields[9] in held
    }
    return tuple(sorted(found))


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


def _address(text: str) -> tuple[str, int]:
    """An address of the kernel's tables: 32-bit words in the machine's own order, in hex."""
    words, _, port = text.rpartition(":")
    raw = bytes.fromhex(words)
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    return str(ipaddress.ip_address(raw)), int(port, 16)


def _sockets(pid: int) -> set[str]:
    """The inodes of what a process has open; empty where it has ended or is another user's."""
    inodes = set()
    with suppress(OSError):
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found = _SOCKET.fullmatch(str(descriptor.readlink()))
                if found:
                    inodes.add(found[1])
    return inodes
