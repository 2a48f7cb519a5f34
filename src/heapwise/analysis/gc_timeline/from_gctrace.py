"""Collections of a gctrace, which counts time from the start of the process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heapwise.analysis.gc_timeline.clock import clock_doubt_ns
from heapwise.analysis.gc_timeline.stretch import Stretch
from heapwise.analysis.gcstats import cycle_end_ns, process_start
from heapwise.formats.gctrace import GcLog, longest_process, printed_step_ns
from heapwise.model.gc import GcCycle
from heapwise.model.gc_timeline import Collection, GcSource, GcTimeline, Stop
from heapwise.model.recording import Recording

PRINTED_NS = 1_000_000
"""gctrace cuts the start of a cycle to whole milliseconds."""

_NOTES = (
    "gctrace cuts times to two digits, the start of a cycle to the millisecond, sizes to the MiB",
)


def timeline_from_log(log: GcLog) -> GcTimeline | None:
    """The timeline of a log, clock ``process``; None where it holds no cycle.

    Of a log in which several processes count, it is the one of the process with most cycles.
    """
    cycles = longest_process(log.cycles)
    if not cycles:
        return None
    placed = [_Placed(cycle, cycle.at_ns, PRINTED_NS) for cycle in cycles]
    happened = cycles[-1].number - cycles[0].number + 1
    return GcTimeline(
        source=GcSource.GCTRACE,
        clock="process",
        uncertainty_ns=PRINTED_NS,
        begin_ns=cycles[0].at_ns,
        end_ns=cycle_end_ns(cycles[-1]),
        happened=happened,
        coverage=len(cycles) / happened,
        collections=tuple(map(_collection, placed)),
        stops=tuple(stop for each in placed for stop in _stops(each)),
        notes=_NOTES,
    )


def gctrace_timeline(recording: Recording, stretch: Stretch | None) -> GcTimeline | None:
    """The timeline of the gctrace of a run; None without, or where the two clocks never met.

    A cycle whose end was read from the ring of MemStats, to the nanosecond, is put there; its
    start is then as exact as its phases are printed. The others are placed by the start of the
    process, which readings beside the load tell (`heapwise.analysis.gcstats.process_start`): as
    far off as those readings disagree, which they would not if nothing were rounded.
    """
    start = process_start(recording)
    if start is None or not recording.cycles:
        return None
    zero = recording.manifest.clock.wall_ns
    ends = {pause.number: pause.end_ns - zero for pause in recording.pauses}
    placed = [
        _placed(cycle, start.wall_ns - zero, ends.get(cycle.number), start.spread_ns)
        for cycle in longest_process(recording.cycles)
    ]
    numbers = [each.cycle.number for each in placed]
    doubts = [each.doubt_ns for each in placed if not stretch or each.cycle.number in stretch]
    happened = numbers[-1] - numbers[0] + 1
    return GcTimeline(
        source=GcSource.GCTRACE,
        clock="run",
        uncertainty_ns=max(doubts, default=PRINTED_NS) + clock_doubt_ns(recording),
        begin_ns=stretch.begin_ns if stretch else placed[0].begin_ns,
        end_ns=stretch.end_ns if stretch else placed[-1].end_ns,
        happened=stretch.happened if stretch else happened,
        coverage=stretch.coverage(numbers) if stretch else len(placed) / happened,
        collections=tuple(map(_collection, placed)),
        stops=tuple(stop for each in placed for stop in _stops(each)),
        notes=_NOTES,
    )


class _Placed(NamedTuple):
    """A cycle with its place on a clock, and how far off it may be, ns."""

    cycle: GcCycle
    begin_ns: int
    doubt_ns: int

    @property
    def end_ns(self) -> int:
        return self.begin_ns + cycle_end_ns(self.cycle) - self.cycle.at_ns


def _placed(cycle: GcCycle, shift: int, end_ns: int | None, spread_ns: int) -> _Placed:
    """Where a cycle lies: by its end, if that is known and of the same process, else by its start.

    Args:
        cycle: as printed.
        shift: from the clock of the process to the run's, ns.
        end_ns: of the cycle with the same number.
        spread_ns: how far off ``shift`` may be.
    """
    begin = cycle.at_ns + shift
    if end_ns is not None:
        exact = end_ns - (cycle_end_ns(cycle) - cycle.at_ns)
        if abs(exact - begin) <= PRINTED_NS + spread_ns + _cut_away_ns(cycle):
            return _Placed(cycle, exact, _cut_away_ns(cycle))
    return _Placed(cycle, begin, max(PRINTED_NS, spread_ns))


def _cut_away_ns(cycle: GcCycle) -> int:
    """How much longer than printed the cycle may have been."""
    phases = (cycle.sweep_termination_ns, cycle.mark_ns, cycle.mark_termination_ns)
    return sum(map(printed_step_ns, phases))


def _collection(placed: _Placed) -> Collection:
    cycle = placed.cycle
    return Collection(
        number=cycle.number,
        start_ns=placed.begin_ns,
        end_ns=placed.end_ns,
        sweep_termination_ns=cycle.sweep_termination_ns,
        mark_ns=cycle.mark_ns,
        mark_termination_ns=cycle.mark_termination_ns,
        pause_ns=cycle.pause_ns,
        assist_cpu_ns=cycle.assist_cpu_ns,
        background_cpu_ns=cycle.background_cpu_ns,
        idle_cpu_ns=cycle.idle_cpu_ns,
        heap_before=cycle.heap_start,
        heap_after=cycle.heap_end,
        heap_live=cycle.heap_live,
        goal=cycle.goal,
        roots=cycle.stacks + cycle.globals if min(cycle.stacks, cycle.globals) >= 0 else -1,
        processors=cycle.processors,
        forced=int(cycle.forced),
    )


def _stops(placed: _Placed) -> Iterable[Stop]:
    """Both stops of a cycle, one too short to be printed left out."""
    cycle = placed.cycle
    if cycle.sweep_termination_ns:
        end = placed.begin_ns + cycle.sweep_termination_ns
        yield Stop(placed.begin_ns, end, "sweep termination")
    if cycle.mark_termination_ns:
        begin = placed.end_ns - cycle.mark_termination_ns
        yield Stop(begin, placed.end_ns, "mark termination")
