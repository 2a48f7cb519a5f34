"""A lab and its result as text."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.checks import span, wording
from heapwise.lab.components.base import providers
from heapwise.lab.ladder_text import article_table, ladder
from heapwise.lab.library import Case
from heapwise.lab.spec import Exit, JobLab, Lab, ServiceLab, Variant
from heapwise.model.finding import Evidence, Finding
from heapwise.model.lab import LabResult, VariantResult
from heapwise.report.columns import joined, labelled, paragraph, table
from heapwise.report.text_comparison import render_comparison
from heapwise.units import format_share, format_size, how_many

_INDENT = " " * 5


def render_case(case: Case) -> str:
    """What a lab is, sends, builds and expects."""
    lab = case.lab
    work = _sent(lab) if isinstance(lab, ServiceLab) else _done(lab)
    facts = labelled(
        [
            ("reproduces", ", ".join(lab.article)),
            *work,
            ("beside it", "; ".join(_components(lab))),
            ("oracle", lab.oracle),
            ("guard", ", ".join([lab.guard, *_limits(lab)])),
            ("sources", str(case.directory)),
        ]
    )
    lines = [f"{case.name}: {lab.title}", "", *paragraph(lab.shows), "", *facts]
    for name in lab.ladder:
        lines += ["", f"{name}: {lab.variants[name].title}", *_expected(lab.variants[name])]
    return joined(lines)


def _sent(lab: ServiceLab) -> list[tuple[str, str]]:
    load, check = lab.load, lab.check
    return [
        ("sends", load.target),
        ("run", f"{load.rate}/s for {load.duration}"),
        ("check", f"{check.rate}/s for {check.duration}"),
    ]


def _done(lab: JobLab) -> list[tuple[str, str]]:
    job = lab.job
    return [
        ("run", how_many(job.input.scale, job.unit)),
        ("check", how_many(lab.check.scale, job.unit)),
        ("memory", f"limited to {job.limit}" if job.limit else ""),
    ]


def _components(lab: Lab) -> Iterator[str]:
    """What runs beside the program, and what is missing for it here."""
    for name, component in lab.parts.items():
        if component.script:
            yield f"{name} ({component.script})"
            continue
        missing = [provider.missing() for provider in providers(name)]
        yield name if "" in missing else f"{name} (cannot be started here: {'; '.join(missing)})"


def _limits(lab: Lab) -> Iterator[str]:
    for name, limits in lab.guards.items():
        yield f"{name} {span(limits)}"


def _expected(variant: Variant) -> list[str]:
    expect = variant.expect
    rows = [(metric, wording(expected)) for metric, expected in expect.metrics.items()]
    if expect.findings is not None:
        rows.insert(0, ("findings", ", ".join(expect.findings) or "none of those of before"))
    if expect.fixes:
        rows.append(("fixes", f"{expect.fixes}, and gains what that promised"))
    if not expect.guard:
        rows.append(("guard", "must fail"))
    if expect.exit is not Exit.OK:
        rows.append(("ends", expect.exit.value))
    return labelled(rows)


def render_lab(result: LabResult) -> str:
    """A result: findings and comparison of each variant, every check, the ladder, the table."""
    run = paragraph(f"{result.load}, {result.toolchain}")
    beside = [line for component in result.components for line in paragraph(component)]
    blocks = [joined([f"{result.lab}: {result.title}", *run, *beside])]
    for variant in result.variants:
        blocks.append(joined([f"{variant.name}: {variant.title}", *_findings(variant)]))
        if variant.comparison is not None:
            blocks.append(render_comparison(variant.comparison).rstrip("\n") + "\n")
    blocks.append(joined(["Checks", *_checks(result)]))
    endings = (ladder(result.variants), article_table(result.table))
    blocks += [joined(lines) for lines in endings if lines]
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
        [("costs", costs), ("where", _where(finding)), ("remedy", finding.remedy)], _INDENT
    )


def _where(finding: Finding) -> str:
    """The function, and its place in the lab's sources rather than in the cache."""
    place = finding.place
    if place is None:
        return finding.where
    return f"{finding.where.partition(' (')[0]} ({place.file}:{place.line})"


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
