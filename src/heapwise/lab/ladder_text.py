"""The ladder and the article's table as text: a line a rung, a line a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.lab import ArticleLine, Rung, VariantResult
from heapwise.model.metrics import CATALOGUE
from heapwise.names import visible
from heapwise.report.columns import table
from heapwise.units import format_value

_CELL = 17
_HEADS = ("rate", "B/{work}", "allocs/{work}", "GC CPU", "RSS")

_SAME = 0.005
"""Relative change that is not worth a factor."""


def ladder_head(names: Iterable[str], work: str) -> str:
    """The line above the rungs.

    Args:
        names: of all variants that will come, for the width of the first column.
        work: the unit of work.
    """
    cells = [head.replace("{work}", work).rjust(_CELL) for head in _HEADS]
    return visible(" " * _width(names) + "".join(cells).rstrip())


def ladder_line(result: VariantResult, names: Iterable[str]) -> str:
    """A rung: every figure, and its factor against the last rung."""
    cells = "".join(_cell(rung).rjust(_CELL) for rung in result.rungs)
    failed = sum(not check.passed for check in result.checks)
    told = f"  {failed} FAILED" if failed else ""
    return visible((result.name.ljust(_width(names)) + cells).rstrip() + told)


def ladder(results: Sequence[VariantResult]) -> list[str]:
    """All rungs under their heads; nothing for less than two."""
    if len(results) < 2:
        return []
    names = [result.name for result in results]
    head = ladder_head(names, results[0].report.work_unit)
    lines = [head, *(ladder_line(result, names) for result in results)]
    return [
        "Ladder, each against the one above it; controls against what they change",
        *(f"  {line}" for line in lines),
    ]


def article_table(lines: Sequence[ArticleLine]) -> list[str]:
    """The article's figures and ours, row by row; nothing where it has no table."""
    if not lines:
        return []
    head = ("", "article before", "after", "here before", "after", "change", "verdict")
    return ["The article's table", *table([head, *map(article_row, lines)], "<>>>>><")]


def article_row(line: ArticleLine) -> tuple[str, ...]:
    """A row of it: what it says, the article's figures, ours, their change and the verdict."""
    ours = (text or "–" for text in line.ours)
    return (line.row, *line.article, *ours, change(line), line.verdict or "")


def _width(names: Iterable[str]) -> int:
    return max(map(len, names), default=0)


def _cell(rung: Rung) -> str:
    metric = CATALOGUE.get(rung.metric)
    text = format_value(rung.value, metric.unit if metric is not None else "count")
    return f"{text} {factor(rung.factor):>6}"


def factor(value: float | None) -> str:
    """How many times more or less: ``×1.33``, ``÷237``; ``=`` for the same, nothing for unknown."""
    if value is None:
        return ""
    if value == 0:
        return "→ 0"
    if abs(value - 1) < _SAME:
        return "="
    return f"×{_digits(value)}" if value > 1 else f"÷{_digits(1 / value)}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def change(line: ArticleLine) -> str:
    """Of ours, as a factor; nothing where it is not known."""
    return factor(1 + line.delta) if line.delta is not None else ""
