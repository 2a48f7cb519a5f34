"""Measures what each way to compress an answer costs, and prints the lab's table of remedies.

``python remedies.py``, with cc on PATH. Libraries that are not installed are left out.

Every way is run in three processes. In one of them malloc_count.c stands before malloc and counts
what it is asked for, and PYTHONMALLOC=malloc sends everything there that Python asks for; so the
count holds for C libraries too and needs neither heapwise nor its agent. The other two count
nothing and take the time of the thread, the median of 9 rounds: one as the process comes, one
where the C library gives memory back to the system as soon as it can (MALLOC_TRIM_THRESHOLD_=0),
which is what a service may meet whose compressor lies on top of its heap.
"""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from struct import pack
from typing import Any, NamedTuple

import compressors
from catalogue import answer, products

ITEMS = (1, 8, 60, 800)
"""Products in an answer."""

CALLS, ROUNDS = 200, 9
_SECONDS = 600
_COUNT = Path(__file__).with_name("malloc_count.c")


class Cost(NamedTuple):
    """What one answer costs: ``amount`` in bytes or µs, ``times`` in calls or page faults."""

    size: int
    amount: float
    times: float


def ways() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """Every way to compress, by what it is called in the table."""
    yield "none", bytes
    yield "gzip.GzipFile (before)", compressors.gzip_file
    yield "gzip.compress (one-call)", compressors.one_call
    yield "zlib.compressobj, level 6", _stream(zlib, 6)
    yield "zlib.compressobj, right-sized", compressors.right_sized
    yield "pool, full flush (after)", compressors.Pool().compress
    yield "pool, full flush, level 6", _flushed(zlib, 6)
    yield "cache of compressed bytes", lru_cache(maxsize=256)(_stream(zlib, 9))
    for title, module, make in _LIBRARIES:
        try:
            yield title, make(import_module(module))
        except ImportError:
            continue


def _stream(library: Any, level: int) -> Callable[[bytes], bytes]:
    def compress(body: bytes) -> bytes:
        stream = library.compressobj(level, zlib.DEFLATED, 31)
        packed: bytes = stream.compress(body) + stream.flush()
        return packed

    return compress


def _flushed(library: Any, level: int) -> Callable[[bytes], bytes]:
    """The pool of `compressors`, for any library with zlib's interface and one thread."""
    stream = library.compressobj(level, zlib.DEFLATED, -15)

    def compress(body: bytes) -> bytes:
        end = b"\x03\0" + pack("<LL", zlib.crc32(body), len(body))
        packed: bytes = stream.compress(body) + stream.flush(zlib.Z_FULL_FLUSH)
        return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + packed + end

    return compress


_LIBRARIES: tuple[tuple[str, str, Callable[[Any], Callable[[bytes], bytes]]], ...] = (
    ("isal, level 2", "isal.isal_zlib", lambda isal: lambda body: isal.compress(body, 2, 31)),
    ("isal, full flush, level 2", "isal.isal_zlib", lambda isal: _flushed(isal, 2)),
    ("zlib-ng, level 6", "zlib_ng.zlib_ng", lambda ng: _stream(ng, 6)),
    ("zlib-ng, full flush, level 6", "zlib_ng.zlib_ng", lambda ng: _flushed(ng, 6)),
    ("libdeflate, level 6", "deflate", lambda de: lambda body: bytes(de.gzip_compress(body, 6))),
    ("brotli, quality 4", "brotli", lambda brotli: lambda body: brotli.compress(body, quality=4)),
    ("zstd, level 3", "zstandard", lambda zs: lambda body: zs.ZstdCompressor(3).compress(body)),
    ("zstd, level 3, kept", "zstandard", lambda zstd: zstd.ZstdCompressor(3).compress),
)


def measure(counting: bool) -> dict[str, list[Cost]]:
    """The cost of every way for an answer of each size, in this process."""
    bodies = [answer(0, products(items)) for items in ITEMS]
    table: dict[str, list[Cost]] = {}
    for title, compress in ways():
        table[title] = []
        for body in bodies:
            packed = [compress(body) for _ in range(10)][-1]
            if packed.startswith(b"\x1f\x8b"):
                assert gzip.decompress(packed) == body  # noqa: S101 - a wrong answer costs nothing
            cost = _counted(compress, body) if counting else _timed(compress, body)
            table[title].append(Cost(len(packed), *cost))
    return table


def _counted(compress: Callable[[bytes], bytes], body: bytes) -> tuple[float, float]:
    counts = [
        ctypes.c_ulonglong.in_dll(ctypes.CDLL(None), name)
        for name in ("asked_bytes", "asked_times")
    ]
    start = [count.value for count in counts]
    for _ in range(CALLS):
        compress(body)
    size, times = (count.value - first for count, first in zip(counts, start, strict=True))
    return size / CALLS, times / CALLS


def _timed(compress: Callable[[bytes], bytes], body: bytes) -> tuple[float, float]:
    rounds = []
    for _ in range(ROUNDS):
        faults, start = _faults(), time.thread_time_ns()
        for _ in range(CALLS):
            compress(body)
        spent = time.thread_time_ns() - start
        rounds.append((spent / CALLS / 1e3, (_faults() - faults) / CALLS))
    return (
        statistics.median(spent for spent, _ in rounds),
        statistics.median(faults for _, faults in rounds),
    )


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def run(counting: bool, **environ: str) -> dict[str, list[Cost]]:
    """Measure in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "counting" if counting else "timing"],
        env={**os.environ, **environ}, check=True, capture_output=True, timeout=_SECONDS,
    )  # fmt: skip
    rows: dict[str, list[list[Any]]] = json.loads(done.stdout)
    return {title: [Cost(*cost) for cost in costs] for title, costs in rows.items()}


def tables() -> Iterator[str]:
    """A table in Markdown for each size of answer."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "count.so"
        command = ["cc", "-O2", "-shared", "-fPIC", str(_COUNT), "-o", str(library)]
        subprocess.run(command, check=True, timeout=_SECONDS)
        counted = run(counting=True, LD_PRELOAD=str(library), PYTHONMALLOC="malloc")
    timed = run(counting=False)
    trimmed = run(counting=False, MALLOC_TRIM_THRESHOLD_="0")
    for index, items in enumerate(ITEMS):
        yield f"\n{len(answer(0, products(items))):,} B of JSON:\n"
        yield "| | compressed B | allocated B | allocations | CPU µs | trimming: CPU µs | faults |"
        yield "|---|--:|--:|--:|--:|--:|--:|"
        for title, costs in counted.items():
            size, amount, times = costs[index]
            spent, slow = timed[title][index], trimmed[title][index]
            yield (
                f"| {title} | {size:,} | {amount:,.0f} | {times:.0f} | {spent.amount:,.1f}"
                f" | {slow.amount:,.1f} | {slow.times:.1f} |"
            )


def main() -> None:
    """Print the tables, or in one of their processes the figures as JSON."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(measure(sys.argv[1] == "counting")))
        return
    for line in tables():
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
