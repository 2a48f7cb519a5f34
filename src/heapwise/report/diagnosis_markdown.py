"""A diagnosis as Markdown, fit for an issue or a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.diagnosis import Diagnosis
from heapwise.model.finding import Finding, Sketch
from heapwise.report.diagnosis_text import escape_notes, headline, source_notes
from heapwise.report.markdown import code, escaped, markdown_table
from heapwise.report.text_findings import gain, located
from heapwise.units import format_share, format_size

_HEAD = ("", "finding", "where", "costs", "expected gain")


def render_diagnosis_markdown(diagnosis: Diagnosis) -> str:
    """A table of the findings, then each with its why, its remedy and its lines."""
    notes = (*source_notes(diagnosis), *escape_notes(diagnosis), *diagnosis.limits)
    blocks: list[list[str]] = [
        [f"**{escaped(headline(diagnosis))}**"],
        _table(diagnosis),
        *(list(_finding(number, each)) for number, each in enumerate(diagnosis.findings, start=1)),
        [f"> {escaped(note)}" for note in notes],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _table(diagnosis: Diagnosis) -> list[str]:
    rows = [
        (
            str(number),
            f"{each.code} {each.title}",
            located(each.where, "", each.module),
            _short_costs(each, diagnosis.work_unit),
            gain(each, diagnosis.work_unit),
        )
        for number, each in enumerate(diagnosis.findings, start=1)
    ]
    return markdown_table(_HEAD, rows, "><<>>") if rows else []


def _short_costs(finding: Finding, work: str) -> str:
    evidence = finding.evidence
    if evidence is None:
        return ""
    size, share = evidence.bytes_per_work, format_share(evidence.bytes_share.value)
    return f"{format_size(size.value)}/{work}, {share}" if size is not None else share


def _finding(number: int, finding: Finding) -> Iterable[str]:
    yield f"### {number}. {finding.code} {escaped(finding.title)}"
    yield ""
    yield escaped(finding.why)
    for step in finding.flow:
        yield f"- {escaped(step)}"
    if finding.remedy:
        yield ""
        yield f"**Instead:** {escaped(finding.remedy)}"
    if finding.sketch is not None:
        yield ""
        yield from _sketch(finding.sketch)
    if finding.evidence is not None and finding.evidence.rows:
        yield ""
        yield f"Call path: {code(finding.evidence.rows[0])}"


def _sketch(sketch: Sketch) -> Iterable[str]:
    """As a diff; a fence longer than any in the lines cannot be ended by them."""
    lines = [f"- {line}" for line in sketch.before.splitlines()]
    lines += [f"+ {line}" for line in sketch.after.splitlines()]
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return [f"{fence}diff", *lines, fence]
