"""A diagnosis as plain text: findings, what they rest on, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.diagnosis import Diagnosis
from heapwise.model.recording import Scope
from heapwise.report.columns import joined, paragraph
from heapwise.report.text_findings import finding_line, finding_lines
from heapwise.units import format_count, format_share, format_size

MISMATCHES = 5
"""Most files that are named where the source does not fit."""


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """The whole text, at most 100 columns; source without a recording as one line a finding."""
    lines = paragraph(headline(diagnosis))
    for number, finding in enumerate(diagnosis.findings, start=1):
        if finding.evidence is None:
            lines += finding_line(finding)
        else:
            lines += ["", *finding_lines(number, finding, diagnosis.work_unit)]
    said = list(notes(diagnosis))
    if said:
        lines.append("")
    for text in said:
        lines += paragraph(text, " " * 6, "note  ")
    return joined(lines)


def headline(diagnosis: Diagnosis) -> str:
    """How many findings, of what, and how much of it they hold."""
    found = len(diagnosis.findings)
    what = f"{format_count(found)} finding{'' if found == 1 else 's'} in {diagnosis.name}"
    if not found:
        what = f"No known pattern in {diagnosis.name}"
    costs = diagnosis.per_work
    if costs is None or costs.bytes is None:
        return what
    unit = diagnosis.work_unit
    text = f"{what}, which allocates {format_size(costs.bytes)}/{unit}"
    if diagnosis.floor is not None and diagnosis.floor.value > 0:
        share = diagnosis.floor.value / costs.bytes if costs.bytes else 0.0
        text += (
            f"; {format_size(diagnosis.floor.value)}/{unit} of it ({format_share(share)}) is the"
            " library's own work"
        )
    if diagnosis.gc_share is not None:
        text += f"; collecting takes {format_share(diagnosis.gc_share)} of its CPU time"
    return text


def notes(diagnosis: Diagnosis) -> Iterable[str]:
    """What spoils it, how well the source fits, what the compiler told, what more could be said."""
    yield from _problems(diagnosis)
    yield from _source_notes(diagnosis)
    yield from _escape_notes(diagnosis)
    yield from diagnosis.limits


def _source_notes(diagnosis: Diagnosis) -> Iterable[str]:
    """Where the source does not fit, and what of it could not be read."""
    check = diagnosis.source
    if check is None:
        return
    for each in check.mismatches[:MISMATCHES]:
        yield f"{each.file}: {each.why} ({format_share(each.bytes_share)} of the own code's bytes)"
    if len(check.mismatches) > MISMATCHES:
        yield f"{len(check.mismatches) - MISMATCHES} more files do not fit either"
    for file, why in check.unread:
        yield f"{file} could not be read: {why}"


def _escape_notes(diagnosis: Diagnosis) -> Iterable[str]:
    """How much of the bytes the compiler explains, and what nobody can."""
    known = diagnosis.escape
    if known is None:
        return
    ways = (
        ("on the very line", known.exact),
        ("within two lines", known.near),
        ("by what stands there", known.syntax),
    )
    parts = ", ".join(f"{format_share(share)} {way}" for way, share in ways if share)
    yield (
        f"Why it is on the heap is known of {format_share(known.explained)} of the bytes: {parts};"
        f" {format_share(known.callee)} is made in packages that were not built for it"
    )
    for row in known.rows:
        yield f"{format_share(row.share)} unexplained: {row.where}"


def _problems(diagnosis: Diagnosis) -> Iterable[str]:
    """What spoils the figures of allocation."""
    return (each.what for each in diagnosis.problems if each.scope in (Scope.ALL, Scope.ALLOCATION))
