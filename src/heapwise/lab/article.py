"""The article's table, and beside it what was measured here."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.bench import Trial
from heapwise.lab.spec import ArticleRow, Lab
from heapwise.model.comparison import Comparison, Verdict
from heapwise.model.lab import ArticleLine
from heapwise.model.metrics import CATALOGUE
from heapwise.units import format_count, format_value

EXIT = "exit"
"""Stands for how a variant ended, where a metric is named."""


def article_lines(
    lab: Lab, before: Trial, after: Trial, comparison: Comparison
) -> Iterator[ArticleLine]:
    """The rows of the table.

    Args:
        lab: has the article's figures.
        before: as it ran.
        after: the same.
        comparison: of the two.
    """
    for row in lab.table:
        if row.metric in CATALOGUE:
            yield _of_metric(row, before, after, comparison)
        elif row.metric == EXIT:
            verdict = Verdict.SAME if before.ended == after.ended else Verdict.CHANGED
            yield _line(row, (before.ended.value, after.ended.value), None, verdict)
        else:
            yield _of_figure(row, before, after)


def _of_metric(row: ArticleRow, before: Trial, after: Trial, comparison: Comparison) -> ArticleLine:
    metric = CATALOGUE[row.metric]
    found = next((each for each in comparison.rows if each.metric == row.metric), None)
    values = (found.before, found.after) if found is not None else (None, None)
    texts = [format_value(value, metric.unit) if value is not None else "" for value in values]
    if before.scale != after.scale:
        texts = [
            f"{text} ({format_count(trial.scale)})" if text else ""
            for text, trial in zip(texts, (before, after), strict=True)
        ]
        if not (row.metric.endswith("/work") or metric.unit in {"/s", "share"}):
            found = None  # twice the work takes twice as long, which is no finding
    ours = (texts[0], texts[1])
    if found is None:
        return _line(row, ours, None, None)
    return _line(row, ours, found.delta, found.verdict)


def _of_figure(row: ArticleRow, before: Trial, after: Trial) -> ArticleLine:
    """A figure that the jobs told at their end."""
    was, now = _told(before, row.metric), _told(after, row.metric)
    texts = [format_count(value) if value is not None else "" for value in (was, now)]
    ours = (texts[0], texts[1])
    if was is None or now is None:
        return _line(row, ours, None, None)
    verdict = Verdict.SAME if was == now else Verdict.CHANGED
    return _line(row, ours, now / was - 1 if was else None, verdict)


def _line(
    row: ArticleRow, ours: tuple[str, str], delta: float | None, verdict: Verdict | None
) -> ArticleLine:
    return ArticleLine(row=row.row, article=row.article, ours=ours, delta=delta, verdict=verdict)


def _told(trial: Trial, name: str) -> float | None:
    value = trial.seen.guard.get(name, (trial.seen.result or {}).get(name))
    return float(value) if isinstance(value, int | float) else None
