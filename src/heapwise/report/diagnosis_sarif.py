"""A diagnosis as SARIF 2.1.0: every finding whose place in the source is known, beside its line."""

from __future__ import annotations

import msgspec

from heapwise.model.diagnosis import Diagnosis
from heapwise.model.finding import Confidence, Finding
from heapwise.names import visible
from heapwise.report.diagnosis_text import notes
from heapwise.report.sarif import Json, document, result_at
from heapwise.report.text_findings import expected, measured

_LEVELS = {Confidence.HIGH: "warning", Confidence.MEDIUM: "warning", Confidence.LOW: "note"}


def render_diagnosis_sarif(diagnosis: Diagnosis) -> str:
    """The whole document.

    Code hosts show no result without a line: findings without a place in the source, and what
    there is to say of the diagnosis, are notifications.
    """
    placed = [each for each in diagnosis.findings if each.place is not None]
    rules = {each.code: _rule(each) for each in placed}
    others = (
        f"{each.code} at {each.where}: {_message(each, diagnosis.work_unit)}"
        for each in diagnosis.findings
        if each.place is None
    )
    return document(
        [rules[code] for code in sorted(rules)],
        [_result(each, diagnosis.work_unit) for each in placed],
        notifications=[*others, *notes(diagnosis)],
    )


def _rule(finding: Finding) -> Json:
    return {
        "id": finding.code,
        "name": "".join(word.capitalize() for word in finding.rule.split("-")),
        "shortDescription": {"text": finding.rule.replace("-", " ")},
        "help": {"text": f"heapwise explain {finding.code}"},
    }


def _result(finding: Finding, work: str) -> Json:
    assert finding.place is not None  # noqa: S101 - only these are rendered
    level = _LEVELS[finding.confidence] if finding.evidence is not None else "note"
    place = finding.place
    result = result_at(
        finding.code, level, _message(finding, work), place.file, place.line, place.end_line
    )
    return result | {"properties": _properties(finding)}


def _message(finding: Finding, work: str) -> str:
    facts = (*measured(finding, work), *expected(finding, work))
    words = (
        f"{finding.title}.",
        finding.why,
        *(f"{step}." for step in finding.flow),
        finding.remedy or finding.withheld,
        *(f"{label[0].upper()}{label[1:]}: {text}." for label, text in facts if text),
    )
    return " ".join(filter(None, words))


def _properties(finding: Finding) -> Json:
    """The figures as data, named as in the JSON of a diagnosis."""
    names = (
        *("evidence", "gain_bytes_per_work", "gain_allocs_per_work", "cpu_bound"),
        *("shares_gain_with", "confidence", "fixable", "references"),
    )
    told = {name: msgspec.to_builtins(getattr(finding, name)) for name in names}
    if told["evidence"] is not None:
        told["evidence"]["rows"] = [visible(row) for row in told["evidence"]["rows"]]
    return told
