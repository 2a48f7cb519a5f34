"""Before memory runs out, for real: a child eats up to its limit, and leaves its heap behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits bind on Linux")

MIB = 1 << 20

EATER = """
import sys, time
import heapwise_agent
assert heapwise_agent.start("127.0.0.1:0", interval=65536, oom_directory=sys.argv[1], oom_share=0.8)
eaten = []
def eat():
    while True:
        eaten.append(bytearray(b"x") * (2 << 20))
        time.sleep(0.01)
eat()
"""


def check(directory: Path, limit: int, source: str) -> None:
    """One dump, whose profile blames `eat` for most of the limit."""
    (path,) = directory.glob("*.json")
    report = json.loads(path.read_text())
    assert report["limit"]["bytes"] == limit
    assert source in report["limit"]["source"]
    assert report["limit"]["used"] >= 0.8 * limit
    assert report["memory"]["live_pymem"] > 0.5 * report["memory"]["rss"]
    for name in ("google.protobuf", "heapwise"):
        pytest.importorskip(name, reason=f"{name} reads the profile")
    from agentsupport import oracle  # noqa: PLC0415 - see above

    rows = oracle.rows((directory / report["profile"]).read_bytes())
    by_eat = sum(values[3] for stack, values, _ in rows if stack[0][1] == "eat")
    assert by_eat > 0.5 * report["memory"]["rss"]


def test_address_space(tmp_path: Path) -> None:
    """Under RLIMIT_AS a MemoryError ends the program, and the dump was written before."""
    limit = 600 * MIB
    inside = f"import resource as r; r.setrlimit(r.RLIMIT_AS, ({limit}, {limit}))\n"
    done = subprocess.run(
        [sys.executable, "-c", inside + EATER, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "MemoryError" in done.stderr
    assert "of the memory limit (RLIMIT_AS) are used" in done.stderr
    check(tmp_path, limit, "RLIMIT_AS")


@contextmanager
def cgroup(limit: int) -> Iterator[Path]:
    """A cgroup of ours with a memory limit, v2 or v1; skips where this machine gives none."""
    name = f"heapwise-test-{os.getpid()}"
    for above, file in (
        (Path("/sys/fs/cgroup"), "memory.max"),
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    ):
        folder = above / name
        with suppress(OSError):
            folder.mkdir()
            try:
                if (folder / file).exists():
                    (folder / file).write_text(str(limit))
                    with suppress(OSError):  # v2: swap would put off the end
                        (folder / "memory.swap.max").write_text("0")
                    yield folder
                    return
            finally:
                folder.rmdir()
    pytest.skip("no cgroup with a memory limit can be made here")


def test_cgroup(tmp_path: Path) -> None:
    """The kernel kills the program without a word, and the dump was written before."""
    limit = 128 * MIB
    with cgroup(limit) as folder:
        inside = f"open({str(folder / 'cgroup.procs')!r}, 'w').write('0')\n"
        done = subprocess.run(
            [sys.executable, "-c", inside + EATER, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == -9, done.stderr
    check(tmp_path, limit, folder.name)
