"""What Linux tells of a process and its control group.

A command may fork, as ``go run`` and shell scripts do, so a sample is the sum over the process
and its living descendants. CPU time and faults of descendants that ended and were waited for are
in it, so that the sums never fall; peaks of memory are added, which is an upper bound as soon
as there is more than one process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from heapwise.model.memory import ProcessSample
from heapwise.units import NS_PER_S

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")

_NS_PER_TICK = NS_PER_S // os.sysconf("SC_CLK_TCK")
_MOST_PROCESSES = 1000
_UNLIMITED = 1 << 60
"""Control groups of version 1 print a number near 2^63 for no limit."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What processes used since they started; times in ns, sizes in bytes."""

    cpu_user_ns: int
    cpu_system_ns: int
    rss: int
    rss_peak: int
    minor_faults: int
    major_faults: int

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        )


def sample(pid: int, zero_ns: int) -> ProcessSample | None:
    """What the system says now of a process and all it forked; None once it is gone.

    Args:
        pid: of the process.
        zero_ns: the run's zero on the monotonic clock.
    """
    usage = tree_usage(pid)
    if usage is None:
        return None
    return ProcessSample(
        at_ns=time.monotonic_ns() - zero_ns,
        cpu_user_ns=usage.cpu_user_ns,
        cpu_system_ns=usage.cpu_system_ns,
        rss=usage.rss,
        rss_peak=usage.rss_peak,
        minor_faults=usage.minor_faults,
        major_faults=usage.major_faults,
        throttled_ns=throttled_ns(pid),
    )


def tree_usage(pid: int, *, proc: Path = PROC) -> Usage | None:
    """The sum over a process and its descendants; None once the process is gone."""
    total = _usage(pid, proc)
    if total is None:
        return None
    for child in descendants(pid, proc=proc):
        usage = _usage(child, proc)
        if usage is not None:
            total += usage
    return total


def descendants(pid: int, *, proc: Path = PROC) -> Iterator[int]:
    """Children, their children and so on, without the process itself."""
    waiting = [pid]
    for _ in range(_MOST_PROCESSES):
        if not waiting:
            return
        for children in (proc / str(waiting.pop()) / "task").glob("*/children"):
            found = [int(text) for text in _read(children).split() if text.isdigit()]
            yield from found
            waiting += found


def cgroup_limit(pid: int, *, proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """The memory limit that binds a process, bytes; -1 for none or unknown.

    The least of its group and of every group above.
    """
    limits = [
        int(text)
        for folder, version in groups(pid, "memory", proc, cgroups)
        if (
            text := _read(
                folder / ("memory.max" if version == 2 else "memory.limit_in_bytes")
            ).strip()
        ).isdigit()
    ]
    return min((limit for limit in limits if limit < _UNLIMITED), default=-1)


def throttled_ns(pid: int, *, proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """How long the process's group was held back for using up its CPU quota; -1 if unknown."""
    for folder, _ in groups(pid, "cpu", proc, cgroups):
        for line in _read(folder / "cpu.stat").splitlines():
            name, _, value = line.partition(" ")
            if name in {"throttled_usec", "throttled_time"} and value.isdigit():
                return int(value) * (1000 if name == "throttled_usec" else 1)
    return -1


def groups(pid: int, controller: str, proc: Path, cgroups: Path) -> Iterator[tuple[Path, int]]:
    """The folders of a controller for a process, from its own up to the root, with the version.

    Inside a container the path that ``/proc`` shows may be the host's and lie outside of what is
    mounted; then only the groups above that exist here are found, at least the root.
    """
    for line in _read(proc / str(pid) / "cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            base, version = cgroups, 2
        elif controller in controllers.split(","):
            base, version = cgroups / controllers, 1
            if not base.is_dir():  # `cpu,cpuacct` is mounted under either order or name
                base = cgroups / controller
        else:
            continue
        inner = Path(os.path.normpath("/" + path.lstrip("/"))).relative_to("/")
        yield from ((base / folder, version) for folder in (inner, *inner.parents))


def _usage(pid: int, proc: Path) -> Usage | None:
    fields = _stat(pid, proc)
    if fields is None:
        return None
    memory = _status_kib(pid, proc)
    return Usage(
        cpu_user_ns=(fields[11] + fields[13]) * _NS_PER_TICK,
        cpu_system_ns=(fields[12] + fields[14]) * _NS_PER_TICK,
        rss=memory.get("VmRSS", 0) << 10,
        rss_peak=memory.get("VmHWM", 0) << 10,
        minor_faults=fields[7] + fields[8],
        major_faults=fields[9] + fields[10],
    )


def _stat(pid: int, proc: Path) -> list[int] | None:
    """The fields of ``/proc/PID/stat`` behind the name, from the state (here 0) on.

    The name stands in parentheses and may hold spaces and parentheses itself. proc(5) counts
    pid and name as fields 1 and 2, so its field n is n - 3 here.
    """
    _, found, rest = _read(proc / str(pid) / "stat").rpartition(")")
    fields = rest.split()
    if not found or len(fields) < 20:
        return None
    try:
        return [0, *(int(field) for field in fields[1:])]
    except ValueError:
        return None


def _status_kib(pid: int, proc: Path) -> dict[str, int]:
    """The lines of ``/proc/PID/status`` that are sizes; a kernel thread or a zombie has none."""
    sizes = {}
    for line in _read(proc / str(pid) / "status").splitlines():
        name, _, value = line.partition(":")
        number, _, unit = value.strip().partition(" ")
        if unit == "kB" and number.isdigit():
            sizes[name] = int(number)
    return sizes


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
