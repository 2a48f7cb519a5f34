"""A run as plain text: what is wrong with it, what was found, and every figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.comparison import Comparison
from heapwise.model.gc import GcSummary, GenerationSummary
from heapwise.model.load import LoadResult
from heapwise.model.metrics import CATALOGUE, MetricValue
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Problem, Scope, State
from heapwise.model.report import Endpoint, RunReport
from heapwise.model.tables import OwnerRow, OwnerTable
from heapwise.report.bottleneck_text import bottleneck_lines
from heapwise.report.columns import Notes, clipped, joined, labelled, paragraph, table
from heapwise.report.load_text import render_load
from heapwise.report.tail_text import tail_lines
from heapwise.report.text_comparison import render_comparison
from heapwise.report.text_findings import finding_lines, located
from heapwise.units import (
    format_count,
    format_duration,
    format_share,
    format_size,
    format_value,
)

__all__ = ["render_comparison", "render_run", "render_text"]

OWNERS_SHOWN = 10
DIES_YOUNG = 0.9
"""From this share on, what is allocated hardly shows in any view of the live heap."""


def render_text(reports: Sequence[RunReport], comparison: Comparison | None) -> str:
    """The comparison where there is one, else the only report."""
    return render_run(reports[0]) if comparison is None else render_comparison(comparison)


def render_run(report: RunReport) -> str:
    """One recording as text, names escaped; at most 100 columns but for the table of latencies."""
    sections = [
        _title(report),
        [line for problem in report.problems for line in _problem(problem)],
        _findings(report),
        _figures(report),
        _endpoints(report.endpoints),
        _owners(report.owners),
        _collector(report.gc),
        tail_lines(report.tail) if report.tail else [],
        bottleneck_lines(report.bottleneck) if report.bottleneck else [],
        _trace(report),
        _load(report.load_result),
    ]
    return joined(_separated(sections))


def _trace(report: RunReport) -> list[str]:
    if report.trace is None:
        return []
    harm = report.trace.harm or ("The collector held nothing up for long.",)
    lines = [line for each in harm for line in paragraph(each, "  ")]
    return ["Execution trace", *lines, *paragraph(f"All of it: heapwise trace {report.name}", "  ")]


def _separated(sections: Iterable[list[str]]) -> Iterable[str]:
    for index, section in enumerate(section for section in sections if section):
        if index:
            yield ""
        yield from section


def _title(report: RunReport) -> list[str]:
    state = report.state if report.state == State.COMPLETE else report.state.upper()
    lines = paragraph(f"{report.name} · {state}{'' if report.valid else ' · INVALID'}")
    lines += labelled(
        [
            ("service", report.service),
            ("load", clipped(report.load)),
            ("machine", report.machine),
            ("recorded", report.created),
        ]
    )
    return lines


def _problem(problem: Problem) -> list[str]:
    if problem.scope is Scope.NONE:
        lines = paragraph(problem.what, " " * 9, "note     ")
    else:
        figures = "every figure" if problem.scope is Scope.ALL else problem.scope.value
        lines = paragraph(f"{figures}: {problem.what}", " " * 9, "INVALID  ")
    if problem.remedy:
        lines += paragraph(f"-> {problem.remedy}", " " * 9)
    return lines


def _findings(report: RunReport) -> list[str]:
    if not report.findings:
        return ["Findings: none"] if report.owners is not None and report.owners.rows else []
    lines = ["Findings"]
    for number, finding in enumerate(report.findings, 1):
        lines += finding_lines(number, finding, report.work_unit)
    return lines


def _figures(report: RunReport) -> list[str]:
    notes = Notes()
    rows = [
        _figure(value, report.work_unit, notes)
        for value in report.metrics
        if value.value is not None
    ]
    if not rows:
        return []
    return ["Figures", *table(rows, "<><"), *notes.lines()]


def _figure(value: MetricValue, work: str, notes: Notes) -> tuple[str, str, str]:
    metric = CATALOGUE[value.metric]
    trust = f"INVALID {notes.mark(value.invalid)}" if value.invalid else metric.exactness.value
    return metric.name(work), format_value(value.value, metric.unit), trust


def _endpoints(endpoints: Iterable[Endpoint]) -> list[str]:
    rows = [
        (
            format_value(endpoint.per_work.bytes, "B"),
            format_value(endpoint.per_work.allocs, "count"),
            format_count(endpoint.per_work.work.count),
            clipped(endpoint.target),
        )
        for endpoint in endpoints
    ]
    if not rows:
        return []
    return ["Per endpoint", *table([("bytes", "allocs", "requests", "target"), *rows], ">>><")]


def _owners(owners: OwnerTable | None) -> list[str]:
    if owners is None:
        return []
    if not owners.rows:
        return [line for note in owners.notes for line in paragraph(note)]
    per = f"/{owners.unit}" if owners.unit else ""
    head = (f"alloc_space{per}", "95 %", "share", f"alloc_objects{per}", "inuse_space", "hits", "")
    shown = owners.rows[:OWNERS_SHOWN]
    title, *figures = table([head, *map(_owner_figures, shown)], ">>>>>><")
    lines = ["Allocation by owner, the first frame outside the standard library", title]
    for row, line in zip(shown, figures, strict=True):
        lines += [line, *paragraph(located(row.owner, row.place, row.module), " " * 6, " " * 4)]
    hidden = owners.rest_bytes_share + sum(row.bytes_share for row in owners.rows[OWNERS_SHOWN:])
    if hidden:
        lines += paragraph(f"All other owners: {format_share(hidden)} of alloc_space.", "  ")
    if owners.dies_young is not None and owners.dies_young >= DIES_YOUNG:
        lines += paragraph(
            f"It dies young: {format_share(owners.dies_young)} of what was allocated is garbage by "
            "the end of the run. inuse_space and inuse_objects show nothing of it.",
            "  ",
        )
    return lines + [line for note in owners.notes for line in paragraph(note, "  ")]


def _owner_figures(row: OwnerRow) -> tuple[str, ...]:
    size, count = row.bytes_per_work, row.allocs_per_work
    spread = format_value(None, "share")
    if size is not None and size.value > 0:
        spread = f"±{format_share(max(size.high - size.value, size.value - size.low) / size.value)}"
    return (
        format_value(size.value if size else None, "B"),
        spread,
        format_share(row.bytes_share),
        format_value(count.value if count else None, "count"),
        format_size(row.live_bytes),
        format_count(row.hits),
        "",
    )


def _collector(gc: GcSummary | None) -> list[str]:
    if gc is None:
        return []
    forced = f", {format_count(gc.forced)} of them forced by the program" if gc.forced else ""
    pairs = [("cycles", format_count(gc.cycles) + forced)]
    if gc.cpu_share is not None:
        pairs.append(("CPU", f"{format_share(gc.cpu_share)} of what was available"))
    if gc.pause is not None:
        total = format_duration(gc.pause_total_ns)
        pairs.append(("pauses", f"{_percentiles(gc.pause)}, together {total}"))
        pairs.append(
            (
                "coverage",
                f"{format_share(gc.coverage)} of the pauses seen ({gc.source})",
            )
        )
    pairs += [(f"gen {each.generation}", _generation(each)) for each in gc.generations]
    if gc.assist_cpu_ns is not None:
        pairs.append(("mark assist", f"{format_duration(gc.assist_cpu_ns)} of CPU"))
    return ["Garbage collector", *labelled(pairs)]


def _generation(gc: GenerationSummary) -> str:
    dead = f", {format_count(gc.uncollectable)} of them uncollectable" if gc.uncollectable else ""
    return (
        f"{format_count(gc.cycles)} cycles, {format_count(gc.collected + gc.uncollectable)} objects"
        f" unreachable{dead}; pauses together {format_duration(gc.pause_total_ns)}, "
        f"max {format_duration(gc.pause_max_ns)}"
    )


def _load(result: LoadResult | None) -> list[str]:
    return ["Load", *render_load(result).splitlines()] if result is not None else []


def _percentiles(times: Percentiles) -> str:
    return (
        f"p50 {format_duration(times.p50)}, p99 {format_duration(times.p99)}, "
        f"max {format_duration(times.max)}"
    )
