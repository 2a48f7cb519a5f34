"""Reading /proc and control groups, from prepared trees and from this very process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.record.procfs import (
    Usage,
    cgroup_limit,
    descendants,
    throttled_ns,
    tree_usage,
)

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def write(path: Path, text: str) -> None:
    """Put a file where it belongs in a prepared tree."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def process(proc: Path, pid: int, *, name: str = "svc", children: str = "", user: int = 7) -> None:
    """Put a process into a prepared /proc."""
    stat = f"{pid} ({name}) S 1 {pid} {pid} 0 -1 4194560 11 3 2 1 {user} 5 20 10 20 0 9 0 4242 99 3"
    write(proc / str(pid) / "stat", stat + "\n")
    write(proc / str(pid) / "status", f"Name:\t{name}\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n")
    write(proc / str(pid) / "task" / str(pid) / "children", children)


@pytest.mark.parametrize("name", ["svc", "a b", "tricky) R 1 2", "((", "\x1b[31m", "Z) Z (Z"])
def test_a_process_may_have_any_name(tmp_path: Path, name: str) -> None:
    """Spaces and parentheses in a name shift no field."""
    process(tmp_path, 10, name=name)
    assert tree_usage(10, proc=tmp_path) == Usage(
        cpu_user_ns=27 * TICK_NS,
        cpu_system_ns=15 * TICK_NS,
        rss=1 << 20,
        rss_peak=2 << 20,
        minor_faults=14,
        major_faults=3,
    )


def test_what_a_command_forked_is_added(tmp_path: Path) -> None:
    """Children and grandchildren count; one that ended in between is left out."""
    process(tmp_path, 10, children="11 12 ", user=0)
    process(tmp_path, 11, children="13", user=100)
    process(tmp_path, 13, user=1000)
    assert sorted(descendants(10, proc=tmp_path)) == [11, 12, 13]
    usage = tree_usage(10, proc=tmp_path)
    assert usage is not None
    assert usage.cpu_user_ns == (1100 + 3 * 20) * TICK_NS
    assert (usage.rss, usage.rss_peak) == (3 << 20, 6 << 20)


def test_a_process_that_is_gone_has_no_usage(tmp_path: Path) -> None:
    """No files, no sample: None, not zeros that look like a fall."""
    assert tree_usage(10, proc=tmp_path) is None


@settings(deadline=None)  # it writes files, and a busy disk is no failure
@given(st.text(max_size=200))
def test_a_damaged_stat_is_none_or_numbers(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Whatever stands in /proc, reading it does not fail."""
    proc = tmp_path_factory.mktemp("proc")
    write(proc / "1" / "stat", f"1 (x) {text}")
    usage = tree_usage(1, proc=proc)
    assert usage is None or isinstance(usage.cpu_user_ns, int)


def test_this_process_is_read_as_the_interpreter_sees_itself() -> None:
    """CPU time agrees with os.times, and memory is of a plausible size."""
    before = os.times()
    usage = tree_usage(os.getpid())
    after = os.times()
    assert usage is not None
    slack = 2 * TICK_NS
    low = (before.user + before.children_user) * 1e9 - slack
    assert low <= usage.cpu_user_ns <= (after.user + after.children_user) * 1e9 + slack
    assert 5 << 20 < usage.rss <= usage.rss_peak < 8 << 30


def test_cpu_time_of_a_child_is_seen_while_it_runs_and_after() -> None:
    """A busy child adds to its parent's sum at once, and stays in it once it was waited for."""
    start = tree_usage(os.getpid())
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        running = tree_usage(os.getpid())
    ended = tree_usage(os.getpid())
    assert start is not None
    assert running is not None
    assert ended is not None
    assert running.cpu_user_ns + running.cpu_system_ns - start.cpu_user_ns > 200_000_000
    assert ended.cpu_user_ns >= running.cpu_user_ns


def test_the_least_limit_of_nested_groups_binds(tmp_path: Path) -> None:
    """Version 2: `max` is no limit, and a group above may be the tighter one."""
    write(tmp_path / "proc/10/cgroup", "0::/kube/pod/svc\n")
    groups = tmp_path / "cgroup"
    write(groups / "kube/memory.max", "max\n")
    write(groups / "kube/pod/memory.max", "536870912\n")
    write(groups / "kube/pod/svc/memory.max", "1073741824\n")
    assert cgroup_limit(10, proc=tmp_path / "proc", cgroups=groups) == 512 << 20


def test_inside_a_container_the_mounted_root_is_the_group(tmp_path: Path) -> None:
    """The host's path is not there; what is mounted at the root holds the limit."""
    write(tmp_path / "proc/10/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n")
    groups = tmp_path / "cgroup"
    write(groups / "memory/memory.limit_in_bytes", "268435456\n")
    write(groups / "cpu/cpu.stat", "nr_periods 5\nnr_throttled 2\nthrottled_time 123456789\n")
    assert cgroup_limit(10, proc=tmp_path / "proc", cgroups=groups) == 256 << 20
    assert throttled_ns(10, proc=tmp_path / "proc", cgroups=groups) == 123_456_789


@pytest.mark.parametrize("text", ["9223372036854771712", "max", "", "-1", "nonsense"])
def test_no_limit_is_minus_one(tmp_path: Path, text: str) -> None:
    """Version 1 prints a huge number for none; anything unreadable is unknown."""
    write(tmp_path / "proc/10/cgroup", "4:memory:/\n")
    write(tmp_path / "cgroup/memory/memory.limit_in_bytes", text)
    assert cgroup_limit(10, proc=tmp_path / "proc", cgroups=tmp_path / "cgroup") == -1


def test_throttling_is_told_in_nanoseconds(tmp_path: Path) -> None:
    """Version 2 counts in microseconds; a machine without the file says unknown."""
    write(tmp_path / "proc/10/cgroup", "0::/a\n")
    groups = tmp_path / "cgroup"
    assert throttled_ns(10, proc=tmp_path / "proc", cgroups=groups) == -1
    write(groups / "a/cpu.stat", "usage_usec 10\nnr_throttled 1\nthrottled_usec 2500\n")
    assert throttled_ns(10, proc=tmp_path / "proc", cgroups=groups) == 2_500_000


def test_a_path_cannot_leave_the_mounted_groups(tmp_path: Path) -> None:
    """A group outside of our namespace shows as /../x; nothing outside is read."""
    write(tmp_path / "proc/10/cgroup", "0::/../../secret\n")
    write(tmp_path / "secret/memory.max", "1\n")
    assert cgroup_limit(10, proc=tmp_path / "proc", cgroups=tmp_path / "a" / "cgroup") == -1
