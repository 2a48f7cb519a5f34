"""The sampler among everything else that happens to an interpreter."""

from __future__ import annotations

import pytest

from agentsupport.interpreters import Interpreter


@pytest.mark.parametrize("allocator", ["", "malloc", "debug", "pymalloc_debug"])
@pytest.mark.parametrize("mode", ["", "1"])
def test_finalisation_with_hooks_on(python: Interpreter, allocator: str, mode: str) -> None:
    """An interpreter ends cleanly while everything is sampled, threads and finalisers included."""
    done = python.run(
        """
import atexit, threading, time, weakref
from agentsupport.sites import *
sampler.start(1)
class Late:
    def __del__(self): self.__class__ and [bytes(600) for _ in range(10)]
keep = Late(); keep.me = keep
atexit.register(lambda: [bytes(700) for _ in range(10)])
def spin():
    while True: [bytes(i) for i in range(600)]
threading.Thread(target=spin, daemon=True).start()
time.sleep(.05)
print(len(sampler.snapshot().rows) > 0)
""",
        env={"PYTHONMALLOC": allocator, "PYTHONDEVMODE": mode},
    )
    assert done.stdout == "True\n"
    assert not done.stderr


def test_tracemalloc_comes_and_goes(python: Interpreter) -> None:
    """Tracing may start and stop before or after us: no crash, no double count, no lost hook."""
    python.run("""
import tracemalloc
from agentsupport.sites import *
tracemalloc.start(5)
sampler.start(1)
def hold():
    return bytearray(5000)
kept = hold()
assert inuse("hold")[1] >= 5000
tracemalloc.stop()  # takes the hooks out with it: they were installed above its own
unseen = hold()
sampler.snapshot()  # puts them back
assert sampler._core().installed()
again = hold()
objects, space = inuse("hold")
assert 5000 <= space <= 6000, space
for _ in range(5):
    tracemalloc.start(3)
    more = hold()
    assert sampler._core().installed()
    tracemalloc.stop()
    assert sampler._core().installed()
    del more
objects, space = inuse("hold")
assert 5000 <= space <= 6000, space
del kept, unseen, again
assert inuse("hold")[1] < 1000  # a few records of the tracer, whose memory passes our hooks too
""")


def test_starting_twice(python: Interpreter) -> None:
    """A second start only sets the interval."""
    python.run("""
from agentsupport.sites import *
assert sampler.available() == "the sampler has not been started"
sampler.start(1); sampler.start(1)
assert sampler.available() == "" and sampler.frames() == ""
def hold(): return bytearray(70_000)
kept = hold()
assert 70_000 <= inuse("hold")[1] <= 70_200
sampler.start(4096)
assert sampler.counters().interval == 4096
for wrong in (0, -1, 1 << 62):
    for call in (sampler.start, sampler.set_interval):
        try: call(wrong)
        except ValueError as error: assert "interval" in str(error)
        else: raise AssertionError(wrong)
""")


SUBINTERPRETERS = """
from agentsupport.sites import *
import gc, threading, time
try:
    import _interpreters as api
    def create(kind): return api.create(kind)
except ImportError:
    import _xxsubinterpreters as api
    def create(kind): return api.create(isolated=kind == "isolated")
def run(interpreter, code):
    failed = getattr(api, "run_string")(interpreter, code)
    assert failed is None, failed
sampler.start(1)
CODE = '''
def subordinate():
    kept = []
    for _ in range(200): kept.append(bytes(400))
    return kept
kept = subordinate()
del kept
namespace = {}
for i in range(30):  # code that dies at once, at addresses used again
    exec(compile("def made_%d():\\\\n return bytearray(600)\\\\nkept = made_%d()" % (i, i), "é%d.py" % i, "exec"), namespace)
namespace.clear()
'''
import sys
# Their own GIL came with 3.12; before, isolated only means that fewer modules may be imported.
for kind in ("isolated", "legacy"):
    for _ in range(3):
        interpreter = create(kind)
        run(interpreter, CODE)
        api.destroy(interpreter)
    gc.collect()
    found = {leaf[0] for leaf in sampler.snapshot().stacks if leaf}
    names = {frame.name for frame in found}
    assert "subordinate" in names, names
    assert {"made_0", "made_29"} <= names
    assert "é29.py" in {frame.filename for frame in found}
rows = rows_of(sampler.snapshot(), "subordinate")
big = [r for r in rows if abs(r.size - 433) < 8]
assert 1200 <= sum(r.hits for r in big) < 1250, big
assert sum(r.inuse_objects for r in big) == 0, big

def together():
    interpreter = create("isolated")
    try: run(interpreter, CODE * 3)
    finally: api.destroy(interpreter)
threads = [threading.Thread(target=together) for _ in range(4)]
for each in threads: each.start()
while any(each.is_alive() for each in threads): sampler.snapshot(); time.sleep(.01)
for each in threads: each.join()
big = [r for r in rows_of(sampler.snapshot(), "subordinate") if abs(r.size - 433) < 8]
assert 3600 <= sum(r.hits for r in big) < 3700, big
"""


