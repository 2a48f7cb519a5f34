"""Findings over several rounds: which went, which came, and what those that went had promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from heapwise.analysis.compare import diagnosed
from heapwise.model.finding import Finding
from heapwise.model.report import RunReport


def gone_and_new(
    bases: Sequence[RunReport], news: Sequence[RunReport]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Causes that only one side has, in at least half of the rounds that could be diagnosed.

    Nothing is gone or new where the other side has no such round.
    """
    before, after = _causes(bases), _causes(news)
    if before is None or after is None:
        return (), ()
    return (
        tuple(cause for cause in before if cause not in after),
        tuple(cause for cause in after if cause not in before),
    )


def predicted(bases: Sequence[RunReport], gone: Sequence[str]) -> dict[str, float]:
    """The relative change that the findings that went had promised, by metric: -0.97.

    Median of the rounds that had any of them. What two findings say of one call path counts once.
    """
    changes: dict[str, list[float]] = {"bytes/work": [], "allocs/work": []}
    for report in bases:
        per_work = report.per_work
        fixed = _apart([finding for finding in report.findings if finding.cause in gone])
        if per_work is None or not fixed:
            continue
        for metric, total, gains in (
            ("bytes/work", per_work.bytes, [each.gain_bytes_per_work for each in fixed]),
            ("allocs/work", per_work.allocs, [each.gain_allocs_per_work for each in fixed]),
        ):
            known = [gain for gain in gains if gain is not None]
            if total and known:
                changes[metric].append(max(-1.0, -sum(known) / total))
    return {metric: median(found) for metric, found in changes.items() if found}


def _apart(findings: Sequence[Finding]) -> list[Finding]:
    """Those that have no call path in common with one before them."""
    seen: set[str] = set()
    apart = []
    for finding in findings:
        rows = finding.evidence.rows if finding.evidence is not None else ()
        if seen.isdisjoint(rows):
            apart.append(finding)
            seen.update(rows)
    return apart


def _causes(reports: Sequence[RunReport]) -> Mapping[str, int] | None:
    """Causes found in at least half of the diagnosed rounds; None where none was diagnosed."""
    rounds = [_distinct(report.findings) for report in reports if diagnosed(report)]
    if not rounds:
        return None
    found = Counter(cause for causes in rounds for cause in causes)
    return {cause: count for cause, count in found.items() if 2 * count >= len(rounds)}


def _distinct(findings: Sequence[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.cause for finding in findings))
