"""Ports of the loopback for what a lab starts."""

from __future__ import annotations

import socket
from contextlib import ExitStack

_LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback that are free now; a service takes them a moment later."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((_LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]


def in_use(port: int) -> bool:
    """True where somebody listens on a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((_LOOPBACK, port)) == 0
