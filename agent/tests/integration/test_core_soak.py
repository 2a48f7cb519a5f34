"""Everything at once for a while: nothing crashes, and the live table drains."""

from __future__ import annotations

import pytest

from agentsupport.interpreters import Interpreter
from conftest import FULL

SECONDS = 600 if FULL else 3

SOAK = """
import contextlib, gc, json, os, random, sys, threading, time, tracemalloc, warnings, zlib
import xml.etree.ElementTree as tree
warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is the point
from agentsupport.sites import *
try: import numpy
except ImportError: numpy = None
seconds, forks = float(sys.argv[1]), sys.argv[2] == "fork"
sampler.start(4096)
gc.set_threshold(50, 5, 5)
stop = threading.Event()
failed = []
turns = [threading.Lock() for _ in range(8)]

@contextlib.contextmanager
def everybody_waits():
    for each in turns: each.acquire()
    yield
    for each in turns: each.release()

def toggle(on):
    # tracemalloc.stop() itself crashes against RAW calls without the GIL (cpython #128679, without
    # us as well).
    with everybody_waits(): tracemalloc.start(3) if on else tracemalloc.stop()

def fork():
    if not tracemalloc.is_tracing(): return os.fork()
    # PyMem_RawFree takes tracemalloc's lock without the GIL, and no child makes that lock anew: a
    # fork meanwhile leaves it locked, and the child waits for it forever (without us as well).
    with everybody_waits(): return os.fork()

def parse(random):
    text = "<a>" + "<b c='%d'>text</b>" % random.random() * random.randrange(300) + "</a>"
    tree.fromstring(text)
    json.loads(json.dumps([{"id": i, "tags": ["a", "b%d" % i]} for i in range(random.randrange(200))]))
def grow(random):
    items, buffer = [], bytearray()
    for i in range(random.randrange(3000)): items.append((i, str(i)))
    for i in range(random.randrange(300)): buffer += bytes(i)
    del items[random.randrange(10):], buffer[random.randrange(10):]
def compress(random):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packer.compress(random.randbytes(5000)); packer.flush()
def cycles(random):
    class Node: pass
    nodes = [Node() for _ in range(random.randrange(200))]
    for node in nodes: node.next, node.all = random.choice(nodes), nodes
def raw(random):
    block = WITHOUT_GIL.PyMem_RawMalloc(random.randrange(1, 20_000))
    block = WITHOUT_GIL.PyMem_RawRealloc(block, random.randrange(1, 200_000))
    WITHOUT_GIL.PyMem_RawFree(block)
def short_thread(random):
    thread = threading.Thread(target=grow, args=(random,)); thread.start(); thread.join()
    # Up to 3.12 it is joined before it frees its state, which it does without the GIL.
    while os.path.exists("/proc/self/task/%d" % thread.native_id): pass
def arrays(random):
    if numpy is not None: (numpy.arange(random.randrange(50_000)) * 1.5).sum()
WORK = [parse, grow, compress, cycles, raw, short_thread, arrays]

def worker(seed):
    mine = random.Random(seed)
    try:
        while not stop.is_set():
            with turns[seed]: mine.choice(WORK)(mine)
    except BaseException as error:
        failed.append(error)

for work in WORK: work(random.Random(1))  # caches fill
settle()
sampler.snapshot()
baseline = sampler.counters().live_entries
threads = [threading.Thread(target=worker, args=(seed,)) for seed in range(8)]
for each in threads: each.start()
end = time.monotonic() + seconds
turn = 0
while time.monotonic() < end:
    turn += 1
    time.sleep(.05)
    sampler.snapshot()
    if turn % 6 == 0:
        toggle(not tracemalloc.is_tracing())
    if forks and turn % 4 == 0:
        child = fork()
        if child == 0:
            try:
                for work in WORK: work(random.Random(turn))
                sampler.snapshot()
                os._exit(0)
            except BaseException:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
    if turn % 10 == 0:
        sampler.stop(); sampler.start(4096)
toggle(False)
stop.set()
for each in threads: each.join()
assert not failed, failed
sampler.stop()
settle()
counters = sampler.counters()
assert counters.samples > 1000 * min(seconds, 10), counters
assert counters.dropped_reentrant == counters.stack_overflow == counters.live_overflow == 0, counters
# What modules keep for good is no leak; thousands of samples were alive at times.
assert counters.live_entries - baseline < 60, (baseline, counters)
print(counters.samples, counters.live_entries - baseline, numpy is not None)
"""


@pytest.mark.parametrize("allocator", ["", "malloc", "debug"] if FULL else [""])
def test_soak(python: Interpreter, allocator: str) -> None:
    """Eight threads, forks, reallocs, collections, tracing on and off, at an interval of 4 KiB."""
    script = SOAK.replace("sys.argv[1]", repr(str(SECONDS))).replace("sys.argv[2]", "'fork'")
    done = python.run(script, timeout=SECONDS * 2 + 120, env={"PYTHONMALLOC": allocator})
    samples, rest, arrays = done.stdout.split()
    print(f"CPython {python.version}: {samples} samples, {rest} left, numpy: {arrays}")
