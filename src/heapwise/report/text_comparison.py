"""Two runs side by side as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.comparison import Comparison, ComparisonRow
from heapwise.model.recording import Problem, Scope
from heapwise.report.columns import Notes, joined, paragraph, table
from heapwise.units import format_value

TIMES = "\N{MULTIPLICATION SIGN}"
FACTOR_FROM = 10.0
"""From here on a factor reads better than per cent: 99.6 % and 99.9 % look alike."""

_SHORT = 48
"""Longer reasons stand below the table, once."""


def render_comparison(comparison: Comparison) -> str:
    """One row a metric: before, after, delta, verdict; text of at most 100 columns."""
    notes = Notes()
    head = ("", "before", "after", "delta", "verdict", "")
    rows = [_row(row, notes) for row in comparison.rows]
    lines = paragraph(f"{comparison.before} -> {comparison.after}")
    lines += [line for problem in comparison.problems for line in _problem(problem)]
    lines += ["", *table([head, *rows], "<>>><<"), *notes.lines()]
    lines += _changes("Gone", comparison.gone) + _changes("New", comparison.new)
    return joined(lines)


def format_change(row: ComparisonRow) -> str:
    """A change as per cent, or as a factor from ten on: ``-35.4 %``, and ``237`` times less."""
    if row.before is None or row.after is None:
        return format_value(None, row.unit)
    if row.before == row.after:
        return "0 %"
    if row.before <= 0 or row.delta is None:
        return "from 0"
    factor = max(row.before, row.after) / row.after if row.after > 0 else 0.0
    if factor >= FACTOR_FROM:
        return f"{_digits(factor)}{TIMES} less"
    if row.after / row.before >= FACTOR_FROM:
        return f"{_digits(row.after / row.before)}{TIMES} more"
    return f"{row.delta * 100:+.1f} %"


def _digits(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 99.95 else f"{factor:.1f}"


def _row(row: ComparisonRow, notes: Notes) -> tuple[str, ...]:
    why = row.why if len(row.why) <= _SHORT else notes.mark(row.why)
    verdict = row.verdict.value.upper() if row.verdict.value == "invalid" else row.verdict.value
    return (
        row.name,
        format_value(row.before, row.unit),
        format_value(row.after, row.unit),
        format_change(row),
        verdict,
        why,
    )


def _problem(problem: Problem) -> list[str]:
    word = "note     " if problem.scope is Scope.NONE else "UNLIKE   "
    return paragraph(problem.what, " " * len(word), word)


def _changes(title: str, findings: Iterable[str]) -> list[str]:
    lines = [line for finding in findings for line in paragraph(finding, "  ")]
    return ["", f"{title} findings", *lines] if lines else []
