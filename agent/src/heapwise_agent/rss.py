"""Where this process's memory is, as far as it can be told from inside."""

from __future__ import annotations

import ctypes
import gc
import re
import resource
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from operator import call
from pathlib import Path

from heapwise_agent.limits import Limit

ARENA_BLOCK = 512
"""Bytes of the largest block that lives in an arena."""

_STATM = Path("/proc/self/statm")
_ARENAS = re.compile(rb"^# arenas allocated current\s*=\s*([\d,]+)$", re.MULTILINE)
_ARENA_BYTES = re.compile(rb"^[\d,]+ arenas \* [\d,]+ bytes/arena\s*=\s*([\d,]+)$", re.MULTILINE)
_USED_BYTES = re.compile(rb"^# bytes in allocated blocks\s*=\s*([\d,]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Resident:
    """Bytes of this process, from ``/proc/self/statm``; zeros where there is none.

    Attributes:
        address_space: what ``RLIMIT_AS`` bounds.
        rss: in memory now.
        mapped_files: the part of `rss` that is pages of files and shared memory.
    """

    address_space: int
    rss: int
    mapped_files: int


@dataclass(frozen=True, slots=True)
class Arenas:
    """pymalloc's own view, exact; zeros where another allocator is in its place.

    Attributes:
        count: arenas that are mapped.
        bytes: what they take.
        used: bytes of them in allocated blocks.
    """

    count: int
    bytes: int
    used: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """``rss = live_pymem + arena_slack + mapped_files + unattributed_native``.

    Attributes:
        rss: bytes in memory.
        live_pymem: bytes alive that Python asked for: small blocks exactly, from the arenas,
            blocks above 512 bytes by the sampler's estimate and only since it started.
        arena_slack: bytes of arenas in no block.
        mapped_files: pages of programs, libraries and shared memory.
        unattributed_native: the rest: C libraries' own malloc, thread stacks, what malloc holds
            back, large blocks from before the agent. Never below 0, though the estimate may err.
    """

    rss: int
    live_pymem: int
    arena_slack: int
    mapped_files: int
    unattributed_native: int

    def as_json(self) -> dict[str, int]:
        """The same as a dictionary."""
        return asdict(self)


def resident() -> Resident:
    """Read it; takes microseconds."""
    try:
        words = _STATM.read_bytes().split()
        size, rss, shared = int(words[0]), int(words[1]), int(words[2])
    except (OSError, ValueError, IndexError):
        return Resident(0, 0, 0)
    page = resource.getpagesize()
    return Resident(address_space=size * page, rss=rss * page, mapped_files=shared * page)


def used(limit: Limit) -> int:
    """Bytes that count against a limit and cannot be reclaimed."""
    if limit.stat is None:
        return resident().address_space
    try:
        text = limit.stat.read_bytes()
    except OSError:
        return resident().rss
    total = 0
    for line in text.splitlines():
        name, _, value = line.partition(b" ")
        if name.decode("ascii", "replace") in limit.keys and value.isdigit():
            total += int(value)
    return total


def arenas() -> Arenas:
    """Ask pymalloc, which visits every pool: a few milliseconds for a gigabyte, GIL held.

    Its only report is text for a C stream (`sys._debugmallocstats` prints it on stderr), so it is
    given a stream in memory. Zeros also beside other interpreters.
    """
    try:
        report = _malloc_stats()
    except (AttributeError, OSError):
        return Arenas(0, 0, 0)
    found = [pattern.search(report) for pattern in (_ARENAS, _ARENA_BYTES, _USED_BYTES)]
    count, size, blocks = (int(each[1].replace(b",", b"")) if each else 0 for each in found)
    return Arenas(count=count, bytes=size, used=blocks)


def breakdown(large_live: int) -> Breakdown:
    """Divide this process's memory.

    Args:
        large_live: the sampler's estimate of the bytes alive in blocks above 512 bytes.
    """
    memory, small = resident(), arenas()
    slack = small.bytes - small.used
    live = small.used + large_live
    return Breakdown(
        rss=memory.rss,
        live_pymem=live,
        arena_slack=slack,
        mapped_files=memory.mapped_files,
        unattributed_native=max(0, memory.rss - live - slack - memory.mapped_files),
    )


class _Allocator(ctypes.Structure):
    """CPython's ``PyMemAllocatorEx``."""

    _fields_ = tuple(
        (name, ctypes.c_void_p) for name in ("ctx", "malloc", "calloc", "realloc", "free")
    )


def _current() -> _Allocator:
    found = _Allocator()
    ctypes.pythonapi.PyMem_GetAllocator(_OBJ, ctypes.byref(found))
    return found


_OBJ = 2  # PYMEM_DOMAIN_OBJ
_unhooked = _current()  # this module is imported before the sampler starts


def _malloc_stats() -> bytes:
    """The report of pymalloc, which it gives only while nobody wraps it.

    So our wrapping is taken off for as long as that takes, by calls that follow each other without
    a line of Python between them: no other thread gets the GIL, and who has no GIL may not enter
    this domain. Interpreters with a GIL of their own could, so there is no report beside them.
    """
    libc, python = ctypes.CDLL(None, use_errno=True), ctypes.pythonapi
    python.PyInterpreterState_Head.restype = ctypes.c_void_p
    python.PyInterpreterState_Next.restype = ctypes.c_void_p
    if python.PyInterpreterState_Next(ctypes.c_void_p(python.PyInterpreterState_Head())):
        return b""
    libc.open_memstream.restype = ctypes.c_void_p
    buffer, size, wrapped = ctypes.c_void_p(), ctypes.c_size_t(), _Allocator()
    stream = libc.open_memstream(ctypes.byref(buffer), ctypes.byref(size))
    if not stream:
        raise OSError(ctypes.get_errno(), "open_memstream failed")
    steps = (
        partial(python.PyMem_GetAllocator, _OBJ, ctypes.byref(wrapped)),
        partial(python.PyMem_SetAllocator, _OBJ, ctypes.byref(_unhooked)),
        partial(python._PyObject_DebugMallocStats, ctypes.c_void_p(stream)),  # noqa: SLF001 - what sys calls
        partial(python.PyMem_SetAllocator, _OBJ, ctypes.byref(wrapped)),
    )
    with _collector_off():  # a finaliser would be Python
        deque(map(call, steps), maxlen=0)
    libc.fclose(ctypes.c_void_p(stream))
    report = ctypes.string_at(buffer, size.value)
    libc.free(buffer)
    return report


@contextmanager
def _collector_off() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
