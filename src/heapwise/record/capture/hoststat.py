"""What the machine, and a process's control group on it, have done so far: one line each.

The files stay open and are read from their beginning again: opening them costs more than reading.
What is not there, as pressure on a kernel without PSI or a quota on a desktop, is -1 throughout.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from heapwise.model.memory import HostSample
from heapwise.record.procfs import CGROUPS, PROC, groups
from heapwise.units import NS_PER_S

_NS_PER_TICK = NS_PER_S // os.sysconf("SC_CLK_TCK")
_SOME = re.compile(rb"some [^\n]{0,200}total=(\d{1,18})")
_READ = 1024
_QUOTA = {
    b"nr_periods": ("periods", 1),
    b"nr_throttled": ("throttled_periods", 1),
    b"throttled_usec": ("throttled_ns", 1000),  # version 2
    b"throttled_time": ("throttled_ns", 1),  # version 1
}
"""Lines of ``cpu.stat``: our name, and ns in one of theirs."""


class HostStat:
    """The machine, and the control group of a process on it.

    Args:
        pid: a process in the group; None where there is none to look at.
        zero_ns: the run's zero on the monotonic clock.
    """

    def __init__(
        self, pid: int | None, zero_ns: int, *, proc: Path = PROC, cgroups: Path = CGROUPS
    ) -> None:
        self._zero_ns = zero_ns
        self._stat = _opened(proc / "stat")
        self._quota = -1 if pid is None else _quota_file(pid, proc, cgroups)
        self._pressure = {
            f"pressure_{kind}_ns": _pressure_file(pid, kind, proc, cgroups)
            for kind in ("cpu", "memory", "io")
        }

    def read(self) -> HostSample:
        """Everything at this moment."""
        at_ns = time.monotonic_ns() - self._zero_ns
        busy, idle, steal = cpu_times(_content(self._stat))
        pressure = {name: pressed_ns(_content(file)) for name, file in self._pressure.items()}
        return HostSample(
            at_ns=at_ns,
            busy_ns=busy,
            idle_ns=idle,
            steal_ns=steal,
            **quota(_content(self._quota)),
            **pressure,
        )

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._stat, self._quota, *self._pressure.values()):
            if file >= 0:
                os.close(file)


def cpu_times(stat: bytes) -> tuple[int, int, int]:
    """Busy, idle and stolen time of all processors together, ns, from ``/proc/stat``.

    Time spent in guests is in that of the user already (proc(5)). -1 thrice for anything else.
    """
    words = stat.partition(b"\n")[0].split()
    fields = words[1:]
    if words[:1] != [b"cpu"] or len(fields) < 4 or not all(field.isdigit() for field in fields):
        return -1, -1, -1
    user, nice, system, idle, iowait, irq, softirq, steal = (
        *(int(field) * _NS_PER_TICK for field in fields[:8]),
        *[0] * (8 - len(fields)),
    )
    return user + nice + system + irq + softirq, idle + iowait, steal


def quota(cpu_stat: bytes) -> dict[str, int]:
    """The fields of a `HostSample` that stand in a group's ``cpu.stat``."""
    found = {}
    for line in cpu_stat.splitlines():
        name, _, value = line.partition(b" ")
        if name in _QUOTA and value.isdigit():
            field, factor = _QUOTA[name]
            found[field] = int(value) * factor
    return found


def pressed_ns(pressure: bytes) -> int:
    """Time in which at least one task had to wait, from a PSI file; -1 if it is none."""
    found = _SOME.match(pressure)
    return int(found[1]) * 1000 if found else -1


def _quota_file(pid: int, proc: Path, cgroups: Path) -> int:
    """The nearest ``cpu.stat`` that counts periods: a group without the controller has none."""
    folders = [folder for folder, _ in groups(pid, "cpu", proc, cgroups)]
    return _first([folder / "cpu.stat" for folder in folders], lambda text: b"nr_periods" in text)


def _pressure_file(pid: int | None, kind: str, proc: Path, cgroups: Path) -> int:
    """The pressure of the group, else of the machine."""
    own = [] if pid is None else [
        folder / f"{kind}.pressure"
        for folder, version in groups(pid, kind, proc, cgroups)
        if version == 2
    ]  # fmt: skip
    return _first([*own, proc / "pressure" / kind], lambda text: text.startswith(b"some"))


def _first(paths: list[Path], good: Callable[[bytes], bool]) -> int:
    """The first file that is what we look for, opened; -1 where none is."""
    for path in paths:
        file = _opened(path)
        if file >= 0:
            if good(_content(file)):
                return file
            os.close(file)
    return -1


def _opened(path: Path) -> int:
    with suppress(OSError):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return -1


def _content(file: int) -> bytes:
    """The beginning of an open file, which holds what we want; empty where it is gone."""
    with suppress(OSError):
        return os.pread(file, _READ, 0)
    return b""
