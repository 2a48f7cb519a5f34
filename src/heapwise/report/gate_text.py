"""A gate's answer as plain text and as a table fit for a pull request."""

from __future__ import annotations

from heapwise.model.gate import GateCheck, GateResult, Outcome
from heapwise.report.columns import joined, paragraph, table
from heapwise.report.markdown import escaped, markdown_table
from heapwise.units import format_value, how_many

WORDS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.UNDECIDED: "~"}


def sentence(result: GateResult) -> str:
    """The answer in one sentence."""
    count = {outcome: _count(result, outcome) for outcome in Outcome}
    parts = [f"{number} {outcome.value}" for outcome, number in count.items() if number]
    strict = ", and undecided counts as failed" if result.strict else ""
    return f"gate {result.outcome.value}: {', '.join(parts)} of {len(result.checks)}{strict}"


def render_gate(result: GateResult) -> str:
    """One row a budget, failed ones first; text of at most 100 columns."""
    rows = [
        (WORDS[check.outcome], check.budget, *_figures(check), check.why) for check in result.checks
    ]
    lines = paragraph(_sides(result))
    lines += ["", *table([("", "budget", "base", "new", ""), *rows], "<<>><")]
    lines += ["", sentence(result)]
    for note in result.notes:
        lines += paragraph(note, "          ", "note      ")
    return joined(lines)


def render_gate_markdown(result: GateResult) -> str:
    """The same for a pull request or a job's summary."""
    marks = {Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.UNDECIDED: "❔"}
    rows = [
        (marks[check.outcome], check.budget, *_figures(check), check.why) for check in result.checks
    ]
    lines = [f"### heapwise: {sentence(result)}", "", escaped(_sides(result)), ""]
    lines += markdown_table(("", "budget", "base", "new", ""), rows, "<<>><")
    lines += [f"\n{escaped(note)}" for note in result.notes]
    return "\n".join(lines) + "\n"


def _figures(check: GateCheck) -> tuple[str, str]:
    return format_value(check.base, check.unit), format_value(check.value, check.unit)


def _count(result: GateResult, outcome: Outcome) -> int:
    return sum(check.outcome is outcome for check in result.checks)


def _sides(result: GateResult) -> str:
    first, second = result.rounds
    if not result.base:
        return f"{result.new} ({how_many(second, 'round')})"
    base, new = how_many(first, "round"), how_many(second, "round")
    return f"{result.base} ({base}) -> {result.new} ({new})"
