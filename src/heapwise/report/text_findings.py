"""A finding as a short paragraph."""

from __future__ import annotations

from heapwise.model.finding import Evidence, Finding, Interval, Sketch
from heapwise.names import visible
from heapwise.report.columns import labelled, paragraph
from heapwise.units import format_count, format_share, format_size, format_value, how_many

_INDENT = " " * 5

_ABOVE, _BELOW = 3, 5
"""Most frames of a call path that are shown before and behind where the finding is."""


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
            ("in source", in_source(finding)),
            *measured(finding, work),
            ("path", call_path(finding)),
            ("why", finding.why),
            *(("", step) for step in finding.flow),
            ("remedy", finding.remedy or finding.withheld),
            *expected(finding, work),
            ("see", "  ".join(finding.references)),
        ],
        _INDENT,
    )
    return lines + (sketch_lines(finding.sketch, _INDENT) if finding.sketch is not None else [])


def measured(finding: Finding, work: str) -> list[tuple[str, str]]:
    """What was measured there, as labels and texts; empty without evidence."""
    evidence = finding.evidence
    if evidence is None:
        return []
    # What a whole function allocates is not what its defect costs.
    label = "function" if evidence.of_function else "costs"
    return [(label, costs(evidence, work)), ("CPU", _cpu(evidence)), ("rests on", _basis(evidence))]


def expected(finding: Finding, work: str) -> list[tuple[str, str]]:
    """What is foretold, and under which conditions, as labels and texts."""
    return [
        ("gain", gain(finding, work)),
        ("not more", overlap(finding)),
        ("holds for", finding.holds_for if finding.remedy else ""),
        ("patch", "heapwise fix has one" if finding.fixable else ""),
    ]


def in_source(finding: Finding) -> str:
    """Its place in the source where that is another than the profile's."""
    place = finding.place
    if place is None or f"{place.file}:{place.line})" in finding.where:
        return ""
    return f"{place.file}:{place.line}"


def call_path(finding: Finding) -> str:
    """The heaviest call path around where the finding is, without the folders of packages."""
    if finding.evidence is None or not finding.evidence.rows:
        return ""
    frames = finding.evidence.rows[0].split(" > ")
    here = [index for index, frame in enumerate(frames) if finding.where.startswith(f"{frame} (")]
    index = here[-1] if here else len(frames) - 1
    start = max(0, index - _ABOVE)
    above, below = frames[start : index + 1], frames[index + 1 :]
    if len(below) > _BELOW:
        below = ["…", *below[-_BELOW:]]
    return " > ".join([*(["…"] if start else []), *above, *below])


def finding_line(finding: Finding) -> list[str]:
    """A finding without evidence: where, code and title."""
    place = finding.place
    where = f"{place.file}:{place.line}" if place is not None else finding.where
    return paragraph(f"{where}: {finding.code} {finding.title}", "    ", "")


def sketch_lines(sketch: Sketch, indent: str) -> list[str]:
    """The user's lines and how they could read, as a diff; long lines are not wrapped."""
    return [f"{indent}    {line}" for line in sketch_diff(sketch)]


def sketch_diff(sketch: Sketch) -> list[str]:
    """The lines of a diff, tabs as blanks; what else would drive a terminal is spelled out."""
    before = [f"- {line}" for line in _lines(sketch.before)]
    after = [f"+ {line}" for line in _lines(sketch.after)]
    return [*before, *after]


def _lines(text: str) -> list[str]:
    return [visible(line.expandtabs(4)) for line in text.split("\n")]


def located(owner: str, place: str, module: str) -> str:
    """Where something is, with its module unless the place names it already."""
    text = f"{owner} ({place})" if place else owner
    return text if not module or module in text else f"{text} [{module}]"


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
    events = how_many(evidence.hits, "sampled event")
    if evidence.hits < 5:
        events += ", which is a guess"
    return f"{events}; {format_size(evidence.live_bytes)} of inuse_space at the end"


def _cpu(evidence: Evidence) -> str:
    parts = []
    if evidence.cpu_share is not None:
        parts.append(f"{format_share(evidence.cpu_share)} of the CPU time is spent below it")
    if evidence.gc_cpu_share is not None:
        parts.append(f"{format_share(evidence.gc_cpu_share)} goes into collecting these bytes")
    return ", ".join(parts)


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
    if finding.cpu_bound and finding.remedy:
        parts.append(f"at most {format_share(finding.cpu_bound)} of the CPU time")
    return ", ".join(parts)


def overlap(finding: Finding) -> str:
    """That findings before it claim its bytes as well; empty where none does."""
    if not finding.shares_gain_with:
        return ""
    return f"bytes of {', '.join(finding.shares_gain_with)} above: they are saved once, by either"


def _part(gain: float, costs: Interval | None) -> str:
    if costs is None or costs.value <= 0:
        return ""
    share = format_share(min(1.0, gain / costs.value))
    return ", all of what it costs" if share == format_share(1.0) else f", {share} of what it costs"
