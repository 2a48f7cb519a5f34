"""Threads without the GIL, threads that end, the agent's own threads, forks."""

from __future__ import annotations

from agentsupport.interpreters import Interpreter


def test_raw_without_the_gil(python: Interpreter) -> None:
    """RAW calls made without the GIL, from many threads at once, count and get no stack."""
    python.run("""
import threading
from agentsupport.sites import *
sampler.start(1)
sampler.stop()
take, grow, free = (getattr(WITHOUT_GIL, "PyMem_Raw" + v) for v in ("Malloc", "Realloc", "Free"))
SIZE, TURNS, THREADS = 777_777, 300, 8
def churn():
    for _ in range(TURNS):
        free(grow(take(SIZE), 2 * SIZE))
before = sampler.counters()
sampler.start(1)
threads = [threading.Thread(target=churn) for _ in range(THREADS)]
for each in threads: each.start()
for each in threads: each.join()
sampler.stop()
snapshot = sampler.snapshot()
for size in (SIZE, 2 * SIZE):
    rows = [r for r in snapshot.rows if abs(r.size - size) < 1]
    assert sum(r.hits for r in rows) == TURNS * THREADS, rows
    assert sum(r.inuse_objects for r in rows) == 0, rows
    assert {snapshot.stacks[r.stack_index][0].name for r in rows} == {"python.no_frame"}
spent = snapshot.counters.alloc_bytes - before.alloc_bytes
assert spent >= 3 * SIZE * TURNS * THREADS
""")


def test_counters_of_ended_threads(python: Interpreter) -> None:
    """What a thread allocated stays in the sums when the thread has ended."""
    python.run("""
import threading
from itertools import repeat
from agentsupport.sites import *
sampler.start()
def spend():
    for _ in repeat(None, 5000): bytes(967)
def run():
    threads = [threading.Thread(target=spend) for _ in range(10)]
    for each in threads: each.start()
    for each in threads: each.join()
run()
before = sampler.counters()
run(); run()
after = sampler.counters()
assert 100_000 <= after.alloc_count - before.alloc_count <= 103_000
assert 100_000_000 <= after.alloc_bytes - before.alloc_bytes <= 101_000_000
""")


def test_own_threads_do_not_count(python: Interpreter) -> None:
    """What an ignored thread allocates is the agent's own: no sample, another counter."""
    python.run("""
from itertools import repeat
from agentsupport.sites import *
sampler.start(1)
def own():
    for _ in repeat(None, 1000): bytes(967)
before = sampler.counters()
with sampler.quiet():
    own()
    with sampler.quiet(): pass
    own()
after = sampler.counters()
assert allocated("own") == (0, 0)
assert after.agent_count - before.agent_count >= 2000
assert after.agent_bytes - before.agent_bytes >= 2_000_000
assert after.alloc_count - before.alloc_count < 200
own()
assert allocated("own")[0] >= 1000
""")


def test_fork(python: Interpreter) -> None:
    """A child keeps what is alive, begins at zero with what it allocates, and goes on sampling."""
    python.run("""
import os, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is the point
from agentsupport.sites import *
sampler.start(1)
sampler._core().set_interval(4096)
stop = False
def busy():
    while not stop: [bytes(i) for i in range(0, 20_000, 37)]
threads = [threading.Thread(target=busy) for _ in range(4)]
sampler.set_interval(1)
def hold(): return [bytes(600) for _ in [None] * 500]
def hold_more(): return [bytes(600) for _ in [None] * 100]
kept = hold()
name = [n for n in ("hold", "hold.<locals>.<listcomp>") if inuse(n)[0] >= 500][0]
sampler.set_interval(4096)
for each in threads: each.start()
for turn in range(12):
    time.sleep(.02)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            counters = sampler.counters()
            assert counters.epoch == 1 and counters.alloc_bytes < 1_000_000, counters
            assert inuse(name)[0] >= 500, inuse(name)
            assert allocated(name) == (0, 0)
            sampler.set_interval(1)
            more = hold_more()
            assert allocated(name.replace("hold", "hold_more"))[0] >= 100
            kept.clear()
            assert inuse(name)[0] < 20, inuse(name)
            later = threading.Thread(target=hold_more)
            later.start(); later.join()
            code = 0
        except BaseException:
            import traceback; traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
assert sampler.counters().epoch == 0
stop = True
for each in threads: each.join()
""")
