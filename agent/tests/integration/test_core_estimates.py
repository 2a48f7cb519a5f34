"""Samples estimate what was allocated: without bias, as precisely as the theory says."""

from __future__ import annotations

import json

import pytest

from agentsupport.interpreters import Interpreter
from conftest import FULL

SEEDS = 40 if FULL else 12

# Sites of few big blocks and of many small ones; each is measured while it is alive.
SITES = """
import json, sys
from agentsupport.sites import *
interval, seeds = int(sys.argv[1]), int(sys.argv[2])
sampler.start(interval)
core = sampler._core()
SIZES = {"few_big": (60, 300_000), "huge": (4, 5_000_000), "small": (20_000, 233), "tiny": (100_000, 16)}

def few_big():
    return [PYTHON.PyMem_RawMalloc(300_000) for _ in range(60)]
def huge():
    return [PYTHON.PyMem_RawMalloc(5_000_000) for _ in range(4)]
def small():
    return [PYTHON.PyObject_Malloc(233) for _ in range(20_000)]
def tiny():
    return [PYTHON.PyObject_Malloc(16) for _ in range(100_000)]

found = {name: [] for name in SIZES}
for seed in range(seeds):
    for name, (count, size) in SIZES.items():
        core.seed(1000 * seed + size)
        blocks = globals()[name]()
        with sampler.quiet():
            rows = [
                r for f in (name, name + ".<locals>.<listcomp>")
                for r in rows_of(sampler.snapshot(), f) if abs(r.size - size) < 1
            ]
            found[name].append(sum(r.inuse_space for r in rows) / (count * size))
        free = PYTHON.PyObject_Free if size < 512 else PYTHON.PyMem_RawFree
        for block in blocks:
            free(block)
print(json.dumps({name: [values, *SIZES[name]] for name, values in found.items()}))
"""


@pytest.mark.parametrize("interval", [64 * 1024, 512 * 1024])
def test_unbiased_at_every_site(python: Interpreter, interval: int) -> None:
    """The mean over many seeds is within three standard errors, the spread as predicted."""
    script = SITES.replace("sys.argv[1]", f"'{interval}'").replace("sys.argv[2]", f"'{SEEDS}'")
    for name, (ratios, count, size) in json.loads(python.run(script).stdout).items():
        mean = sum(ratios) / len(ratios)
        predicted = (interval / (count * size)) ** 0.5
        # Three standard errors of the mean, of the spread that theory bounds from above.
        assert abs(mean - 1) <= 3 * predicted / len(ratios) ** 0.5 + 1e-9, (name, mean, predicted)
        spread = (sum((each - mean) ** 2 for each in ratios) / (len(ratios) - 1)) ** 0.5
        assert spread <= 1.7 * predicted, (name, spread, predicted)


def test_first_allocation_of_a_thread(python: Interpreter) -> None:
    """A thread's very first block has the same chance as any other."""
    python.run("""
import threading
from agentsupport.sites import *
sampler.start(4096)
sampler._core().seed(7)
take, free = WITHOUT_GIL.PyMem_RawMalloc, WITHOUT_GIL.PyMem_RawFree
# Blocks much larger than the interval are certain: none may be missed in new threads.
import _thread
taken, done = [], threading.Semaphore(0)
def first():
    taken.append(take(1_000_003)); done.release()
for _ in range(50):
    _thread.start_new_thread(first, ())
for _ in range(50): done.acquire()
big = [r for r in sampler.snapshot().rows if 1_000_000 < r.size < 1_000_010]
assert sum(r.hits for r in big) == 50, big
for each in taken: free(each)
""")


def test_interval_changes_stay_unbiased(python: Interpreter) -> None:
    """Samples of every interval carry the weight of the draw they came from."""
    python.run("""
from agentsupport.sites import *
sampler.start(1024)
sampler._core().seed(3)
def spend():
    for _ in range(60_000): bytes(467)
def check(interval):
    sampler.set_interval(interval)
    before = allocated("spend")[1]
    spend()
    ratio = (allocated("spend")[1] - before) / 30_000_000
    # Three standard deviations, and the integers that the loop counts with.
    assert abs(ratio - 1) < 3 * (interval / 30e6) ** 0.5 + .08, (interval, ratio)
for interval in (1024, 65536, 512, 262144, 1, 4096):
    check(interval)
""")


COVERAGE = """
import json, tracemalloc, zlib
from agentsupport.sites import *
def churn():
    rows = [{"id": i, "name": "item %d" % i, "tags": ["a", "b"], "price": i * 1.5} for i in range(50)]
    text = json.dumps(rows)
    return json.loads(text), text, bytes(6000), [str(i) * 3 for i in range(200)]
def loop():
    import asyncio
    async def reply(body):
        items = json.loads(body)
        await asyncio.sleep(0)
        return json.dumps({"items": items, "total": len(items)}).encode()
    async def serve():
        return await asyncio.gather(*[reply(b'[{"id": 1, "name": "x"}]') for _ in range(50)])
    return asyncio.run(serve())
def compress():
    return [zlib.compressobj(6, zlib.DEFLATED, 31) for _ in range(3)]
def arrays():
    import numpy
    return [numpy.zeros(20_000) + 1 for _ in range(10)]

for work in (churn, loop, compress, arrays):
    try: work()
    except ImportError: continue
    settle()
    tracemalloc.start(1)
    sampler.start(1)
    c0 = sampler.snapshot()
    settle()
    t0 = tracemalloc.get_traced_memory()[0]
    kept = work()
    settle()
    t1 = tracemalloc.get_traced_memory()[0]
    c1 = sampler.snapshot()
    ours = sum(r.inuse_space for r in c1.rows) - sum(r.inuse_space for r in c0.rows)
    print(work.__name__, round(ours), t1 - t0)
    del kept
    tracemalloc.stop()
"""


def test_coverage(python: Interpreter) -> None:
    """99 % of the bytes that tracemalloc sees are seen; where numpy bypasses PyMem it is said."""
    lines = python.run(COVERAGE).stdout.splitlines()
    shares = {}
    for line in lines:
        name, ours, traced = line.split()
        shares[name] = int(ours) / int(traced)
    print(python.version, shares)
    for name in ("churn", "loop", "compress"):
        assert shares[name] >= 0.99, shares


def test_compressor_is_first(python: Interpreter) -> None:
    """A compressor for each response is the first line of alloc_space at the default interval."""
    python.run("""
import json, zlib
from agentsupport.sites import *
sampler.start()
def compressor():
    return zlib.compressobj(6, zlib.DEFLATED, 31)
def respond():
    body = json.dumps([{"id": i, "name": "item %d" % i} for i in range(100)]).encode()
    packer = compressor()
    return packer.compress(body) + packer.flush()
for _ in range(1000): respond()
snapshot = sampler.snapshot()
best = {}
for row in snapshot.rows:
    leaf = snapshot.stacks[row.stack_index][0].name
    best[leaf] = best.get(leaf, 0) + row.alloc_space
assert max(best, key=best.get) == "compressor", best
assert abs(best["compressor"] / 268_296_000 - 1) < .15, best
""")
