"""A diagnosis as SARIF 2.1.0: every finding whose place in the source is known, beside its line."""

from __future__ import annotations

from heapwise.model.diagnosis import Diagnosis
from heapwise.model.finding import Confidence, Finding
from heapwise.report.sarif import Json, document, result_at
from heapwise.report.text_findings import costs

_LEVELS = {Confidence.HIGH: "warning", Confidence.MEDIUM: "warning", Confidence.LOW: "note"}


def render_diagnosis_sarif(diagnosis: Diagnosis) -> str:
    """The whole document; findings without a place in the source have none in SARIF either."""
    placed = [each for each in diagnosis.findings if each.place is not None]
    rules = {each.code: _rule(each) for each in placed}
    return document(
        [rules[code] for code in sorted(rules)],
        [_result(each, diagnosis.work_unit) for each in placed],
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
    cost = [f"It costs {costs(finding.evidence, work)}."] if finding.evidence is not None else []
    message = " ".join([f"{finding.title}.", *cost, finding.why, finding.remedy]).strip()
    level = _LEVELS[finding.confidence] if finding.evidence is not None else "note"
    place = finding.place
    return result_at(finding.code, level, message, place.file, place.line, place.end_line)
