"""What the service counts about itself, by other means than the agent's.

Requests are counted by the service. What compressing allocates is counted once, at the start, by
CPython's own tracer of memory, and multiplied. Collections are counted by the collector.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType


def tally(work: Callable[[], object]) -> int:
    """All bytes that a piece of work allocates, also those that it frees again.

    tracemalloc knows what is live and the most that ever was. Asked before and after every call
    that the work makes, of a Python or a C function, it gives what each step added to its start.
    What is freed and taken again between two calls is missed; its own tuples are counted, 1 or 2 %
    of a compressor.
    """
    total = step = 0

    def look(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal total, step
        now, peak = tracemalloc.get_traced_memory()
        total += peak - step
        step = now
        tracemalloc.reset_peak()

    work()  # what is made once is not counted
    tracemalloc.start(1)
    try:
        step = tracemalloc.get_traced_memory()[0]
        sys.setprofile(look)
        work()
    finally:
        sys.setprofile(None)
        tracemalloc.stop()
    return total


@dataclass(slots=True)
class Counter:
    """Counts of one service.

    Attributes:
        owner: the function that compresses, with its module.
        bytes_each: what it allocates for one answer.
        requests: answered on the route under load.
    """

    owner: str = ""
    bytes_each: int = 0
    requests: int = 0

    def read(self) -> dict[str, int | str]:
        """The counts since the service started."""
        return {
            "requests": self.requests,
            "num_gc": sum(generation["collections"] for generation in gc.get_stats()),
            "owner": self.owner,
            "owner_bytes": self.requests * self.bytes_each,
        }
