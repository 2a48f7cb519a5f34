"""What `heapwise gc` prints."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.gc import GenerationSummary
from heapwise.model.gc_overview import (
    CpuFigures,
    GcOverview,
    HeapFigures,
    LogLines,
    Pacing,
    PauseFigures,
    Trend,
    Within,
)
from heapwise.model.gc_timeline import Collection
from heapwise.report.columns import clipped, joined, labelled, paragraph, table
from heapwise.units import (
    format_count,
    format_duration,
    format_rate,
    format_share,
    format_size,
    how_many,
)

Pair = tuple[str, str]

SHOWN_OF_VICTIM = 3
"""Functions, the one that was interrupted last; the others are in the CSV."""


def render_gc(seen: GcOverview) -> str:
    """The collector over a stretch of time, one line a fact; names escaped."""
    return joined(
        [
            *paragraph(f"{clipped(seen.name)} · {seen.runtime or 'unknown runtime'}"),
            *(line for warning in seen.warnings for line in _warning(warning)),
            *labelled(_facts(seen)),
            *_pauses(seen.pause),
            *(line for note in seen.notes for line in paragraph(note, " " * 6, "note  ")),
        ]
    )


def _warning(text: str) -> list[str]:
    return paragraph(text, " " * 9, "WARNING  ")


def _facts(seen: GcOverview) -> Iterable[Pair]:
    yield "cycles", _cycles(seen)
    yield "known by", _source(seen)
    if seen.skipped is not None:
        yield "left out", _skipped(seen)
    yield from ((f"gen {each.generation}", _generation(each)) for each in seen.generations)
    yield from _heap(seen.heap)
    yield "collector", _cpu(seen.cpu, interpreted=seen.runtime == "python")
    yield "pacing", _pacing(seen.pacing)
    if seen.worst is not None:
        yield "worst", _worst(seen.worst)
    if seen.lines is not None:
        yield "log", _lines(seen.lines)


def _cycles(seen: GcOverview) -> str:
    rate = f"{format_rate(seen.cycles_per_second)}, " if seen.cycles_per_second is not None else ""
    span = f" in {format_duration(seen.span_ns)}" if seen.span_ns is not None else ""
    forced = ""
    if seen.forced is not None and seen.cycles:
        share = format_share(seen.forced / seen.cycles) if seen.forced else "none"
        forced = f", {share} of them forced"
    return f"{rate}{format_count(seen.cycles)}{span}{forced}"


def _source(seen: GcOverview) -> str:
    if seen.coverage >= 1:
        return seen.source.value
    return (
        f"{seen.source.value}: {format_count(seen.seen)} of {format_count(seen.cycles)} cycles "
        f"({format_share(seen.coverage)} coverage)"
    )


def _skipped(seen: GcOverview) -> str:
    if seen.skipped is None:
        return ""
    count = seen.skipped.cycles
    cycles = "cycle in " if count == 1 else f"{how_many(count, 'cycle')} in " if count else ""
    return f"the first {cycles}{format_duration(seen.skipped.ns)}: {seen.skipped.why}"


def _generation(each: GenerationSummary) -> str:
    return (
        f"{format_count(each.cycles)} cycles, {format_count(each.collected)} objects freed, "
        f"pauses together {format_duration(each.pause_total_ns)}, "
        f"max {format_duration(each.pause_max_ns)}"
    )


def _heap(heap: HeapFigures) -> Iterable[Pair]:
    if heap.before is not None and heap.live is not None and heap.amplitude is not None:
        ends = f"{format_size(heap.before)} down to {format_size(heap.live)} alive"
        yield "sawtooth", f"{ends}, {format_size(heap.amplitude)} a cycle (medians)"
    elif heap.live is not None:
        yield "live heap", format_size(heap.live)
    if heap.floor is not None:
        yield "floor", f"{format_size(heap.floor)}, {_trend(heap.trend)}"
    if heap.allocation_rate is not None:
        yield "allocation", f"{format_size(heap.allocation_rate)}/s"
    yield "memory", ", ".join(_memory(heap))


def _memory(heap: HeapFigures) -> Iterable[str]:
    if heap.in_use is not None:
        yield f"{format_size(heap.in_use)} in use"
    if heap.fragmentation is not None:
        yield f"{format_share(heap.fragmentation)} of that without an object (fragmentation)"
    if heap.idle is not None:
        yield f"{format_size(heap.idle)} idle"
    if heap.released is not None:
        yield f"{format_size(heap.released)} released to the system"


def _trend(trend: Trend | None) -> str:
    if trend is None:
        return "too few points for a trend"
    slope = trend.bytes_per_second
    return (
        f"{trend.direction}: {_per_minute(slope.value)} a minute "
        f"[{_per_minute(slope.low)}, {_per_minute(slope.high)}], "
        f"{trend.bins} bins of {format_duration(trend.bin_ns)}"
    )


def _per_minute(bytes_per_second: float) -> str:
    return f"{'-' if bytes_per_second < 0 else '+'}{format_size(abs(bytes_per_second) * 60)}"


def _cpu(cpu: CpuFigures, *, interpreted: bool) -> str:
    parts = []
    if cpu.share is not None:
        of = "the time" if interpreted else "the CPU"
        parts.append(f"{format_share(cpu.share)} of {of}")
    if cpu.with_idle is not None:
        parts.append(f"{format_share(cpu.with_idle)} with idle marking")
    if cpu.assist is not None:
        parts.append(f"{format_share(cpu.assist)} in mark assists")
    if cpu.marking is not None:
        parts.append(f"a cycle going on {format_share(cpu.marking)} of the time")
    if cpu.told is not None:
        parts.append(f"the runtime says {format_share(cpu.told)} since its start")
    return ", ".join(parts)


def _pacing(pacing: Pacing) -> str:
    parts = []
    if pacing.gogc is not None:
        amount = "off" if pacing.gogc < 0 else f"{pacing.gogc:.0f}"
        parts.append(f"GOGC={amount}" if pacing.gogc_told else f"GOGC about {amount} (inferred)")
    if pacing.memory_limit is not None:
        limit = "none" if pacing.memory_limit < 0 else format_size(pacing.memory_limit)
        parts.append(f"GOMEMLIMIT {limit}")
    if pacing.room is not None:
        parts.append(f"the goal {format_share(pacing.room)} above the live heap")
    if pacing.binds is not None and (pacing.memory_limit or 0) >= 0:
        told = "" if pacing.memory_limit is not None else " (inferred)"
        verb = "binds" if pacing.binds else "does not bind"
        parts.append(f"the memory limit {verb}{told}: {pacing.why}")
    return ", ".join(parts)


def _worst(worst: Collection) -> str:
    generation = f" of generation {worst.generation}" if worst.generation >= 0 else ""
    stack = worst.victim.split(";")[-SHOWN_OF_VICTIM:]
    victim = f", in the way of {clipped(' > '.join(stack))}" if worst.victim else ""
    return f"cycle {worst.number}{generation} stopped for {format_duration(worst.pause_ns)}{victim}"


def _lines(lines: LogLines) -> str:
    counts = (
        (lines.missing, "cycles torn beyond recognition"),
        (lines.torn, "lines torn or too old"),
        (lines.debug, "of other GODEBUG settings"),
        (lines.other, "of the application"),
    )
    return ", ".join(f"{format_count(count)} {what}" for count, what in counts if count)


def _pauses(pause: PauseFigures | None) -> list[str]:
    if pause is None:
        return []
    together = ""
    if pause.total_ns is not None:
        together = f", together {format_duration(pause.total_ns)}"
    rows = [
        (name, format_duration(each.value), _within(each)) for name, each in pause.quantiles.items()
    ]
    return [
        *paragraph(f"{how_many(pause.count, 'pause')}{together}: {pause.meaning}", "  "),
        *table(rows, "<><", "    "),
    ]


def _within(each: Within) -> str:
    if each.low == each.high:
        return ""
    return f"[{format_duration(each.low)}, {format_duration(each.high)}]"
