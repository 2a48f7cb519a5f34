"""What a load generator runs out of first: file descriptors, then local ports."""

from __future__ import annotations

import resource
import socket
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from heapwise.formats.endpoints import port_text
from heapwise.model.generator import Stock
from heapwise.model.load import Plan

_HEADROOM = 16
"""Descriptors left to Python and libcurl: certificate files, pipes, a timer."""

_TABLES = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def socket_budget() -> int:
    """Raise the soft limit to the hard one; return how many sockets this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = descriptors()
    return max(1, held.limit - held.used - _HEADROOM)


def descriptors() -> Stock:
    """This process's file descriptors: open now, and the most there may be."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/proc/self/fd").iterdir()))
    return Stock(used, limit if limit != resource.RLIM_INFINITY else 1 << 20)


def local_ports(plan: Plan) -> Stock | None:
    """The local ports held towards the busiest of a plan's addresses, and those for each address.

    A connection that we closed first keeps its port for another minute (TIME_WAIT): it is in the
    kernel's table, which is read here. That takes milliseconds: not while hits are due.
    """
    if plan.transport.unix_socket:
        return None
    try:
        wanted = {_as_in_table(address, place) for place, address in plan.addresses.items()}
        lowest, highest = map(int, _PORT_RANGE.read_text().split())
        held = Counter(remote for remote in _remotes() if remote in wanted)
    except (OSError, ValueError):
        return None
    return Stock(max(held.values(), default=0), highest - lowest + 1)


def _remotes() -> Iterable[str]:
    """The remote end of every TCP socket, as the kernel prints it."""
    for table in _TABLES:
        with suppress(FileNotFoundError), table.open() as lines:  # a kernel may lack IPv6
            next(lines, None)
            for line in lines:
                yield line.split(maxsplit=3)[2]


def _as_in_table(address: str, place: str) -> str:
    """``0100007F:1F90`` for 127.0.0.1 and port 8080: words of 32 bits in the machine's order."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    raw = socket.inet_pton(family, address)
    words = (int.from_bytes(raw[at : at + 4], sys.byteorder) for at in range(0, len(raw), 4))
    return "".join(f"{word:08X}" for word in words) + f":{int(port_text(place)):04X}"
