"""At an interval of one byte the sampler is an exact tracer: tracemalloc is its oracle."""

from __future__ import annotations

import pytest

from agentsupport.interpreters import Interpreter

# One line each, with a collection in between: tracemalloc moves what comes back from a free list
# to its new line, and a collection empties those.
WORKLOAD = """
import json, json.scanner, xml.etree.ElementTree as tree, zlib
class Slots:
    __slots__ = ("a", "b")
class Plain:
    def __init__(self, n): self.n, self.text = n, "x%d" % n
def grow(target, items):
    for each in items: target += each
    del target[16:]
    return target
TEXT = json.dumps([{"id": i, "tags": ["a", "b%d" % i]} for i in range(300)])
scan = json.scanner.c_make_scanner(json.JSONDecoder())
def parsed(text): parser = tree.XMLParser(); parser.feed(text); return parser.close()
PIECES = [
    lambda: [bytes(600) for _ in range(500)],
    lambda: [bytes(i % 700) for i in range(3000)],
    lambda: [Slots() for _ in range(2000)],
    lambda: [Plain(i) for i in range(1000)],
    lambda: [zlib.compressobj(6, zlib.DEFLATED, 31) for _ in range(4)],
    lambda: scan(TEXT, 0)[0],
    lambda: [parsed("<a>" + "<b>text</b>" * 30 + "</a>") for _ in range(10)],
    lambda: [grow([], ([i, i + 1000] for i in range(2000))) for _ in range(3)],
    lambda: [grow(bytearray(), (bytes(37) for i in range(300))) for _ in range(50)],
]
"""

EXACT = f"""
import os, tracemalloc
from agentsupport.sites import *
# Tracing first: its own tables would otherwise pass our hooks.
tracemalloc.start(1)
space = {{}}
exec(compile({WORKLOAD!r}, "workload.py", "exec"), space)
for piece in space["PIECES"]:
    piece()  # caches fill
settle()
sampler.start(1)
tracemalloc.clear_traces()

def compare():
    settle()
    with sampler.quiet():
        ours, theirs = by_line(sampler.snapshot(), "workload.py"), traced_by_line("workload.py")
    for line in ours.keys() | theirs.keys():
        got, want = ours.get(line, (0, 0)), theirs.get(line, (0, 0))
        assert got[0] == want[0], (line, got, want)
        # Under the debug allocator each large block carries the debugger's own bytes.
        assert abs(got[1] - want[1]) <= 16 or os.environ["PYTHONMALLOC"] == "debug", (line, got, want)
    return sum(count for count, _ in theirs.values())

kept = []
for piece in space["PIECES"]:
    settle()
    kept.append(piece())
    full = compare()
for each in kept:
    del each[::2]
    assert compare() < full
kept.clear()
assert compare() < full // 20
print(full)
"""


@pytest.mark.parametrize("allocator", ["", "malloc", "debug"])
def test_interval_of_one_equals_tracemalloc(python: Interpreter, allocator: str) -> None:
    """Live objects of every line equal tracemalloc's exactly, and their bytes within 16."""
    done = python.run(EXACT, env={"PYTHONMALLOC": allocator})
    assert int(done.stdout) > 5000


def test_everything_drains(python: Interpreter) -> None:
    """200,001 live samples of 16 bytes, hundreds on a page, all leave the table when freed."""
    python.run("""
from agentsupport.sites import *
sampler.start(1)
def many():
    kept = []
    for _ in range(200_001): kept.append(PYTHON.PyObject_Malloc(16))
    return kept
blocks = many()
settle()
objects, space = inuse("many")
assert objects >= 200_001, objects
for block in blocks: PYTHON.PyObject_Free(block)
del blocks
settle()
objects, space = inuse("many")
assert objects <= 20, (objects, space)
""")


# What one call costs, by the exact counters; the call itself has a constant cost.
COST = """
import os
from agentsupport.sites import *
PADDING = 24 if os.environ["PYTHONMALLOC"] == "debug" else 0  # of the debug allocator below RAW
sampler.start(1)
read, ignore = sampler._core().counters, sampler.ignore_thread
ignore(True)

def cost(call, *arguments):
    before = read()
    ignore(False)
    made = call(*arguments)
    ignore(True)
    after = read()
    count, spent, samples, alive = (
        after[key] - before[key] for key in ("alloc_count", "alloc_bytes", "samples", "live_entries")
    )
    assert samples == count
    return count, spent, alive, made

def check(got, reference, difference):
    assert got[0] == reference[0], "allocations"
    assert got[1] - reference[1] in (difference, difference + PADDING), "bytes"
    assert got[2] == reference[2], "alive"
"""


