"""A lab and its result as text."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.checks import wording
from heapwise.lab.library import Case
from heapwise.lab.spec import Variant
from heapwise.model.finding import Evidence, Finding
from heapwise.model.lab import LabResult, VariantResult
from heapwise.report.columns import joined, labelled, paragraph, table
from heapwise.report.text_comparison import render_comparison
from heapwise.units import format_share, format_size

_INDENT = " " * 5


def render_case(case: Case) -> str:
    """What a lab is, sends, builds and expects."""
    lab, load, check = case.lab, case.lab.load, case.lab.check
    facts = labelled(
        [
            ("reproduces", ", ".join(lab.article)),
            ("sends", load.target),
            ("run", f"{load.rate}/s for {load.duration}"),
            ("check", f"{check.rate}/s for {check.duration}"),
            ("oracle", lab.oracle),
            ("guard", lab.guard),
            ("sources", str(case.directory)),
        ]
    )
    lines = [f"{case.name}: {lab.title}", "", *paragraph(lab.shows), "", *facts]
    for name in lab.ladder:
        lines += ["", f"{name}: {lab.variants[name].title}", *_expected(lab.variants[name])]
    return joined(lines)


def _expected(variant: Variant) -> list[str]:
    expect = variant.expect
    rows = [(metric, wording(expected)) for metric, expected in expect.metrics.items()]
    if expect.findings is not None:
        rows.insert(0, ("findings", ", ".join(expect.findings) or "none of those of before"))
    if not expect.guard:
        rows.append(("guard", "must fail"))
    return labelled(rows)


def render_lab(result: LabResult) -> str:
    """A result: findings and comparison of each variant, then every check."""
    run = paragraph(f"{result.load}, {result.toolchain}")
    blocks = [joined([f"{result.lab}: {result.title}", *run])]
    for variant in result.variants:
        blocks.append(joined([f"{variant.name}: {variant.title}", *_findings(variant)]))
        if variant.comparison is not None:
            blocks.append(render_comparison(variant.comparison).rstrip("\n") + "\n")
    blocks.append(joined(["Checks", *_checks(result)]))
    return "\n".join(blocks)


def _findings(variant: VariantResult) -> Iterator[str]:
    findings = variant.report.findings
    if not findings:
        yield "  no findings"
    for number, finding in enumerate(findings, start=1):
        yield from _finding(number, finding, variant.report.work_unit)


def _finding(number: int, finding: Finding, work: str) -> Iterator[str]:
    """What, how much, where and what to do; the whole story is in the report."""
    yield from paragraph(f"{finding.code} {finding.title}", _INDENT, f"{number:>3}. ")
    costs = _costs(finding.evidence, work) if finding.evidence is not None else ""
    yield from labelled(
        [("costs", costs), ("where", finding.where), ("remedy", finding.remedy)], _INDENT
    )


def _costs(evidence: Evidence, work: str) -> str:
    share = evidence.bytes_share
    interval = f"{format_share(share.low)} to {format_share(share.high)}"
    costs = f"{format_share(share.value)} of alloc_space ({interval})"
    if evidence.bytes_per_work is None:
        return costs
    return f"{format_size(evidence.bytes_per_work.value)}/{work}, {costs}"


def _checks(result: LabResult) -> list[str]:
    return table(
        [
            ("ok" if check.passed else "FAIL", variant.name, f"{check.name}: {check.detail}")
            for variant in result.variants
            for check in variant.checks
        ],
        "<<<",
    )
