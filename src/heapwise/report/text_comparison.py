"""Two runs, or several rounds of two sides, as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.comparison import Comparison, ComparisonRow
from heapwise.model.recording import Problem, Scope
from heapwise.report.columns import Notes, joined, paragraph, table
from heapwise.report.comparison_words import (
    TITLES,
    changed_paths,
    footnotes,
    format_change,
    format_interval,
    format_median,
    format_p,
    format_path_change,
    grouped,
    path_heading,
    promises,
    signed_size,
)
from heapwise.report.shorten import shortened
from heapwise.units import format_value

_SHORT = 48
"""Longer reasons stand below the table, once."""

_PATHS = 10
"""Call paths that are printed; JSON has all."""


def render_comparison(comparison: Comparison) -> str:
    """One row a metric: before, after, delta, verdict; text of at most 100 columns."""
    lines = paragraph(f"{comparison.before} -> {comparison.after}")
    if comparison.rounds == (1, 1):
        lines += _problems(comparison) + _single_runs(comparison)
    else:
        lines += ["", *paragraph(comparison.sentence, "  ")] if comparison.sentence else []
        lines += _problems(comparison) + _rounds(comparison) + _paths(comparison)
    lines += _changes("Gone", comparison.gone) + _changes("New", comparison.new)
    return joined(lines)


def _single_runs(comparison: Comparison) -> list[str]:
    notes = Notes()
    head = ("", "before", "after", "delta", "verdict", "")
    rows = [_single(row, notes) for row in comparison.rows]
    return ["", *table([head, *rows], "<>>><<"), *notes.lines()]


def _single(row: ComparisonRow, notes: Notes) -> tuple[str, ...]:
    why = row.why if len(row.why) <= _SHORT else notes.mark(row.why)
    return (
        row.name,
        format_value(row.before, row.unit),
        format_value(row.after, row.unit),
        format_change(row),
        _word(row),
        why,
    )


def _word(row: ComparisonRow) -> str:
    return row.verdict.value.upper() if row.verdict.value == "invalid" else row.verdict.value


def _rounds(comparison: Comparison) -> list[str]:
    notes = Notes()
    rows: list[tuple[str, ...]] = []
    for role, group in grouped(comparison):
        rows += [("",) * 7, (TITLES[role], *("",) * 6)]
        rows += [_round_row(row, comparison.confidence, notes) for row in group]
    head = ("", "before", "after", "delta", "[change]", "p", "verdict")
    lines = ["", *table([head, *rows], "<>>>>><"), "", *notes.lines()] if rows else [""]
    for text in (*footnotes(comparison), *promises(comparison), *comparison.how):
        lines += paragraph(text, "    ", "  * ")
    return lines


def _round_row(row: ComparisonRow, confidence: float, notes: Notes) -> tuple[str, ...]:
    return (
        f"  {row.name}",
        format_median(row.base, row.before, row.unit, confidence),
        format_median(row.new, row.after, row.unit, confidence),
        format_change(row),
        format_interval(row),
        format_p(row.p if row.p_adjusted is None else row.p_adjusted),
        f"{_word(row)} {notes.mark(row.why)}" if row.why else _word(row),
    )


def _paths(comparison: Comparison) -> list[str]:
    if not comparison.paths:
        return []
    per = f"/{comparison.work_unit}" if comparison.work_unit else ""
    rows = [
        (
            f"{format_path_change(path)}{per}",
            f"[{signed_size(path.low)}, {signed_size(path.high)}]",
            f"q {format_p(path.q)}",
            " > ".join(map(shortened, path.path)),
        )
        for path in changed_paths(comparison, _PATHS)
    ]
    return ["", *paragraph(path_heading(comparison)), *(table(rows, ">>><") if rows else [])]


def _problems(comparison: Comparison) -> list[str]:
    return [line for problem in comparison.problems for line in _problem(problem)]


def _problem(problem: Problem) -> list[str]:
    word = "note     " if problem.scope is Scope.NONE else "UNLIKE   "
    return paragraph(problem.what, " " * len(word), word)


def _changes(title: str, findings: Iterable[str]) -> list[str]:
    lines = [line for finding in findings for line in paragraph(finding, "  ")]
    return ["", f"{title} findings", *lines] if lines else []
