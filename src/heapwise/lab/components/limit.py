"""A memory limit around a command: a control group of version 2 or 1, else ``RLIMIT_AS``.

A control group limits what the program and all its children have in memory, and the kernel kills
the one that wants more. ``RLIMIT_AS`` needs no permission, and is something else: it counts the
address space of each process by itself, and what is refused is an allocation, which the program
sees as an error. The one that was taken is told with every result.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.record.procfs import CGROUPS, PROC, groups

_ENTER = 'echo $$ > "$0" && exec "$@"'
"""Joins a group and becomes the program: the process that was started is the one that is killed."""

# The C library reserves 64 MiB of addresses for each thread's blocks and 8 MiB for its stack, used
# or not: a program of a few threads would be refused what it never takes.
_LIMIT_ADDRESSES = 'ulimit -v "$0" && ulimit -s 2048 && MALLOC_ARENA_MAX=1 exec "$@"'

_PREFIX = "heapwise-lab-"

_PROBE_S = 5.0
_EMPTY_S = 5.0
_POLL_S = 0.01


class Way(StrEnum):
    """How memory is limited."""

    V2 = "cgroup v2"
    V1 = "cgroup v1"
    ADDRESS_SPACE = "RLIMIT_AS"


@dataclass(frozen=True, slots=True)
class _Files:
    """What a version calls the files of a memory group.

    Attributes:
        limit: of memory.
        swap: what else has to be written for none of it to be moved to disk; it may be missing.
        peak: the most that was ever in use, with the pages of files that could have been dropped.
        events: holds a line ``oom_kill N``.
    """

    limit: str
    swap: str
    peak: str
    events: str

    def swap_limit(self, size: int) -> int:
        """Version 1 limits memory and swap together, version 2 swap alone."""
        return size if "memsw" in self.swap else 0


_FILES = {
    Way.V2: _Files("memory.max", "memory.swap.max", "memory.peak", "memory.events"),
    Way.V1: _Files(
        "memory.limit_in_bytes",
        "memory.memsw.limit_in_bytes",
        "memory.max_usage_in_bytes",
        "memory.oom_control",
    ),
}


@dataclass(frozen=True, slots=True)
class Limited:
    """A command that can use no more memory than it may.

    Attributes:
        command: to be started; words that assign variables stay out of it.
        size: how much it may use, bytes.
        way: how that is enforced.
        group: its control group; None with ``RLIMIT_AS``.
    """

    command: tuple[str, ...]
    size: int
    way: Way
    group: Path | None = None

    @property
    def kills(self) -> int | None:
        """How often the kernel killed in the group; None where nobody counts."""
        if self.group is None:
            return None
        for line in _read(self.group / _FILES[self.way].events).splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill" and value.isdigit():
                return int(value)
        return None  # version 1 counts since Linux 4.13

    @property
    def peak(self) -> int | None:
        """The most bytes in use at once, pages of files included; None where nobody counts.

        A group that reads a large file fills up with its pages, which the kernel drops before it
        kills anybody: they are no sign that memory was short.
        """
        if self.group is None:
            return None
        text = _read(self.group / _FILES[self.way].peak).strip()
        return int(text) if text.isdigit() else None  # version 2 has it since Linux 5.19

    def exceeded(self, exit_code: int) -> bool:
        """Whether the limit ended the command; while the group still exists.

        Args:
            exit_code: of the command, a signal as a negative number. Where nobody counts, it is
                all there is: any failure then passes for the limit's doing.
        """
        return exit_code != 0 if self.kills is None else self.kills > 0


@contextmanager
def limited(command: Sequence[str], size: int) -> Iterator[Limited]:
    """Limit the memory of a command and its children; what is left of them ends with the context.

    Args:
        command: program and arguments.
        size: bytes.

    Raises:
        ToolchainError: not even ``RLIMIT_AS`` can be set.
    """
    with _own_group(size) as found:
        if found is not None:
            way, group = found
            yield Limited(_entering(group, command), size, way, group)
            return
        words = ("sh", "-c", _LIMIT_ADDRESSES, str(size >> 10), *command)
        if not _runs((*words[:4], "true")):
            raise ToolchainError(
                f"memory cannot be limited to {size:,} B",
                "there is no control group to be had, and the shell refuses ulimit -v",
                "run as root, or below systemd-run --user --scope -p Delegate=yes",
            )
        yield Limited(words, size, Way.ADDRESS_SPACE)


@contextmanager
def _own_group(size: int) -> Iterator[tuple[Way, Path] | None]:
    """A new control group with that limit, removed at the end; None where none can be had."""
    name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    for parent, version in groups(os.getpid(), "memory", PROC, CGROUPS):
        way, group = (Way.V2 if version == 2 else Way.V1), parent / name
        try:
            group.mkdir()
        except OSError:  # read-only, of somebody else, or not there at all
            continue
        _sweep(parent)
        try:
            if _is_set(group, way, size) and _runs(_entering(group, ("true",))):
                yield way, group
                return
        finally:
            _remove(group)
    yield None


def _sweep(parent: Path) -> None:
    """Take away what runs left there that were killed themselves; a group in use is not removed."""
    for group in parent.glob(f"{_PREFIX}*"):
        pid = group.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", pid).exists():
            with suppress(OSError):
                group.rmdir()


def _is_set(group: Path, way: Way, size: int) -> bool:
    """Write the limit; a group without the controller of memory has no such file."""
    files = _FILES[way]
    try:
        _write(group / files.limit, size)
    except OSError:
        return False
    with suppress(OSError):  # a kernel that does not account for swap
        _write(group / files.swap, files.swap_limit(size))
    return True


def _write(path: Path, number: int) -> None:
    """Into a file of the kernel's: where there is none, nothing is mounted, and none is made."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, str(number).encode())
    finally:
        os.close(descriptor)


def _entering(group: Path, command: Sequence[str]) -> tuple[str, ...]:
    return ("sh", "-c", _ENTER, str(group / "cgroup.procs"), *command)


def _runs(command: Sequence[str]) -> bool:
    """Whether a command that does nothing can do that: to enter a group takes a permission more."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _remove(group: Path) -> None:
    """End what is left in a group, which is ours alone, and take the group away."""
    until = time.monotonic() + _EMPTY_S
    while time.monotonic() < until:
        for pid in map(int, _read(group / "cgroup.procs").split()):
            if pid > 0:  # 0 is one that we cannot see; to kill it would be to kill ourselves
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # its last process is still on its way out
            time.sleep(_POLL_S)
        else:
            return


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
