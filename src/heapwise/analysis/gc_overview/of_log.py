"""The collector in a log with gctrace lines."""

from __future__ import annotations

from heapwise.analysis.gc_overview.cpu import cpu_of
from heapwise.analysis.gc_overview.heap import heap_of_cycles
from heapwise.analysis.gc_overview.pacing import Told, pacing_of
from heapwise.analysis.gc_overview.pauses import pauses_of, worst_of
from heapwise.analysis.gc_overview.start_up import after_start_up
from heapwise.analysis.gc_overview.warnings import RECORD_IT, warnings_of
from heapwise.analysis.gc_timeline import timeline_from_log
from heapwise.errors import ProfileError
from heapwise.formats.gctrace import GcLog, longest_process, processes
from heapwise.model.gc_overview import GcOverview, LogLines
from heapwise.model.gc_timeline import GcTimeline
from heapwise.units import NS_PER_S


def overview_of_log(
    log: GcLog, name: str, skip_ns: int | None = None
) -> tuple[GcOverview, GcTimeline]:
    """The collector after the start of its process, and its cycles, clock ``process``.

    Rates and shares are of the time from the start of the first cycle to that of the last.

    Args:
        log: of one process, or of several, of which the one with most cycles counts.
        name: of the log.
        skip_ns: see `heapwise.analysis.gc_overview.start_up.after_start_up`.

    Raises:
        ProfileError: there is no cycle in it, or none is left.
    """
    whole = timeline_from_log(log)
    if whole is None:
        raise _no_cycle(log, name)
    timeline, skipped = after_start_up(whole, skip_ns)
    cycles = timeline.collections
    if not cycles:
        raise ProfileError(
            f"no cycle of {name} is left", f"all {len(whole.collections)} began before --skip ends"
        )
    span = cycles[-1].start_ns - cycles[0].start_ns
    rate = (timeline.happened - 1) * NS_PER_S / span if span > 0 else None
    forced = sum(each.forced for each in cycles)
    told = longest_process(log.cycles)[-1].cpu_percent / 100
    cpu = cpu_of(cycles[:-1], span, timeline.coverage, told)
    heap, pacing = heap_of_cycles(cycles), pacing_of(cycles, Told(), first=whole.collections[0])
    overview = GcOverview(
        name=name,
        runtime="go",
        source=timeline.source,
        span_ns=span or None,
        cycles=timeline.happened,
        seen=len(cycles),
        coverage=timeline.coverage,
        forced=forced,
        cycles_per_second=rate,
        skipped=skipped,
        pause=pauses_of(timeline.source, cycles),
        worst=worst_of(cycles),
        cpu=cpu,
        heap=heap,
        pacing=pacing,
        lines=_lines(log),
        warnings=warnings_of(cpu, heap, pacing, rate=rate, forced=forced / len(cycles)),
        notes=_notes(log, len(cycles)),
        next_command=RECORD_IT,
    )
    return overview, timeline


def _lines(log: GcLog) -> LogLines:
    return LogLines(
        torn=log.skipped,
        missing=log.missing,
        debug=log.debug,
        other=log.other,
        processes=len(processes(log.cycles)),
    )


def _notes(log: GcLog, cycles: int) -> tuple[str, ...]:
    notes = []
    count = len(processes(log.cycles))
    if count > 1:
        notes.append(
            f"the log holds {count} runs of cycle numbers, of processes one after the other or "
            "mixed: the figures are of the longest; of a mixed log give the lines of one process"
        )
    if cycles < FEW:
        few = "1 cycle is" if cycles == 1 else f"{cycles} cycles are"
        notes.append(f"{few} few: one odd one moves every figure")
    return tuple(notes)


FEW = 10
"""Cycles below which figures are a first impression."""


def _no_cycle(log: GcLog, name: str) -> ProfileError:
    if log.skipped:
        return ProfileError(
            f"no cycle of a collector can be read in {name}",
            f"{log.skipped} lines begin as one and are torn, or of a Go before 1.6",
            "send the service's standard error to a file of its own",
        )
    return ProfileError(
        f"no cycle of a collector in {name}",
        f"{log.other + log.debug} other lines",
        "start the Go service with GODEBUG=gctrace=1 and keep its standard error",
    )
