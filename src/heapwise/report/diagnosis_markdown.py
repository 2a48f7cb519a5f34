"""A diagnosis as Markdown, fit for an issue or a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.diagnosis import Diagnosis
from heapwise.model.finding import Finding, Sketch
from heapwise.report.diagnosis_text import headline, notes
from heapwise.report.markdown import code, escaped, markdown_table
from heapwise.report.text_findings import (
    expected,
    gain,
    in_source,
    located,
    measured,
    overlap,
    sketch_diff,
)
from heapwise.units import format_share, format_size

_HEAD = ("", "finding", "where", "costs", "expected gain")


def render_diagnosis_markdown(diagnosis: Diagnosis) -> str:
    """A table of the findings, then each with its why, its remedy and its lines."""
    blocks: list[list[str]] = [
        [f"**{escaped(headline(diagnosis))}**"],
        _table(diagnosis),
        *(
            list(_finding(number, each, diagnosis.work_unit))
            for number, each in enumerate(diagnosis.findings, start=1)
        ),
        *([f"> {escaped(note)}"] for note in notes(diagnosis)),
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _table(diagnosis: Diagnosis) -> list[str]:
    rows = [
        (
            str(number),
            f"{each.code} {each.title}",
            located(each.where, "", each.module),
            _short_costs(each, diagnosis.work_unit),
            "; ".join(filter(None, (gain(each, diagnosis.work_unit), overlap(each)))),
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


def _finding(number: int, finding: Finding, work: str) -> Iterable[str]:
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
    facts = [
        ("where", located(finding.where, "", finding.module)),
        ("in source", in_source(finding)),
        *measured(finding, work),
        *expected(finding, work),
        ("remedy", finding.withheld),
        ("confidence", finding.confidence.value),
    ]
    yield ""
    yield from (f"- {label}: {escaped(text)}" for label, text in facts if text)
    rows = finding.evidence.rows if finding.evidence is not None else ()
    yield from (f"- call path: {code(row)}" for row in rows)
    yield from (f"- see {escaped(reference)}" for reference in finding.references)


def _sketch(sketch: Sketch) -> Iterable[str]:
    """As a diff; a fence longer than any in the lines cannot be ended by them."""
    lines = sketch_diff(sketch)
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return [f"{fence}diff", *lines, fence]
