"""Reads snapshots the way a test wants them; runs inside the interpreter under test."""

from __future__ import annotations

import ctypes
import gc
import sys
import tracemalloc
from collections import defaultdict

from heapwise_agent import sampler
from heapwise_agent.sampler import Row, Snapshot

PYTHON = ctypes.pythonapi
"""Calls into CPython that hold the GIL."""

WITHOUT_GIL = ctypes.CDLL(None)
"""The same functions, called after the GIL was released."""

for _library in (PYTHON, WITHOUT_GIL):
    for _family in ("PyMem_Raw", "PyMem_", "PyObject_"):
        for _verb, _arguments in (
            ("Malloc", [ctypes.c_size_t]),
            ("Calloc", [ctypes.c_size_t, ctypes.c_size_t]),
            ("Realloc", [ctypes.c_void_p, ctypes.c_size_t]),
            ("Free", [ctypes.c_void_p]),
        ):
            _function = getattr(_library, _family + _verb)
            _function.argtypes = _arguments
            _function.restype = None if _verb == "Free" else ctypes.c_void_p

Site = tuple[str, int]


def rows_of(snapshot: Snapshot, name: str) -> list[Row]:
    """Rows whose leaf is the function of that name."""
    return [r for r in snapshot.rows if snapshot.stacks[r.stack_index][0].name == name]


def inuse(name: str) -> tuple[int, int]:
    """Objects and bytes that function holds now."""
    rows = rows_of(sampler.snapshot(), name)
    return round(sum(r.inuse_objects for r in rows)), round(sum(r.inuse_space for r in rows))


def allocated(name: str) -> tuple[int, int]:
    """Objects and bytes that function has allocated."""
    rows = rows_of(sampler.snapshot(), name)
    return round(sum(r.alloc_objects for r in rows)), round(sum(r.alloc_space for r in rows))


def by_line(snapshot: Snapshot, filename: str) -> dict[int, tuple[int, int]]:
    """What the lines of a file hold: objects and bytes."""
    sums: defaultdict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in snapshot.rows:
        leaf = snapshot.stacks[row.stack_index][0]
        if leaf.filename == filename:
            sums[leaf.line][0] += row.inuse_objects
            sums[leaf.line][1] += row.inuse_space
    return {line: (round(o), round(s)) for line, (o, s) in sums.items() if round(o)}


def traced_by_line(filename: str) -> dict[int, tuple[int, int]]:
    """The same, as tracemalloc says."""
    found = {}
    for each in tracemalloc.take_snapshot().statistics("lineno"):
        if each.traceback[0].filename == filename:
            found[each.traceback[0].lineno] = each.count, each.size
    return found


def settle() -> None:
    """Let go of what only caches hold: free lists, and names looked up on types."""
    for _ in range(3):
        gc.collect()
    sys._clear_type_cache()
