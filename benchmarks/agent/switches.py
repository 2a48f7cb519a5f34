"""How each profiler of memory is switched on and off while the process runs.

The agent never takes its hooks out: "off" would still pass through them. What it costs compared
with no hook at all is measured by putting the interpreter's own allocators back by hand, which
is safe because the agent's blocks are the interpreter's own, without a header.
"""

from __future__ import annotations

import ctypes
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

INTERVAL = 512 << 10

Switch = Callable[[bool], None]


class _Allocator(ctypes.Structure):
    """`PyMemAllocatorEx`."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("ctx", "malloc", "calloc", "realloc", "free")]


def _installed() -> list[_Allocator]:
    """The allocators of the three domains, as they are now."""
    found = []
    for domain in range(3):
        allocator = _Allocator()
        ctypes.pythonapi.PyMem_GetAllocator(domain, ctypes.byref(allocator))
        found.append(allocator)
    return found


def _install(allocators: list[_Allocator]) -> None:
    for domain, allocator in enumerate(allocators):
        ctypes.pythonapi.PyMem_SetAllocator(domain, ctypes.byref(allocator))


def heapwise() -> Switch:
    """The agent's sampler: allocations, live blocks and the exact count."""
    before = _installed()
    from heapwise_agent import sampler  # noqa: PLC0415 - importing it is not measured

    sampler.start(INTERVAL)
    hooked = _installed()
    return lambda on: _install(hooked if on else before)


def nothing() -> Switch:
    """The noise of the method."""
    return lambda _: None


class _Ddtrace:
    """ddtrace's memory profiler at the same interval, with as many frames as ours."""

    def __init__(self) -> None:
        from ddtrace.profiling.collector import _memalloc  # noqa: PLC0415 - only where measured

        self._memalloc = _memalloc
        self._running = False

    def __call__(self, on: bool) -> None:
        if on and not self._running:
            self._memalloc.start(64, INTERVAL, False)
        elif self._running and not on:
            self._memalloc.stop()
        self._running = on


def tracemalloc_1() -> Switch:
    """The standard library's tracer with one frame."""
    return lambda on: tracemalloc.start(1) if on else tracemalloc.stop()


class _Memray:
    """Memray's tracker, writing to a file."""

    def __init__(self) -> None:
        from memray import Tracker  # noqa: PLC0415 - only where it is measured

        self._make = Tracker
        self._file = Path(tempfile.mkdtemp()) / "capture.bin"
        self._tracker: Any = None

    def __call__(self, on: bool) -> None:
        if self._tracker is not None:
            self._tracker.__exit__(None, None, None)
            self._file.unlink()
        self._tracker = self._make(self._file) if on else None
        if on:
            self._tracker.__enter__()


SWITCHES: dict[str, Callable[[], Switch]] = {
    "heapwise": heapwise,
    "null": nothing,
    "ddtrace": _Ddtrace,
    "tracemalloc(1)": tracemalloc_1,
    "memray": _Memray,
}
"""Tools by name; `null` switches nothing."""
