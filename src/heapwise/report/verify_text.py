"""A verification as plain text: the sides, the table, what was made again, the verdict."""

from __future__ import annotations

from heapwise.model.comparison import Comparison, ComparisonRow, Verdict
from heapwise.model.recording import Problem, Scope
from heapwise.model.verify import ABLATED, Attempt, Verification, VerifyState
from heapwise.report.columns import joined, labelled, paragraph, table
from heapwise.report.comparison_words import format_change
from heapwise.report.text_comparison import render_comparison
from heapwise.units import format_value

_HEAVIEST = ("bytes/work", "allocs/work", "gc.cpu_share", "cpu/work")
"""What the bound of an ablation is told of."""


def render_verification(verification: Verification) -> str:
    """Everything a verification tells, the verdict last; text of at most 100 columns."""
    state = verification.state
    lines = [*paragraph(verification.name), *_about(verification)]
    lines += [line for problem in verification.warnings for line in _warning(problem)]
    lines += ["", *render_comparison(verification.comparison).splitlines()]
    if verification.ablation is not None:
        lines += _ablation(verification.ablation, state)
    lines += _foretold(verification.comparison)
    if left := what_is_left(verification):
        lines += ["", *(line for text in left for line in paragraph(text, "  "))]
    lines += _attempts(state)
    return joined(lines)


def what_is_left(verification: Verification) -> list[str]:
    """What the rules still find on the new side; nothing where no round could be diagnosed."""
    if verification.left is None:
        return []
    found = [f"left: {each.code} {each.title}, {each.where}" for each in verification.left]
    return found or ["floor reached: no rule finds anything more to mend on the new side"]


def _about(verification: Verification) -> list[str]:
    state = verification.state
    sides = [(side.name, side.title) for side in state.sides]
    asked = [("hypothesis", state.hypothesis), ("prediction", state.prediction)]
    return labelled([*sides, *asked])


def _warning(problem: Problem) -> list[str]:
    word = "WARNING  " if problem.what.startswith("two changes") else "note     "
    lines = paragraph(problem.what, " " * len(word), word)
    if problem.remedy:
        lines += paragraph(f"-> {problem.remedy}", " " * len(word))
    return lines


def _ablation(ablation: Comparison, state: VerifyState) -> list[str]:
    (side,) = (side for side in state.sides if side.name == ABLATED)
    rows = [
        (row.name, format_value(row.before, row.unit), format_value(row.after, row.unit),
         format_change(row), "")
        for row in ablation.rows
        if row.metric in _HEAVIEST and row.after is not None
    ]  # fmt: skip
    title = paragraph(f"Without it entirely ({side.title}): no change of it can gain more")
    head = ("", "base", "without", "delta", "")
    return ["", *title, *table([head, *rows], "<>>><")] if rows else []


def _foretold(comparison: Comparison) -> list[str]:
    """What was promised and did not come."""
    rows = [row for row in comparison.rows if row.predicted is not None]
    lines = [line for row in rows if _refuted(row) for line in paragraph(_promise(row), "  ")]
    return ["", "Not better where it was promised", *lines] if lines else []


def _promise(row: ComparisonRow) -> str:
    """What was foretold of a metric, and what came."""
    low, high = row.delta_low, row.delta_high
    spread = ""
    if low is not None and high is not None:
        spread = f", between {_signed(low)} and {_signed(high)}"
    word = "undecided" if row.verdict is Verdict.UNDECIDED else row.verdict.value
    foretold, measured = _signed(row.predicted), _signed(row.delta)
    return f"{row.name}: {foretold} was foretold, {measured} measured{spread}: {word}"


def _signed(change: float | None) -> str:
    return "–" if change is None else f"{change * 100:+.1f} %"


def _refuted(row: ComparisonRow) -> bool:
    """True where less was promised to be needed, and even the interval's better end is not."""
    if row.predicted is None or row.predicted >= 0:
        return False
    if row.verdict is Verdict.UNDECIDED:
        return row.delta_low is not None and row.delta_low > row.predicted
    return row.verdict in (Verdict.SAME, Verdict.WORSE)


def _attempts(state: VerifyState) -> list[str]:
    """Runs that were spoiled, and what became of them."""
    spoiled = [attempt for attempt in state.attempts if attempt.spoiled]
    if not spoiled:
        return []
    last = {(each.round, each.side): each.number for each in state.attempts if not each.interrupted}
    rows = [
        (f"round {each.round}", each.side, _fate(each, last[each.round, each.side]),
         "; ".join(each.spoiled))
        for each in spoiled
    ]  # fmt: skip
    return ["", "Spoiled runs", *table(rows, "<<<<")]


def _fate(attempt: Attempt, last: int) -> str:
    if attempt.number < last:
        return "made again"
    return "latency left out" if attempt.scope is Scope.LATENCY else "kept in part"
