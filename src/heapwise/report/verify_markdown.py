"""A verification for a pull request: the verdict, the table, the finding, how it was measured."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.comparison import ComparisonRow, Role
from heapwise.model.verify import Verification
from heapwise.report.markdown import code, escaped, markdown_table
from heapwise.report.notebook_text import files_in_words
from heapwise.report.text_comparison import format_change
from heapwise.report.verify_text import promise
from heapwise.units import format_share, format_value

_HEAD = ("", "base", "new", "delta", "interval", "p", "verdict")


def render_verification_markdown(verification: Verification) -> str:
    """GitHub's Markdown; what is no primary metric and no guard is folded away."""
    comparison, state = verification.comparison, verification.state
    asked = [row for row in comparison.rows if row.role is not Role.OTHER]
    others = [row for row in comparison.rows if row.role is Role.OTHER]
    lines = [f"### {escaped(comparison.sentence)}", ""]
    lines += [f"- {side.name}: {code(side.title)}" for side in state.sides]
    lines += _named("hypothesis", state.hypothesis) + _named("prediction", state.prediction)
    lines += _named("changed", files_in_words(state.changed))
    lines += [f"- **{escaped(problem.what)}**" for problem in verification.warnings]
    lines += [f"- gone: {escaped(finding)}" for finding in comparison.gone]
    lines += [f"- new: {escaped(finding)}" for finding in comparison.new]
    lines += [f"- {escaped(promise(row))}" for row in asked if row.predicted is not None]
    lines += ["", *markdown_table(_HEAD, [_row(row) for row in asked], "<>>><><")]
    if others:
        table = markdown_table(_HEAD, [_row(row) for row in others], "<>>><><")
        lines += _folded("Other figures", table)
    lines += _folded("How it was measured", [f"- {escaped(line)}" for line in comparison.how])
    return "\n".join(lines) + "\n"


def _named(label: str, text: str) -> list[str]:
    return [f"- {label}: {escaped(text)}"] if text else []


def _folded(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def _row(row: ComparisonRow) -> tuple[str, ...]:
    spread = ""
    if row.delta_low is not None and row.delta_high is not None:
        spread = f"{format_share(row.delta_low)} … {format_share(row.delta_high)}"
    p = row.p if row.p_adjusted is None else row.p_adjusted
    return (
        row.name,
        format_value(row.before, row.unit),
        format_value(row.after, row.unit),
        format_change(row),
        spread,
        "" if p is None else f"{p:.2g}",
        "undecided" if row.verdict.value == "~" else row.verdict.value,
    )
