"""Hits of a load that was never sent: a service that stalls once, and fails now and then."""

from __future__ import annotations

import numpy as np

from heapwise.formats.hits import write_hits
from heapwise.model.load import Hits, Outcome, Target

MS = 1_000_000
WALL = 1_790_000_000_000_000_000
TARGETS = (Target("GET", "http://127.0.0.1:80/a"), Target("POST", "http://127.0.0.1:80/b,c"))
PEAK_NS = 1_234 * MS
"""The latency of one hit, far above all others."""


def simulated(count: int = 3000, *, stall: bool = False) -> Hits:
    """Hits 1 ms apart, a few ms each: one in fifty is a 503, one in a hundred a timeout.

    Args:
        count: how many.
        stall: let them wait for a connection for 200 ms, a second after the start.
    """
    random = np.random.default_rng(7)
    hits = Hits.from_rows(np.zeros((count, 11), np.int64))
    hits.intended[:] = hits.ready[:] = hits.sent[:] = np.arange(count) * MS
    if stall:
        waits = (hits.intended >= 1000 * MS) & (hits.intended < 1200 * MS)
        hits.ready[waits] = hits.sent[waits] = 1200 * MS
    hits.done[:] = hits.sent + (random.lognormal(1, 0.7, count) * MS).astype(np.int64)
    peak = count // 2 + 1 if count > 2 else 0  # neither a 503 nor a timeout
    hits.done[peak] = hits.intended[peak] + PEAK_NS
    hits.first_byte[:] = hits.done
    hits.status[:] = np.where(np.arange(count) % 50, 200, 503)
    hits.outcome[99::100] = Outcome.TIMEOUT
    hits.bytes_in[:], hits.bytes_out[:] = 120, 7
    hits.target[:] = np.arange(count) % 2
    return hits


def as_lines(hits: Hits, *, name: str = "", later_ns: int = 0) -> bytes:
    """Hits as `heapwise load` writes them."""
    return write_hits(hits, TARGETS, wall_zero_ns=WALL + later_ns, attack=name)