@pytest.mark.parametrize("allocator", ["", "malloc", "debug"])
def test_no_block_counts_twice(python: Interpreter, allocator: str) -> None:
    """One request of any size in any domain is one allocation of that size."""
    python.run(
        COST
        + """
for family in ("PyMem_Raw", "PyMem_", "PyObject_"):
    malloc, calloc, free = (getattr(PYTHON, family + v) for v in ("Malloc", "Calloc", "Free"))
    for size in (0, 1, 16, 464, 511, 512, 513, 4096, 1 << 20):
        for call, small, wanted in ((malloc, (8,), (size,)), (calloc, (1, 8), (1, size))):
            cost(call, *small)  # what is made once is made now
            reference, got = cost(call, *small), cost(call, *wanted)
            check(got, reference, size - 8)
            before = read()["live_entries"]
            free(got[-1])
            assert read()["live_entries"] == before - 1, (family, size)
""",
        env={"PYTHONMALLOC": allocator},
    )


REALLOC = (
    COST
    + """
# Small to small, in place, small to large, large to small, large to large, to nothing.
MOVES = [(8, 400), (100, 101), (400, 8), (100, 5000), (5000, 100), (5000, 90000), (90000, 600),
         (16, 512), (512, 513), (513, 512), (40, 0), (5000, 0), (1, 1 << 20), (1 << 20, 1)]
for family in ("PyMem_Raw", "PyMem_", "PyObject_"):
    malloc, realloc, free = (getattr(PYTHON, family + v) for v in ("Malloc", "Realloc", "Free"))
    cost(realloc, cost(malloc, 8)[-1], 8)
    reference = cost(realloc, cost(malloc, 8)[-1], 8)
    for old, new in MOVES:
        got = cost(realloc, cost(malloc, old)[-1], new)
        check(got, reference, new - 8)
        free(got[-1])
    # One that fails leaves the old block as it was.
    block = cost(malloc, 700)[-1]
    began = read()["live_entries"]
    assert realloc(block, 1 << 62) is None
    assert read()["live_entries"] == began
    free(block)
    assert read()["live_entries"] == began - 1
"""
)


@pytest.mark.parametrize("allocator", ["", "malloc", "debug"])
def test_every_kind_of_realloc(python: Interpreter, allocator: str) -> None:
    """A realloc is a free and an allocation, wherever the old and the new block live."""
    python.run(REALLOC, env={"PYTHONMALLOC": allocator})


def test_exact_counters(python: Interpreter) -> None:
    """Bytes and allocations are exact at any interval, with sampling on or off."""
    python.run("""
from itertools import repeat
from agentsupport.sites import *
sampler.start(512 * 1024)
def spend(n):
    for _ in repeat(None, n): bytes(1000 - 33)
for switch in (sampler.stop, sampler.start):
    switch()
    spend(10)
    sampler.counters()
    before = sampler.counters()
    spend(20_000)
    after = sampler.counters()
    assert 0 <= after.alloc_count - before.alloc_count - 20_000 <= 100
    assert 0 <= after.alloc_bytes - before.alloc_bytes - 20_000_000 <= 10_000
""")


def test_stop_keeps_draining(python: Interpreter) -> None:
    """After a stop nothing new is sampled, and what was sampled still leaves when it is freed."""
    python.run("""
from agentsupport.sites import *
sampler.start(1)
def hold(): return [bytes(700) for _ in range(1000)]
def later(): return [bytes(700) for _ in range(1000)]
kept = hold()
sampler.stop()
unseen = later()
assert inuse("later") == (0, 0)
before = sampler.counters()
del kept
after = sampler.counters()
assert before.live_entries - after.live_entries >= 1000
assert before.samples == after.samples and not after.enabled
sampler.start(1)
assert later() and sum(r.hits for r in sampler.snapshot().rows) >= after.samples + 1000
""")
