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
_LONGEST = 4096
_NS_PER_MS = 1_000_000


class GcLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a log holds.

    Attributes:
        cycles: in the order of the log.
        missing: cycles between the first and the last read whose lines were torn to pieces by the
            application's own output.
        skipped: lines that begin as a cycle and are none: torn late, or of a Go before 1.6.
        other: lines of the application and of other GODEBUG settings; blank ones do not count.
    """

    cycles: tuple[GcCycle, ...]
    missing: int
    skipped: int
    other: int


def parse_line(line: str) -> GcCycle | None:
    """The cycle that a line tells of, or None.

    A text without a line break before the cycle, or behind it, is the application's and ignored.
    """
    found = _CYCLE.search(line[:_LONGEST])
    return _cycle(found) if found else None


def parse_log(text: str | bytes | Iterable[str]) -> GcLog:
    """Read a whole log; nothing in it is ever an error."""
    cycles: list[GcCycle] = []
    skipped = other = 0
    for line in _lines(text):
        cycle = parse_line(line)
        if cycle is not None:
            cycles.append(cycle)
        elif _BEGINNING.search(line[:_LONGEST]):
            skipped += 1
        elif line and not line.isspace():
            other += 1
    numbers = {cycle.number for cycle in cycles}
    span = max(numbers) - min(numbers) + 1 if numbers else 0
    return GcLog(cycles=tuple(cycles), missing=span - len(numbers), skipped=skipped, other=other)


def _lines(text: str | bytes | Iterable[str]) -> Iterator[str]:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    yield from text.split("\n") if isinstance(text, str) else text


def _cycle(found: re.Match[str]) -> GcCycle:
    def ns(name: str) -> int:
        return int(Decimal(found[name]) * _NS_PER_MS)

    def size(name: str) -> int:
        return min(int(found[name]) << 20, _MOST) if found[name] is not None else -1

    return GcCycle(
        number=int(found["number"]),
        at_ns=int(Decimal(found["at"]) * 1000) * _NS_PER_MS,
        cpu_percent=int(found["percent"]),
        sweep_termination_ns=ns("sweep"),
        mark_ns=ns("mark"),
        mark_termination_ns=ns("termination"),
        sweep_termination_cpu_ns=ns("sweep_cpu"),
        assist_cpu_ns=ns("assist"),
        background_cpu_ns=ns("background"),
        idle_cpu_ns=ns("idle"),
        mark_termination_cpu_ns=ns("termination_cpu"),
        heap_start=size("start"),
        heap_end=size("end"),
        heap_live=size("live"),
        goal=size("goal"),
        stacks=size("stacks"),
        globals=size("globals"),
        processors=int(found["processors"]),
        forced=found["forced"] is not None,
    )
