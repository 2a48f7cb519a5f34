"""One tool on one workload, switched on and off in turns within one process.

    alternate.py TOOL WORKLOAD PAIRS  ->  JSON: {"ratios": [...], "rejected": n}

Processes differ by more than what is measured: where the heap's end lies decides how often pages
are returned and faulted in again. So both halves of a pair run in the same process, in an order
that flips with every pair, and are timed by the thread's CPU clock. A pair whose halves had
different rates of page faults is rejected.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from switches import SWITCHES
from workloads import WORKLOADS

HALF_S = 0.15
"""CPU seconds of a half, about."""

FAULTS_APART = 0.02
"""Page faults per iteration by which two halves may differ, as a share of the iteration's time
at a microsecond a fault."""


class Half(NamedTuple):
    """What one half cost per iteration."""

    seconds: float
    faults: float


def half(work: Callable[[], object], iterations: int) -> Half:
    """Run the workload and take its CPU time and its minor page faults."""
    gc.collect()
    faults = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    start = time.thread_time()
    for _ in range(iterations):
        work()
    took = time.thread_time() - start
    faults = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - faults
    return Half(took / iterations, faults / iterations)


def alike(on: Half, off: Half) -> bool:
    """Whether the halves faulted alike."""
    return abs(on.faults - off.faults) * 1e-6 <= FAULTS_APART * off.seconds


def main() -> None:
    """Alternate, and print the ratios of the pairs that count."""
    tool, workload, pairs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    work = WORKLOADS[workload]()
    switch = SWITCHES[tool]()
    calibrated = half(work, 20)
    iterations = max(20, int(HALF_S / calibrated.seconds))
    ratios: list[float] = []
    rejected = 0
    for pair in range(2 * pairs):  # a pair that is rejected is made up for, up to as many again
        halves: dict[bool, Half] = {}
        for on in (True, False) if pair % 2 else (False, True):
            switch(on)
            half(work, max(5, iterations // 20))  # what the change itself stirs up
            halves[on] = half(work, iterations)
        switch(False)
        if alike(halves[True], halves[False]):
            ratios.append(halves[True].seconds / halves[False].seconds)
        else:
            rejected += 1
        if len(ratios) == pairs:
            break
    print(json.dumps({"ratios": ratios, "rejected": rejected, "us": calibrated.seconds * 1e6}))


if __name__ == "__main__":
    main()
