"""File descriptors: one per connection, and the first thing a load generator runs out of."""

from __future__ import annotations

import resource
from pathlib import Path

_HEADROOM = 16
"""Descriptors left to Python and libcurl: certificate files, pipes, a timer."""


def socket_budget() -> int:
    """Raise the soft limit to the hard one; return how many sockets this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit = hard if hard != resource.RLIM_INFINITY else 1 << 20
    return max(1, limit - len(list(Path("/proc/self/fd").iterdir())) - _HEADROOM)
