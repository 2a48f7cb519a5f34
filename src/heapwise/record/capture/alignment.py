"""Where an execution trace lies on the run's clock.

What is certain of any trace are the marks of its capture: nothing in it happened before it was
asked for, and nothing after its last byte was there. With T from its first event to its last, its
beginning lies in ``[began, ended - T]``: the middle is wrong by half the slack at most. A flight
recorder is asked when all is over: there it is the *last* event that lies between the marks.

From Go 1.25 on a trace tells in every generation what the monotonic and the wall clock showed at
one of its moments. CLOCK_MONOTONIC is one clock for every process of a machine, ours included, so
that a service beside us is placed to the microsecond. Whether it is that clock is not assumed: a
beginning outside the marks shows that it is another one (a time namespace, another machine), and
then the wall clock is asked; where that, too, contradicts the marks, they are all there is.
"""

from __future__ import annotations

from statistics import median_low

import msgspec

from heapwise.model.exectrace import ClockSnapshot
from heapwise.model.recording import Capture, ClockPair
from heapwise.model.trace import TraceSummary
from heapwise.units import format_duration

SNAPSHOTS = "clock snapshots"
WALL = "wall clock"
MARKS = "capture marks"

READING_NS = 2_000
"""Between the three clocks of one snapshot, and between the two of ours."""

TOLERANCE_NS = 1_000_000
"""How far beyond a mark a snapshot may lie before its clock is taken for another one."""


class Alignment(msgspec.Struct, frozen=True, kw_only=True):
    """A trace's place on the run's clock.

    Attributes:
        offset_ns: what to add to a time of the trace for a time of the run.
        uncertainty_ns: how far that may be off.
        aligned_by: `SNAPSHOTS`, `WALL` or `MARKS`.
        doubt: clocks that disagree, in words; empty where none do.
    """

    offset_ns: int
    uncertainty_ns: int
    aligned_by: str
    doubt: str = ""


class _Range(msgspec.Struct, frozen=True):
    """Where a trace may begin, ns since the run's zero."""

    first: int
    last: int

    def holds(self, offset: int) -> bool:
        return self.first - TOLERANCE_NS <= offset <= self.last + TOLERANCE_NS

    def farthest(self, offset: int) -> int:
        """The largest error that an offset inside can have."""
        return max(offset - self.first, self.last - offset, READING_NS)


def align(
    capture: Capture, summary: TraceSummary, zero: ClockPair, *, same_host: bool
) -> Alignment:
    """Place a trace on the run's clock.

    Args:
        capture: with its marks.
        summary: of the trace.
        zero: the run's zero on our clocks.
        same_host: the service runs on the machine that made the marks.
    """
    marks = _by_marks(capture, summary.duration_ns)
    if marks.last < marks.first - TOLERANCE_NS:
        # It lasted longer than it took to come: the clocks do not even run alike.
        return Alignment(
            offset_ns=capture.began_ns,
            uncertainty_ns=max(summary.duration_ns, marks.first - marks.last),
            aligned_by=MARKS,
            doubt=f"{format_duration(summary.duration_ns)} of trace came within "
            f"{format_duration(capture.ended_ns - capture.began_ns)}",
        )
    clocks = summary.clocks
    if clocks and same_host:
        offsets = [each.monotonic_ns - zero.monotonic_ns - each.time_ns for each in clocks]
        if marks.holds(median_low(offsets)):
            return _by_clock(offsets, SNAPSHOTS)
    if clocks:
        offsets = [each.wall_ns - zero.wall_ns - each.time_ns for each in clocks]
        if marks.holds(median_low(offsets)):
            # Whoever set that clock, the marks say how wrong it can be.
            offset = median_low(offsets)
            return Alignment(
                offset_ns=offset, uncertainty_ns=marks.farthest(offset), aligned_by=WALL
            )
    middle = (marks.first + marks.last) // 2
    return Alignment(
        offset_ns=middle,
        uncertainty_ns=marks.farthest(middle),
        aligned_by=MARKS,
        doubt=_disagreement(clocks[0], zero, marks) if clocks else "",
    )


def _by_marks(capture: Capture, duration_ns: int) -> _Range:
    if capture.asked_ns:
        return _Range(capture.began_ns, capture.ended_ns - duration_ns)
    return _Range(capture.began_ns - duration_ns, capture.ended_ns - duration_ns)


def _by_clock(offsets: list[int], name: str) -> Alignment:
    """The middle of what the generations say; half of what they differ by is uncertain."""
    low, high = min(offsets), max(offsets)
    return Alignment(
        offset_ns=(low + high) // 2,
        uncertainty_ns=(high - low) // 2 + READING_NS,
        aligned_by=name,
    )


def _disagreement(clock: ClockSnapshot, zero: ClockPair, marks: _Range) -> str:
    offset = clock.wall_ns - zero.wall_ns - clock.time_ns
    off = max(marks.first - offset, offset - marks.last)
    return f"its wall clock is {format_duration(off)} away from ours"
