"""The verdict of a whole comparison in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.model.comparison import MOVED, ComparisonRow, Role, Verdict
from heapwise.units import format_share, format_value

_WORDS = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.CHANGED: "changed",
    Verdict.UNDECIDED: "undecided",
    Verdict.INVALID: "invalid",
    Verdict.SAME: "same",
}
"""In the order in which they are told."""

_FACTOR_FROM = 10.0
"""A rise of so many times reads better as a factor than in per cent."""


def sentence(rows: Sequence[ComparisonRow], min_effect: float) -> str:
    """What the primary metrics and the guards say.

    Returns:
        As ``better: 99.6 % less B/req, 34.8 % less allocs/req; undecided: latency p99; same:
        response B/req, errors``. Empty where no row was asked for anything.
    """
    asked = [row for row in rows if row.role is not Role.OTHER]
    parts = []
    for verdict, word in _WORDS.items():
        tell = _move if verdict in MOVED else _name
        texts = [tell(row) for row in asked if row.verdict is verdict]
        parts += [f"{word}: {', '.join(texts)}"] if texts else []
    return "; ".join(filter(None, (_head(asked, min_effect), *parts)))


def _head(asked: Sequence[ComparisonRow], min_effect: float) -> str:
    """A word for the whole, where the first of the parts is none."""
    if {Verdict.BETTER, Verdict.WORSE} <= {row.verdict for row in asked}:
        return "mixed"
    primary = {row.verdict for row in asked if row.role is Role.PRIMARY}
    if primary != {Verdict.SAME}:
        return ""
    return f"no change of {format_share(min_effect)} or more" if min_effect else "no change"


def _name(row: ComparisonRow) -> str:
    return row.name


def _move(row: ComparisonRow) -> str:
    if not row.delta or not row.before or not row.after:
        before, after = (format_value(value, row.unit) for value in (row.before, row.after))
        return f"{row.name} from {before} to {after}"
    if row.after >= _FACTOR_FROM * row.before:
        return f"{row.name} {row.after / row.before:,.0f} times as high"
    return f"{format_share(abs(row.delta))} {'less' if row.delta < 0 else 'more'} {row.name}"
