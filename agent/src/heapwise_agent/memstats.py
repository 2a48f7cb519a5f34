"""The counters, under the names Go's `runtime.MemStats` has for them.

============== ==========================================================================
TotalAlloc     bytes asked of PyMem since the sampler was installed, exact
Mallocs        allocations, exact
Frees          Mallocs less the objects in use, which are estimated
HeapAlloc      bytes in use, estimated; only of blocks allocated since the sampler began
HeapObjects    objects in use, estimated
Sys            resident bytes of the process
NumGC          collections of all generations; each is a pause of every thread
PauseNs        a ring of 256 pauses, collection n at (n + 255) % 256; PauseEnd in unix ns
GCCPUFraction  share of the time since the watch began that was spent in collections
MaxRSS         most resident bytes there ever were
============== ==========================================================================

Go's other fields have no meaning in CPython and are left out: a zero would be a claim.
"""

from __future__ import annotations

import resource
import sys
import time

from heapwise_agent.gcwatch import GcWatch
from heapwise_agent.rss import resident
from heapwise_agent.sampler import Counters

RING = 256

Stats = dict[str, int | float | list[int]]


def read(counters: Counters | None, live: tuple[int, int], watch: GcWatch) -> Stats:
    """The figures now, in the order in which Go prints them.

    Args:
        counters: None where there is no sampler; its figures are left out then.
        live: objects and bytes in use.
        watch: who counts the collections.
    """
    stats: Stats = {}
    if counters is not None:
        objects = min(live[0], counters.alloc_count)
        stats["TotalAlloc"] = counters.alloc_bytes
        stats["Sys"] = resident().rss
        stats["Mallocs"] = counters.alloc_count
        stats["Frees"] = counters.alloc_count - objects
        stats["HeapAlloc"] = min(live[1], counters.alloc_bytes)  # an estimate may overshoot
        stats["HeapObjects"] = objects
    stats.update(_collections(watch))
    stats["MaxRSS"] = max_rss()
    return stats


def footer(stats: Stats) -> bytes:
    """The lines at the end of ``heap?debug=1``."""
    lines = ["", "# runtime.MemStats"]
    for name, value in stats.items():
        shown = f"[{' '.join(map(str, value))}]" if isinstance(value, list) else value
        lines.append(f"# {name} = {shown}")
    return "\n".join([*lines, ""]).encode("ascii")


def max_rss() -> int:
    """Bytes; the kernel of Linux counts kibibytes, that of macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def _collections(watch: GcWatch) -> Stats:
    totals = watch.totals()
    pauses, ends = [0] * RING, [0] * RING
    last = 0
    for event in watch.events(totals.collections - RING + 1).events:
        if event.seq <= totals.collections:  # it goes on while we look
            last = event.start_ns + event.duration_ns
            pauses[(event.seq - 1) % RING] = event.duration_ns
            ends[(event.seq - 1) % RING] = last
    age = time.monotonic_ns() - totals.since_ns
    return {
        "LastGC": last,
        "PauseTotalNs": totals.pause_ns,
        "PauseNs": pauses,
        "PauseEnd": ends,
        "NumGC": totals.collections,
        "NumForcedGC": totals.forced,
        "GCCPUFraction": round(min(1.0, totals.pause_ns / age), 9) if age > 0 else 0.0,
    }
