"""Many Go processes, as far as a scraper can tell, in one program.

    python benchmarks/watch/simulated.py 500 [--leak 3 --per-minute 0.01]

Target N is at ``/N/metrics`` where N is even, at ``/N/debug/pprof`` where it is odd. The pages are
those of real processes, client_golang's with runtime metrics and ``heap?debug=1`` of Go 1.27.3,
kept in tests/data; what changes in them is worked out of the time: 100 MB live, moving by a sixth
within an hour, 20 MB/s allocated, a collection every 5 s. A leaking one grows besides.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parents[2] / "tests" / "data"
METRICS = DATA / "gctrace" / "metrics-runtime-2.txt"
HEAP = DATA / "goservice" / "heap-go1.27.3.txt"

BASE = 100e6
ALLOCATES = 20e6
CYCLE_S = 5.0
PAUSE_NS = 150_000
RING = 256


@dataclass(frozen=True)
class Process:
    """One process at one moment.

    Attributes:
        number: of the target.
        age_s: since it was started.
        leaks: share of the base that is added in a minute.
        factor: how much faster its hour passes.
    """

    number: int
    age_s: float
    leaks: float = 0.0
    factor: float = 1.0

    @property
    def live(self) -> float:
        """Bytes."""
        hours = self.age_s * self.factor / 3600
        wave = math.sin(2 * math.pi * (hours + self.number / 7)) / 12
        return BASE * (1 + wave + self.leaks * hours * 60)

    @property
    def allocated(self) -> float:
        """Bytes, ever."""
        return 1e9 + ALLOCATES * self.age_s

    @property
    def cycles(self) -> int:
        """Collections, ever."""
        return RING + int(self.age_s / CYCLE_S)


METRIC: dict[str, Callable[[Process], float]] = {
    "go_gc_heap_live_bytes": lambda process: process.live,
    "go_gc_heap_goal_bytes": lambda process: 2 * process.live,
    "go_memstats_next_gc_bytes": lambda process: 2 * process.live,
    "go_memstats_heap_alloc_bytes": lambda process: 1.4 * process.live,
    "go_memstats_alloc_bytes": lambda process: 1.4 * process.live,
    "go_memstats_alloc_bytes_total": lambda process: process.allocated,
    "go_memstats_mallocs_total": lambda process: process.allocated // 64,
    "go_memstats_frees_total": lambda process: process.allocated // 64 - 1e6,
    "go_gc_cycles_total_gc_cycles_total": lambda process: process.cycles,
    "go_gc_cycles_automatic_gc_cycles_total": lambda process: process.cycles,
    "go_gc_duration_seconds_count": lambda process: process.cycles,
    "go_gc_duration_seconds_sum": lambda process: process.cycles * PAUSE_NS / 1e9,
    "go_cpu_classes_gc_total_cpu_seconds_total": lambda process: 0.04 * process.age_s,
    "go_cpu_classes_total_cpu_seconds_total": lambda process: 2 * process.age_s,
    "process_cpu_seconds_total": lambda process: 0.5 * process.age_s,
    "process_resident_memory_bytes": lambda process: 2.1 * process.live,
}
"""What a page of metrics says of a process, in place of what the kept one says."""

FOOTER: dict[str, Callable[[Process], object]] = {
    "TotalAlloc": lambda process: round(process.allocated),
    "Mallocs": lambda process: round(process.allocated / 64),
    "Frees": lambda process: round(process.allocated / 64 - 1e6),
    "HeapAlloc": lambda process: round(1.4 * process.live),
    "NextGC": lambda process: round(2 * process.live),
    "NumGC": lambda process: process.cycles,
    "LastGC": lambda process: _ended(process, process.cycles),
    "PauseNs": lambda _: f"[{' '.join([str(PAUSE_NS)] * RING)}]",
    "PauseEnd": lambda process: f"[{' '.join(map(str, _ring(process)))}]",
}
"""The same for MemStats."""

_BORN = time.time()


def _ended(process: Process, cycle: int) -> int:
    """When a cycle ended; all of the numbers before the ring's ended at the start."""
    return round((_BORN + max(0, cycle - RING) * CYCLE_S) * 1e9) + process.number


def _ring(process: Process) -> list[int]:
    ends = [0] * RING
    for cycle in range(process.cycles - RING + 1, process.cycles + 1):
        ends[(cycle + RING - 1) % RING] = _ended(process, cycle)
    return ends


class Page:
    """A kept page with gaps for what changes."""

    def __init__(self, text: str, line: str, told: dict[str, Callable[[Process], object]]) -> None:
        names = "|".join(map(re.escape, told))
        self._pieces = re.split(rf"(?m)^({line.format(names=names)}).*$", text)
        self._told = told

    def of(self, process: Process) -> bytes:
        """The page of a process."""
        written = list(self._pieces)
        for at in range(1, len(written), 2):
            name = written[at].strip("# =")
            written[at] += str(self._told[name](process))
        return "".join(written).encode()


def serve(count: int, leaking: frozenset[int], leaks: float, factor: float) -> None:
    """Listen on a free port of loopback, print it, and answer until killed."""
    metrics = Page(METRICS.read_text(), "(?:{names}) ", dict(METRIC))
    footer = Page(HEAP.read_text(), "# (?:{names}) = ", dict(FOOTER))

    def page(path: str) -> tuple[bytes, str] | None:
        number, _, rest = path.removeprefix("/").partition("/")
        if not number.isdigit() or int(number) >= count:
            return None
        at = int(number)
        age_s = time.time() - _BORN
        process = Process(at, age_s, leaks if at in leaking else 0.0, factor)
        if at % 2 == 0:
            return (metrics.of(process), "text/plain; version=0.0.4") if rest == "metrics" else None
        return (footer.of(process), "text/plain") if rest.startswith("debug/pprof/heap") else None

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError):  # it was killed meanwhile
            writer.close()
            return
        found = page(head.split(b" ", 2)[1].decode("ascii", "replace"))
        body, kind = found or (b"404 page not found\n", "text/plain")
        status = "200 OK" if found else "404 Not Found"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


def main() -> None:
    """Serve."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("count", type=int)
    arguments.add_argument("--leak", type=int, action="append", default=[], help="this one leaks")
    arguments.add_argument("--per-minute", type=float, default=0.01, help="share of 100 MB")
    arguments.add_argument("--factor", type=float, default=1.0, help="hours pass so much faster")
    asked = arguments.parse_args()
    serve(asked.count, frozenset(asked.leak), asked.per_minute, asked.factor)


if __name__ == "__main__":
    main()
