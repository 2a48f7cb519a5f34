"""A finding as a short paragraph."""

from __future__ import annotations

from heapwise.model.finding import Evidence, Finding, Interval, Sketch
from heapwise.report.columns import labelled, paragraph
from heapwise.units import format_count, format_share, format_size, format_value

_INDENT = " " * 5


def finding_lines(number: int, finding: Finding, work: str) -> list[str]:
    """What, where, how much, why, and what to do.

    Args:
        number: of the finding, from 1.
        finding: as diagnosed.
        work: the unit of work.
    """
    head = f"{finding.code} {finding.title} (confidence: {finding.confidence.value})"
    lines = paragraph(head, _INDENT, f"{number:>3}. ")
    lines += labelled(
        [
            ("where", located(finding.where, "", finding.module)),
            *_measured(finding.evidence, work),
            ("why", finding.why),
            *(("", step) for step in finding.flow),
            ("remedy", finding.remedy),
            ("gain", gain(finding, work)),
            ("holds for", finding.holds_for if finding.remedy else ""),
            ("patch", "heapwise fix has one" if finding.fixable else ""),
            ("see", "  ".join(finding.references)),
        ],
        _INDENT,
    )
    return lines + (sketch_lines(finding.sketch, _INDENT) if finding.sketch is not None else [])


def finding_line(finding: Finding) -> list[str]:
    """A finding without evidence: where, code and title."""
    place = finding.place
    where = f"{place.file}:{place.line}" if place is not None else finding.where
    return paragraph(f"{where}: {finding.code} {finding.title}", "    ", "")


def sketch_lines(sketch: Sketch, indent: str) -> list[str]:
    """The user's lines and how they could read, as a diff; long lines are not wrapped."""
    before = [f"- {line}" for line in sketch.before.splitlines()]
    after = [f"+ {line}" for line in sketch.after.splitlines()]
    return [f"{indent}    {line}" for line in (*before, *after)]


def located(owner: str, place: str, module: str) -> str:
    """Where something is, with its module unless the place names it already."""
    text = f"{owner} ({place})" if place else owner
    return text if not module or module in text else f"{text} [{module}]"


def _measured(evidence: Evidence | None, work: str) -> list[tuple[str, str]]:
    if evidence is None:
        return []
    rows = [("path", row) for row in evidence.rows[:1]]
    return [("costs", costs(evidence, work)), ("rests on", _basis(evidence)), *rows]


def costs(evidence: Evidence, work: str) -> str:
    """Bytes and objects per unit of work and as shares, with their intervals."""
    parts = []
    for per_work, unit, what in (
        (evidence.bytes_per_work, "B", f"/{work}"),
        (evidence.allocs_per_work, "count", f" allocs/{work}"),
    ):
        if per_work is not None:
            parts.append(_with_interval(per_work, unit, what))
    parts.append(_with_interval(evidence.bytes_share, "share", " of alloc_space"))
    parts.append(_with_interval(evidence.allocs_share, "share", " of alloc_objects"))
    return ", ".join(parts)


def _with_interval(interval: Interval, unit: str, what: str) -> str:
    text = format_value(interval.value, unit) + what
    if interval.low == interval.high:
        return text
    return f"{text} ({format_value(interval.low, unit)} to {format_value(interval.high, unit)})"


def _basis(evidence: Evidence) -> str:
    events = f"{format_count(evidence.hits)} sampled events"
    if evidence.hits < 5:
        events += ", which is a guess"
    return f"{events}; {format_size(evidence.live_bytes)} of inuse_space at the end"


def gain(finding: Finding, work: str) -> str:
    """What is expected to go, empty where nothing is foretold."""
    parts = []
    if finding.gain_bytes_per_work is not None:
        size = finding.gain_bytes_per_work
        evidence = finding.evidence
        share = _part(size, evidence.bytes_per_work if evidence is not None else None)
        parts.append(f"about {format_size(size)}/{work}{share}")
    if finding.gain_allocs_per_work is not None:
        parts.append(f"{format_count(finding.gain_allocs_per_work)} allocs/{work}")
    if finding.cpu_bound:
        parts.append(f"at most {format_share(finding.cpu_bound)} of the CPU time")
    text = ", ".join(parts)
    if text and finding.shares_gain_with:
        text += f"; the same bytes as {', '.join(finding.shares_gain_with)} above, not more"
    return text


def _part(gain: float, costs: Interval | None) -> str:
    if costs is None or costs.value <= 0:
        return ""
    return f", {format_share(min(1.0, gain / costs.value))} of what it costs"
