"""An execution trace's summary as plain text: whether the collector is in the way comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.trace import Spread, TraceSummary
from heapwise.report.columns import joined, labelled, paragraph, table
from heapwise.units import (
    NS_PER_S,
    format_count,
    format_duration,
    format_rate,
    format_share,
    format_size,
)

ROWS = 8
"""Rows of a list; ``--json`` has more."""

_KINDS = 6


def render_trace(summary: TraceSummary, name: str) -> str:
    """The summary, names escaped; at most 100 columns where names let it.

    Args:
        summary: of the trace.
        name: what to call the trace.
    """
    sections = (
        _title(summary, name),
        _verdict(summary),
        _spreads("Mark assists, by what the goroutine was started with", summary.assists),
        _spreads("The world stood still, by reason", summary.stops),
        _collections(summary),
        _goroutines(summary),
        _latency(summary),
        _spreads("Waiting, by reason", summary.blocked, "(no reason given)"),
        _spreads("System calls", [summary.syscalls] if summary.syscalls else []),
        _spreads("Tasks", summary.tasks),
        _spreads("Regions", summary.regions),
        _trace_itself(summary),
    )
    kept = [section for section in sections if section]
    return joined(line for section in kept[:1] for line in section) + "".join(
        "\n" + joined(section) for section in kept[1:]
    )


def _title(summary: TraceSummary, name: str) -> list[str]:
    parts = [f"{name}: {summary.version} trace of {format_duration(summary.duration_ns)}"]
    if summary.procs:
        parts.append(f"{format_count(summary.procs)} processors")
    lines = paragraph(" · ".join(parts))
    if summary.damage is not None:
        lines += paragraph(
            f"It could be read up to byte {format_count(summary.damage.offset)}: "
            f"{summary.damage.what}. What is below is of the part before.",
            " " * 9,
            "CUT      ",
        )
    return lines


def _verdict(summary: TraceSummary) -> list[str]:
    lines = ["Is the collector in the way?"]
    for number, sentence in enumerate(summary.harm, 1):
        lines += paragraph(sentence, " " * 5, f"  {number}. ")
    if not summary.harm:
        lines += paragraph(f"No. {_little(summary)}", "  ")
    lines += paragraph("A trace does not say who allocates: for that look at a heap profile.", "  ")
    return lines


def _little(summary: TraceSummary) -> str:
    if summary.marking is None:
        return "There was no collection in this trace."
    reasons = {stop.reason for stop in summary.gc.stops if stop.gc}
    waits = [*summary.assists, *(each for each in summary.stops if each.name in reasons)]
    longest = max((each.max_ns for each in waits), default=0)
    return (
        f"{_cycles(summary.marking.count)} were marking {format_share(summary.marking_share)} of "
        f"the time; nobody had to wait longer than {format_duration(longest)} for them."
    )


def _cycles(count: int) -> str:
    return "1 collection" if count == 1 else f"{format_count(count)} collections"


def _collections(summary: TraceSummary) -> list[str]:
    marking = summary.marking
    heap = {curve.name: curve.value for curve in summary.heap}
    pairs = []
    if marking is not None:
        seconds = summary.duration_ns / NS_PER_S
        rate = f", {format_rate(marking.count / seconds)}" if seconds else ""
        forced = sum(cycle.forced == 1 for cycle in summary.gc.collections)
        asked = f", {format_count(forced)} of them forced" if forced else ""
        pairs.append(("cycles", format_count(marking.count) + rate + asked))
        pairs.append(("length", _percentiles(marking)))
        pairs.append(("workers", _workers(summary)))
    if "heap" in heap:
        low, high = (format_size(edge(heap["heap"])) for edge in (min, max))
        pairs.append(("heap", f"between {low} and {high}"))
    if "goal" in heap:
        pairs.append(("goal", f"{format_size(heap['goal'][-1])} at the end"))
    if summary.sweeping is not None:
        swept, freed = map(format_size, (summary.sweeping.swept, summary.sweeping.reclaimed))
        total = format_duration(summary.sweeping.spread.total_ns)
        pairs.append(("sweeping", f"{swept} looked at, {freed} of it free; took {total}"))
    return ["Collections", *labelled(pairs)] if pairs else []


def _workers(summary: TraceSummary) -> str:
    available = summary.duration_ns * summary.procs
    share = f", {format_share(summary.workers_ns / available)} of all" if available else ""
    return f"{format_duration(summary.workers_ns)} on processors{share}"


def _goroutines(summary: TraceSummary) -> list[str]:
    counts = summary.goroutines
    if not counts.peak:
        return []
    seen = (counts.peak, counts.created, counts.destroyed)
    pairs = [("number", "{} at most, {} created, {} ended".format(*map(format_count, seen)))]
    pairs += [
        (f"{curve.name}", f"{format_count(max(curve.value))} at most")
        for curve in counts.states
        if curve.value
    ]
    available = summary.duration_ns * summary.procs
    share = f", {format_share(summary.running_ns / available)} of all" if available else ""
    pairs.append(("ran", f"{format_duration(summary.running_ns)} on processors{share}"))
    return ["Goroutines", *labelled(pairs)]


def _latency(summary: TraceSummary) -> list[str]:
    if summary.latency is None:
        return []
    return _spreads(
        "Ready, but not running yet (scheduler latency): all, and the worst p99",
        [summary.latency, *summary.latency_by_function[: ROWS - 1]],
    )


def _spreads(title: str, spreads: Sequence[Spread], nameless: str = "(unknown)") -> list[str]:
    if not spreads:
        return []
    head = ("count", "total", "p50", "p99", "max", "")
    rows = [
        (
            format_count(each.count),
            format_duration(each.total_ns),
            format_duration(each.p50_ns),
            format_duration(each.p99_ns),
            format_duration(each.max_ns),
            each.name or nameless,
        )
        for each in spreads[:ROWS]
    ]
    return [title, *table([head, *rows], ">>>>><"), *_more(len(spreads) - ROWS)]


def _more(hidden: int) -> Iterable[str]:
    return [f"  and {format_count(hidden)} more with --json"] if hidden > 0 else []


def _percentiles(spread: Spread) -> str:
    return (
        f"p50 {format_duration(spread.p50_ns)}, p99 {format_duration(spread.p99_ns)}, "
        f"max {format_duration(spread.max_ns)}"
    )


def _trace_itself(summary: TraceSummary) -> list[str]:
    seconds = summary.duration_ns / NS_PER_S
    speed = f", {format_size(summary.size / seconds)} a second" if seconds else ""
    kinds = [
        f"{format_count(count)} {name} ({format_share(count / summary.events)})"
        for name, count in summary.kinds[:_KINDS]
    ]
    more = ", …" if len(summary.kinds) > _KINDS else ""
    pairs = [
        ("size", format_size(summary.size) + speed),
        ("events", format_count(summary.events)),
        ("most are", ", ".join(kinds) + more),
        *(("note", note) for note in summary.gc.notes),
    ]
    return ["The trace itself", *labelled(pairs)]