def test_subinterpreters(python: Interpreter) -> None:
    """Interpreters with and without a GIL of their own are sampled, and their names outlive them."""
    python.run(SUBINTERPRETERS)


def test_only_the_main_interpreter_starts_it(python: Interpreter) -> None:
    """A subinterpreter that imports the core gets one clear sentence."""
    python.run("""
try:
    import _interpreters as api
    interpreter = api.create("legacy")
except ImportError:
    import _xxsubinterpreters as api
    interpreter = api.create(isolated=False)
failed = api.run_string(interpreter, '''
from heapwise_agent import sampler
reason = sampler.available()
assert "interpreter" in reason, reason
''')
assert failed is None, failed
api.destroy(interpreter)
""")


def test_generated_code_keeps_its_names(python: Interpreter) -> None:
    """Code that dies and another's code at the same address are never mixed up."""
    python.run("""
from agentsupport.sites import *
sampler.start(1)
for i in range(300):
    space = {}
    exec(compile(f"def made_{i}():\\n return bytearray({10_000 + i})\\n", f"file{i}.py", "exec"), space)
    space[f"made_{i}"]()
snapshot = sampler.snapshot()
for i in range(300):
    rows = [r for r in rows_of(snapshot, f"made_{i}") if r.size > 9000]
    assert len(rows) == 1 and 10_000 + i <= rows[0].size <= 10_001 + i, (i, rows)
    leaf = snapshot.stacks[rows[0].stack_index][0]
    assert (leaf.filename, leaf.line, leaf.start_line) == (f"file{i}.py", 2, 1)
""")


def test_lines_are_those_of_traceback(python: Interpreter) -> None:
    """Stacks read below Python say what the traceback module says, generators included."""
    python.run("""
import traceback
from agentsupport.sites import *
sampler.start(1)
def leaf():
    seen.append(traceback.extract_stack()[:-1])
    return bytearray(
        123_457
    )
def generator():
    yield 1
    yield leaf()
async def coroutine():
    return [leaf() for _ in [1]]
class C:
    def method(self):
        for each in generator(): pass
        try: coroutine().send(None)
        except StopIteration: pass
        return max([1, 2], key=lambda x: len(leaf()))
seen = []
C().method()
snapshot = sampler.snapshot()
ours = {
    tuple((f.name.rpartition(".")[2], f.line) for f in snapshot.stacks[r.stack_index][1:])
    for r in rows_of(snapshot, "leaf") if r.size > 123_000
}
theirs = {tuple((f.name, f.lineno) for f in reversed(stack)) for stack in seen}
assert ours == theirs, (ours, theirs)
""")


def test_deep_and_many_stacks_are_bounded(python: Interpreter) -> None:
    """Deep stacks keep their 64 leaf frames, and tables that are full say so."""
    python.run("""
import sys
from agentsupport.sites import *
sampler.start(1)
def down(n): return down(n - 1) if n else bytearray(99_991)
down(500)
snapshot = sampler.snapshot()
[row] = [r for r in snapshot.rows if 99_990 < r.size < 99_999]
assert len(snapshot.stacks[row.stack_index]) == 64
# More stacks than there is room for: every sequence of 17 calls is another one.
def a(path): return step(path)
def b(path): return step(path)
def step(path):
    return bytearray(997) if path == 1 else (a if path & 1 else b)(path >> 1)
for path in range(1 << 16, (1 << 16) + 70_000): step(path)
counters = sampler.counters()
assert counters.stacks <= 65_536 and counters.stack_overflow > 0, counters
snapshot = sampler.snapshot()
full = [r for r in snapshot.rows if snapshot.stacks[r.stack_index][0].name == "python.stack_table_full"]
assert sum(r.alloc_space for r in full) > 1_000_000
total = sum(r.alloc_space for r in snapshot.rows)
assert abs(total / snapshot.counters.alloc_bytes - 1) < .01, (total, snapshot.counters)
""")


def test_without_the_extension(python: Interpreter) -> None:
    """Where the extension is missing everything imports, and the reason is one sentence."""
    script = (
        "import sys; sys.modules['heapwise_agent._core'] = None\n"
        "from heapwise_agent import sampler\n"
        "assert 'extension' in sampler.available(), sampler.available()\n"
        "with sampler.quiet(): pass\n"
        "try: sampler.start()\n"
        "except RuntimeError as error: assert str(error) == sampler.available()\n"
        "else: raise SystemExit(1)\n"
    )
    python.run(script)
