"""Go's MemStats, as the footer of ``heap?debug=1`` and as expvar print them.

The footer (``runtime/pprof.writeHeapInternal``) is one ``# Name = value`` a line, its pauses two
rings of 256 numbers in which cycle n stands at ``(n + 255) % 256``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec

from heapwise.errors import ProfileError
from heapwise.model.gc import Pause
from heapwise.model.memory import Counters

RING = 256
"""Pauses that a Go process remembers."""

FOOTER_BYTES = 16 << 10
"""The longest footer there can be: two rings of 20 digits a number, and 32 short lines."""

_INT = re.compile(r"[0-9]{1,20}", re.ASCII)
_INT64_MAX = 2**63 - 1
_EXACT = ("total_alloc", "mallocs", "frees")
_FIELDS = {
    "total_alloc": "TotalAlloc",
    "mallocs": "Mallocs",
    "frees": "Frees",
    "heap_alloc": "HeapAlloc",
    "heap_sys": "HeapSys",
    "heap_idle": "HeapIdle",
    "heap_inuse": "HeapInuse",
    "heap_released": "HeapReleased",
    "heap_objects": "HeapObjects",
    "stack_inuse": "StackInuse",
    "next_gc": "NextGC",
    "last_gc_ns": "LastGC",
    "num_gc": "NumGC",
    "num_forced_gc": "NumForcedGC",
    "max_rss": "MaxRSS",
}


class MemStats(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading says.

    Attributes:
        counters: fields that were missing are -1.
        pauses: at most the 256 newest cycles, oldest first, only those that happened.
        contradictions: values that cannot all be true, in words; empty for a sane runtime.
        pause_total_ns: all pauses ever together; -1 where it is not told, as by the footer.
    """

    counters: Counters
    pauses: tuple[Pause, ...]
    contradictions: tuple[str, ...]
    pause_total_ns: int = -1


def parse_memstats(text: bytes | str) -> MemStats:
    """Read the last footer in ``heap?debug=1``, or in its last `FOOTER_BYTES`.

    Raises:
        ProfileError: no footer, or one without the exact counters.
    """
    if isinstance(text, bytes):
        text = text[-2 * FOOTER_BYTES :].decode("utf-8", "replace")
    values: dict[str, object] = {}
    for line in text[-2 * FOOTER_BYTES :].splitlines():
        name, equals, value = line.partition(" = ")
        if equals and name.startswith("# "):  # a profile's own comment lines start with "#\t"
            values[name[2:]] = value.strip()
    stack, _, _ = str(values.get("Stack", "")).partition(" / ")
    values["StackInuse"] = stack
    for ring in ("PauseNs", "PauseEnd"):
        if ring in values:
            values[ring] = str(values[ring]).strip("[]").split()
    return read_memstats(values)


def parse_expvar(text: bytes | str) -> MemStats:
    """Read ``memstats`` of expvar's ``/debug/vars``.

    Raises:
        ProfileError: not expvar's JSON, or without the exact counters.
    """
    try:
        page = msgspec.json.decode(text, type=_Expvar)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProfileError("not the JSON of expvar", str(error)[:200]) from error
    return read_memstats(page.memstats)


class _Expvar(msgspec.Struct):
    memstats: dict[str, object]


def read_memstats(values: Mapping[str, object]) -> MemStats:
    """The figures under the names that Go gives them.

    Raises:
        ProfileError: an exact counter is missing.
    """
    doubts: list[str] = []
    numbers = {name: _number(values, go_name, doubts) for name, go_name in _FIELDS.items()}
    missing = [_FIELDS[name] for name in _EXACT if numbers[name] < 0]
    if missing:
        raise ProfileError(
            "no MemStats of a Go service",
            "; ".join([f"no {', '.join(missing)} in it", *doubts[:3]]),
            "they stand at the end of /debug/pprof/heap?debug=1",
        )
    counters = Counters(**numbers, gc_cpu_ppb=_share(values, doubts))
    doubts += _impossible(counters)
    return MemStats(
        pause_total_ns=_number(values, "PauseTotalNs", doubts),
        counters=counters,
        pauses=_pauses(values, counters.num_gc, doubts),
        contradictions=tuple(doubts),
    )


def _number(values: Mapping[str, object], name: str, doubts: list[str]) -> int:
    """The field as an int64 that is not negative; -1 where it is missing or cannot be true."""
    if values.get(name, "") == "":
        return -1
    found = str(values[name])
    if _INT.fullmatch(found) and int(found) <= _INT64_MAX:
        return int(found)
    doubts.append(f"{name} is {found[:40]!r}")
    return -1


def _share(values: Mapping[str, object], doubts: list[str]) -> int:
    found = str(values.get("GCCPUFraction", ""))
    if not found:
        return -1
    try:
        share = float(found)
    except ValueError:
        share = math.nan
    if 0 <= share <= 1:
        return round(share * 1e9)
    doubts.append(f"GCCPUFraction is {found[:40]!r}")
    return -1


def _impossible(counters: Counters) -> list[str]:
    """Relations that hold in every MemStats, checked where both sides were printed."""
    heap = counters.heap_idle + counters.heap_inuse
    checks = (
        ("Frees > Mallocs", counters.frees, counters.mallocs),
        ("HeapAlloc > TotalAlloc", counters.heap_alloc, counters.total_alloc),
        ("HeapAlloc > HeapInuse", counters.heap_alloc, counters.heap_inuse),
        ("HeapReleased > HeapIdle", counters.heap_released, counters.heap_idle),
        ("NumForcedGC > NumGC", counters.num_forced_gc, counters.num_gc),
    )
    found = [f"{claim}: {less} > {more}" for claim, less, more in checks if 0 <= more < less]
    known = min(counters.heap_idle, counters.heap_inuse, counters.heap_sys) >= 0
    if known and heap != counters.heap_sys:
        found.append(f"HeapIdle + HeapInuse != HeapSys: {heap} != {counters.heap_sys}")
    return found


def _pauses(values: Mapping[str, object], num_gc: int, doubts: list[str]) -> tuple[Pause, ...]:
    lengths = _ring(values, "PauseNs", doubts)
    ends = _ring(values, "PauseEnd", doubts)
    if not lengths or not ends or num_gc <= 0:
        return ()
    numbers = range(max(1, num_gc - RING + 1), num_gc + 1)
    pauses = tuple(
        Pause(
            number=number, end_ns=ends[(number - 1) % RING], pause_ns=lengths[(number - 1) % RING]
        )
        for number in numbers
        if ends[(number - 1) % RING] > 0
    )
    if len(pauses) < len(numbers):
        doubts.append(f"PauseEnd lacks {len(numbers) - len(pauses)} of {len(numbers)} cycles")
    if any(later.end_ns < first.end_ns for first, later in pairwise(pauses)):
        doubts.append("PauseEnd goes back: the machine's clock was set during the run")
    return pauses


def _ring(values: Mapping[str, object], name: str, doubts: list[str]) -> list[int]:
    if name not in values:
        return []
    found = values[name]
    texts = [str(number) for number in found] if isinstance(found, list) else []
    if len(texts) != RING or not all(_INT.fullmatch(text) for text in texts):
        doubts.append(f"{name} is not a ring of {RING} numbers")
        return []
    return [min(int(text), _INT64_MAX) for text in texts]
