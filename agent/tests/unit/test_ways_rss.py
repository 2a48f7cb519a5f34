"""Where this process's memory is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from heapwise_agent import rss
from heapwise_agent.limits import Limit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_parts_make_up_the_whole() -> None:
    """Resident memory is live, slack, mapped and the rest."""
    parts = rss.breakdown(large_live=1 << 20).as_json()
    whole = parts.pop("rss")
    assert whole > 1 << 20
    assert sum(parts.values()) == whole


def test_a_large_block_of_a_c_library_is_unattributed() -> None:
    """What did not pass through Python's allocators shows up as native."""
    before = rss.breakdown(0).unattributed_native
    block = bytearray(os.urandom(1) * (32 << 20))  # unknown to a sampler that says 0
    after = rss.breakdown(0).unattributed_native
    assert after - before > 24 << 20
    assert rss.breakdown(len(block)).unattributed_native < after - (24 << 20)


def test_arenas_are_what_cpython_itself_prints() -> None:
    """The same numbers as `sys._debugmallocstats`, which writes them to stderr."""
    code = (
        "import sys; from heapwise_agent import rss; print(rss.arenas()); sys._debugmallocstats()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = [int(digits) for digits in re.findall(r"=(\d+)", done.stdout)]
    count = re.search(r"# arenas allocated current += +([\d,]+)", done.stderr)
    assert count
    assert ours[0] == int(count[1].replace(",", ""))
    assert ours[1] == ours[0] << 20
    assert 0 < ours[2] < ours[1]


def test_arenas_follow_small_objects() -> None:
    """A hundred thousand small objects are so many bytes of blocks."""
    before = rss.arenas().used
    kept = [bytes(10 + number % 2) for number in range(100_000)]
    assert rss.arenas().used - before > 4_000_000
    del kept


@pytest.mark.parametrize("allocator", ["default", "debug"])
def test_the_sampler_does_not_hide_the_arenas_nor_lose_anything(allocator: str) -> None:
    """While eight threads allocate, the report is complete and every count and block is right."""
    code = """
import gc, threading
from heapwise_agent import rss, sampler
try:
    sampler.start(1)
except RuntimeError:
    raise SystemExit("skip")
before = sampler.counters()
def churn():
    for number in range(500):
        [bytes(number % 700) for _ in range(10)]
threads = [threading.Thread(target=churn) for _ in range(8)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    found = rss.arenas()
    assert 0 < found.used < found.bytes, found
for thread in threads:
    thread.join()
after = sampler.counters()
assert after.alloc_count - before.alloc_count > 8 * 500 * 10, (before, after)
kept = sum(row.inuse_objects for row in sampler.snapshot().rows)
assert kept < 40_000, kept
assert gc.isenabled()
print("fine")
"""
    environ = {**os.environ, "PYTHONMALLOC": allocator}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    if "skip" in done.stderr:
        pytest.skip("the C extension is not there")
    assert done.stdout == "fine\n", done.stderr


def test_beside_other_interpreters_there_is_no_report() -> None:
    """They may have a GIL of their own, and allocate meanwhile."""
    code = """
from heapwise_agent import rss
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
assert rss.arenas().used
other = interpreters.create()
assert rss.arenas() == rss.Arenas(0, 0, 0)
interpreters.destroy(other)
assert rss.arenas().used
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


def test_without_pymalloc_there_are_no_arenas() -> None:
    """Under PYTHONMALLOC=malloc the answer is zero and not an error."""
    code = "from heapwise_agent import rss; print(rss.arenas())"
    environ = {**os.environ, "PYTHONMALLOC": "malloc"}
    out = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert out == "Arenas(count=0, bytes=0, used=0)\n"


def test_use_of_a_cgroup_is_what_cannot_be_reclaimed(tmp_path: Path) -> None:
    """Page cache does not count, since the kernel takes it back."""
    stat = tmp_path / "memory.stat"
    stat.write_text("anon 100\nfile 5000\nshmem 20\nanon_thp 7\n")
    assert rss.used(Limit(1000, "memory.max", stat, ("anon", "shmem"))) == 120
    assert rss.used(Limit(1000, "RLIMIT_AS")) >= rss.resident().rss
    missing = Limit(1000, "memory.max", tmp_path / "gone", ("anon",))
    assert rss.used(missing) > 0
