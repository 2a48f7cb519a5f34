"""``GODEBUG=gctrace=1``: one line a cycle on standard error, among whatever else stands there.

The shape since Go 1.6, in brackets what not every version prints::

    gc 6332 @21.550s 8%[ (checking for goroutine leaks)]: 0.14+0.46+0.002 ms clock,
    0.28+0/0.15/0.15+0.005 ms cpu, 7->7->1 MB, 9 MB goal[, 0 MB stacks, 0 MB globals],
    2 P[ (forced)]

The runtime prints times below 10 ms with two significant digits and sizes in whole MiB, rounded
down (``runtime.fmtNSAsMS``, ``mgc.go``). It writes a line in some forty pieces, so lines of the
application can stand between any two of them. A service that logs without pause lost between
none and 36 of 50 cycles this way (measured, Go 1.26); gaps in the numbers tell how many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

import msgspec

from heapwise.model.gc import GcCycle

_MOST = 2**63 - 1
_MS = r"\d{1,9}(?:\.\d{1,3})?"
_MB = r"\d{1,13}"  # 13 digits are the goal of GOGC=off: as much as 63 bits count
_CYCLE = re.compile(
    rf"gc (?P<number>\d{{1,10}}) @(?P<at>\d{{1,9}}\.\d{{1,3}})s (?P<percent>\d{{1,3}})%"
    r"(?: \([^()]{1,80}\))*: "
    rf"(?P<sweep>{_MS})\+(?P<mark>{_MS})\+(?P<termination>{_MS}) ms clock, "
    rf"(?P<sweep_cpu>{_MS})\+(?P<assist>{_MS})/(?P<background>{_MS})/(?P<idle>{_MS})"
    rf"\+(?P<termination_cpu>{_MS}) ms cpu, "
    rf"(?P<start>{_MB})->(?P<end>{_MB})->(?P<live>{_MB}) MB, (?P<goal>{_MB}) MB goal, "
    rf"(?:(?P<stacks>{_MB}) MB stacks, )?(?:(?P<globals>{_MB}) MB globals, )?"
    r"(?P<processors>\d{1,6}) P(?P<forced> \(forced\))?",
    re.ASCII,
)
_BEGINNING = re.compile(r"gc ?\d{1,10}(?: @|\()", re.ASCII)
_DEBUG = re.compile(
    r"scvg\d*: |pacer: |SCHED \d+ms: |scav \d|init \S+ @|\s+[PMG]\d+: (?:status|p)=", re.ASCII
)
_LONGEST = 4096
_NS_PER_MS = 1_000_000


class GcLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a log holds.

    Attributes:
        cycles: in the order of the log.
        missing: cycles between the first and the last of a process whose lines were torn to
            pieces by the application's own output.
        skipped: lines that begin as a cycle and are none: torn late, or of a Go before 1.6.
        debug: lines of other GODEBUG settings: ``scvg:``, ``pacer:``, ``SCHED`` and their like.
        other: lines of the application; blank ones do not count.
    """

    cycles: tuple[GcCycle, ...]
    missing: int
    skipped: int
    other: int
    debug: int = 0


def parse_line(line: str) -> GcCycle | None:
    """The cycle that a line tells of, or None.

    A text without a line break before the cycle, or behind it, is the application's and ignored.
    """
    found = _CYCLE.search(line[:_LONGEST])
    return _cycle(found) if found else None


def parse_log(text: str | bytes | Iterable[str]) -> GcLog:
    """Read a whole log; nothing in it is ever an error."""
    cycles: list[GcCycle] = []
    skipped = debug = other = 0
    for line in _lines(text):
        cycle = parse_line(line)
        if cycle is not None:
            cycles.append(cycle)
        elif _BEGINNING.search(line[:_LONGEST]):
            skipped += 1
        elif _DEBUG.match(line):
            debug += 1
        elif line and not line.isspace():
            other += 1
    runs = processes(cycles)
    missing = sum(run[-1].number - run[0].number + 1 - len(run) for run in runs)
    return GcLog(cycles=tuple(cycles), missing=missing, skipped=skipped, other=other, debug=debug)


def printed_step_ns(ns: int) -> int:
    """The weight of the last digit that the runtime prints: true times are less than that longer.

    Args:
        ns: as read from a line.
    """
    if ns >= 10 * _NS_PER_MS:
        return _NS_PER_MS
    step, digits = 1_000, ns // 1_000
    while digits >= 100:
        step, digits = step * 10, digits // 10
    return step


def processes(cycles: Iterable[GcCycle]) -> list[tuple[GcCycle, ...]]:
    """The cycles of each process in a log, each once, in order.

    A process counts from one; where the numbers or the times go back, another one has begun.
    """
    runs: list[list[GcCycle]] = []
    for cycle in cycles:
        last = runs[-1][-1] if runs else None
        if cycle == last:  # the same line twice, as a log shipper may write it
            continue
        if last is None or cycle.number <= last.number or cycle.at_ns < last.at_ns:
            runs.append([])
        runs[-1].append(cycle)
    return [tuple(run) for run in runs]


def longest_process(cycles: Iterable[GcCycle]) -> tuple[GcCycle, ...]:
    """The cycles of the process that collected most; of several the first."""
    return max(processes(cycles), key=len, default=())


def _lines(text: str | bytes | Iterable[str]) -> Iterator[str]:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    yield from text.split("\n") if isinstance(text, str) else text


@lru_cache(maxsize=4096)  # two digits make few different texts
def _ns(ms: str) -> int:
    return int(Decimal(ms) * _NS_PER_MS)


@lru_cache(maxsize=4096)
def _size(mib: str | None) -> int:
    return -1 if mib is None else min(int(mib) << 20, _MOST)


def _cycle(found: re.Match[str]) -> GcCycle:
    text = found.groupdict()
    return GcCycle(
        number=int(text["number"]),
        at_ns=int(Decimal(text["at"]) * 1000) * _NS_PER_MS,
        cpu_percent=int(text["percent"]),
        sweep_termination_ns=_ns(text["sweep"]),
        mark_ns=_ns(text["mark"]),
        mark_termination_ns=_ns(text["termination"]),
        sweep_termination_cpu_ns=_ns(text["sweep_cpu"]),
        assist_cpu_ns=_ns(text["assist"]),
        background_cpu_ns=_ns(text["background"]),
        idle_cpu_ns=_ns(text["idle"]),
        mark_termination_cpu_ns=_ns(text["termination_cpu"]),
        heap_start=_size(text["start"]),
        heap_end=_size(text["end"]),
        heap_live=_size(text["live"]),
        goal=_size(text["goal"]),
        stacks=_size(text["stacks"]),
        globals=_size(text["globals"]),
        processors=int(text["processors"]),
        forced=text["forced"] is not None,
    )
