"""Measures one Python function, in a process of its own: ``python bench_child.py MODULE:FUNC …``.

Runs in the interpreter of the code under test, which has heapwise-agent and need not have
heapwise, so it imports nothing of it. Prints one line of JSON, as `python_bench` reads it.

First time, while allocations are not counted; then allocations, which need no clock. Both with the
collector off, and behind a first call that fills caches.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable
from itertools import repeat
from types import AsyncGeneratorType, CoroutineType, GeneratorType

FIRST_LOOP = 1
MOST_CALLS = 1_000_000_000
MOST_COUNTED = 1000
"""Calls whose allocations are counted; they vary less than time does."""


def main(target: str, seconds: float) -> None:
    """Measure a function and print what was found."""
    sys.path.insert(0, "")  # the caller's folder; -P kept this file's own out
    function = find(target)
    must_have_run(function())
    gc.collect()
    gc.disable()
    calls, spent = timed(function, seconds)
    empty = loop_s(nothing, calls)
    allocs, size, counted = counted_calls(function, min(calls, MOST_COUNTED))
    found = {
        "calls": calls,
        "ns": max(0.0, spent - empty) / calls * 1e9,
        "allocs": allocs / counted,
        "bytes": size / counted,
        "python": f"{sys.implementation.name} {sys.version.split()[0]}",
    }
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def find(target: str) -> Callable[[], object]:
    """The function that ``MODULE:FUNC`` names."""
    module, _, path = target.partition(":")
    found: object = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    if not callable(found):
        raise TypeError(f"{target} is not callable")
    return found


def must_have_run(result: object) -> None:
    """Refuse what a call only makes: to make a coroutine costs nothing like running it."""
    if isinstance(result, (CoroutineType, GeneratorType, AsyncGeneratorType)):
        kind = type(result).__name__.replace("_", " ")
        if isinstance(result, CoroutineType):
            result.close()  # else Python complains that nobody awaited it
        raise TypeError(f"a call only makes its {kind}: name a function that runs it to its end")


def timed(function: Callable[[], object], seconds: float) -> tuple[int, float]:
    """Calls, and seconds that they took: at least so many, unless one call takes longer."""
    calls = FIRST_LOOP
    while True:
        spent = loop_s(function, calls)
        if spent >= seconds or calls >= MOST_CALLS:
            return calls, spent
        # As Go does: aim a fifth further than the rate says, and at most a hundred times as far.
        aim = int(calls * 1.2 * seconds / max(spent, 1e-9))
        calls = max(calls + 1, min(aim, 100 * calls, MOST_CALLS))


def loop_s(function: Callable[[], object], calls: int) -> float:
    """Seconds that so many calls take, the loop included."""
    start = time.perf_counter()
    for _ in repeat(None, calls):
        function()
    return time.perf_counter() - start


def counted_calls(function: Callable[[], object], calls: int) -> tuple[int, int, int]:
    """Allocations and bytes of so many calls, and how many calls; an empty one's are taken off."""
    from heapwise_agent.meter import Meter  # noqa: PLC0415 - its hooks cost time from here on

    def used(what: Callable[[], object]) -> tuple[int, int]:
        meter = Meter()
        meter.start()
        for _ in repeat(None, calls):
            what()
        allocs, size = meter.stop()
        return allocs, size

    used(nothing)
    empty, mine = used(nothing), used(function)
    return max(0, mine[0] - empty[0]), max(0, mine[1] - empty[1]), calls


def nothing() -> None:
    """What a call costs anyway."""


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
