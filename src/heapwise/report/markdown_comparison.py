"""A comparison as Markdown, fit for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.comparison import Comparison, ComparisonRow, Role, Verdict
from heapwise.report.comparison_words import (
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
)
from heapwise.report.markdown import code, escaped, markdown_table

_HEAD = ("metric", "before", "after", "change", "interval", "p", "verdict")
_PATHS = 10
_SIGNS = {
    Verdict.BETTER: "✅ better",
    Verdict.WORSE: "❌ worse",
    Verdict.INVALID: "⚠️ invalid",
}


def render_markdown(comparison: Comparison) -> str:
    """The sentence, the questions and guards, the call paths; all else folded away."""
    groups = dict(grouped(comparison))
    asked = [*groups.get(Role.PRIMARY, ()), *groups.get(Role.GUARD, ())]
    others = groups.get(Role.OTHER, [])
    sentence = comparison.sentence or path_heading(comparison)
    how = [f"- {escaped(text)}" for text in (*footnotes(comparison), *comparison.how)]
    blocks = [
        [f"**{escaped(sentence)}**"],
        [f"{code(comparison.before)} → {code(comparison.after)}"],
        [f"> {escaped(problem.what)}" for problem in comparison.problems],
        _table(asked, comparison),
        [f"- {escaped(text)}" for text in (*_reasons(asked), *promises(comparison))],
        _paths(comparison),
        _findings("Gone", comparison.gone),
        _findings("New", comparison.new),
        _folded("Other metrics", _table(others, comparison)),
        _folded("How it was measured", how),
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _table(rows: Sequence[ComparisonRow], comparison: Comparison) -> list[str]:
    cells = [
        (
            row.name,
            format_median(row.base, row.before, row.unit, comparison.confidence),
            format_median(row.new, row.after, row.unit, comparison.confidence),
            format_change(row),
            format_interval(row),
            format_p(row.p if row.p_adjusted is None else row.p_adjusted),
            _SIGNS.get(row.verdict, row.verdict.value),
        )
        for row in rows
    ]
    return markdown_table(_HEAD, cells, "<>>>>><") if cells else []


def _reasons(rows: Iterable[ComparisonRow]) -> list[str]:
    return [f"{row.name}: {row.why}" for row in rows if row.why]


def _paths(comparison: Comparison) -> list[str]:
    if not comparison.paths:
        return []
    per = f"/{comparison.work_unit}" if comparison.work_unit else ""
    items = [
        f"- {escaped(format_path_change(path) + per)} {code(' > '.join(path.path))}"
        for path in changed_paths(comparison, _PATHS)
    ]
    return [f"{escaped(path_heading(comparison).capitalize())}", *([""] if items else []), *items]


def _findings(title: str, causes: Iterable[str]) -> list[str]:
    items = [f"- {code(cause)}" for cause in causes]
    return [f"{title} findings", "", *items] if items else []


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"]
