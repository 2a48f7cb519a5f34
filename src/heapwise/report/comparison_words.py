"""A row of a comparison in words that every format uses: changes, intervals, p-values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.comparison import Comparison, ComparisonRow, Estimate, PathChange, Role
from heapwise.units import format_share, format_size, format_value

TIMES = "\N{MULTIPLICATION SIGN}"
FACTOR_FROM = 10.0
"""From here on a factor reads better than per cent: 99.6 % and 99.9 % look alike."""

TITLES = {
    Role.PRIMARY: "questions",
    Role.GUARD: "must not change",
    Role.OTHER: "besides",
}
"""Titles of the groups of rows, in their order."""


def format_change(row: ComparisonRow) -> str:
    """A change as per cent, or as a factor from ten on: ``-35.4 %``, and ``237`` times less."""
    if row.before is None or row.after is None:
        return format_value(None, row.unit)
    if row.before == row.after:
        return "0 %"
    if row.before <= 0 or row.delta is None:
        return "from 0"
    if (factor := _fall(row)) >= FACTOR_FROM:
        return f"{_digits(factor)}{TIMES} less"
    if row.after / row.before >= FACTOR_FROM:
        return f"{_digits(row.after / row.before)}{TIMES} more"
    return f"{_percent(row.delta)} %"


def format_interval(row: ComparisonRow) -> str:
    """The interval of the change in the change's own terms: ``[-36.0, -34.9]``; or nothing."""
    low, high = row.delta_low, row.delta_high
    if low is None or high is None or not row.before:
        return ""
    if _fall(row) >= FACTOR_FROM and low > -1:
        return f"[{_digits(1 / (1 + high))}, {_digits(1 / (1 + low))}]"
    if row.after and row.after / row.before >= FACTOR_FROM:
        return f"[{_digits(1 + low)}, {_digits(1 + high)}]"
    return f"[{_percent(low)}, {_percent(high)}]"


def format_median(estimate: Estimate | None, value: float | None, unit: str, asked: float) -> str:
    """A median and how far its interval goes: ``1.04 MiB ±0.3%``, where there is one.

    Args:
        estimate: None without rounds.
        value: as it is printed then.
        unit: of both.
        asked: the confidence that the interval has to have.
    """
    text = format_value(value, unit)
    if estimate is None or estimate.confidence < asked or not estimate.median:
        return text
    reach = max(estimate.high - estimate.median, estimate.median - estimate.low)
    percent = 100 * reach / abs(estimate.median)
    digits = 0 if percent >= 9.95 or not percent else 1 if percent >= 0.095 else 2
    return f"{text} ±{percent:.{digits}f}%"


def format_p(p: float | None) -> str:
    """A p-value to three digits: ``0.0108``."""
    if p is None:
        return ""
    return "<0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def grouped(comparison: Comparison) -> list[tuple[Role, list[ComparisonRow]]]:
    """The rows by role; roles without rows are left out."""
    groups = [(role, [row for row in comparison.rows if row.role is role]) for role in TITLES]
    return [(role, rows) for role, rows in groups if rows]


def footnotes(comparison: Comparison) -> list[str]:
    """How the figures came about, a sentence each; nothing for single runs."""
    tested = [row for row in comparison.rows if row.p is not None]
    if not tested:
        return []
    family = sum(row.p_adjusted is not None for row in tested)
    smallest = min(row.p_attainable or 1.0 for row in tested)
    lines = [
        _levels(comparison, tested),
        f"p: Mann-Whitney, two-sided; so many rounds have none below {format_p(smallest)}",
    ]
    if family:
        lines.append(
            f"p of the {family} questions is corrected together (Holm): no false alarm among them"
            f" in {format_share(1 - comparison.alpha)} of comparisons; the other p are as they are"
        )
    lines.append(
        f"better, worse: p ≤ {comparison.alpha:g} and a change of at least"
        f" {format_share(comparison.min_effect)}; same: all of [change] is below that"
    )
    return lines


def _levels(comparison: Comparison, tested: Iterable[ComparisonRow]) -> str:
    """What is shown, with the confidence that it really has."""
    changes = [row.delta_confidence for row in tested if row.delta_confidence is not None]
    sides = [side for row in tested for side in (row.base, row.new) if side is not None]
    reached = [side.confidence for side in sides if side.confidence >= comparison.confidence]
    text = f"medians of {comparison.rounds[0]} and {comparison.rounds[1]} rounds"
    text += f", ± with {format_share(min(reached))} confidence" if reached else ""
    return text + (f", [change] with {format_share(min(changes))}" if changes else "")


def promises(comparison: Comparison) -> list[str]:
    """What findings had promised beside what was measured."""
    return [
        f"{row.name}: predicted {_percent(row.predicted)} %, measured {_percent(row.delta)} %"
        for row in comparison.rows
        if row.predicted is not None and row.delta is not None
    ]


def path_heading(comparison: Comparison) -> str:
    """How many paths were compared and how many changed."""
    changed = sum(path.changed for path in comparison.paths)
    return (
        f"{changed or 'none'} of the {len(comparison.paths)} heaviest call paths changed"
        f" (of those named, at most {format_share(comparison.alpha)} are expected to be wrong)"
    )


def changed_paths(comparison: Comparison, most: int) -> Sequence[PathChange]:
    """Those that changed, the largest change first."""
    return [path for path in comparison.paths if path.changed][:most]


def format_path_change(path: PathChange) -> str:
    """The change of a path in bytes, with its sign."""
    return signed_size(path.after - path.before)


def signed_size(size: float) -> str:
    """Bytes with a sign: ``-1.03 MiB``."""
    return f"{'-' if size < 0 else '+'}{format_size(abs(size))}"


def _fall(row: ComparisonRow) -> float:
    """How many times less it is; 0 where it did not fall."""
    if row.before is None or not row.after or row.after <= 0 or row.after >= row.before:
        return 0.0
    return row.before / row.after


def _percent(change: float) -> str:
    """With a sign, which is a plus where the digits are zeros."""
    text = f"{change * 100:+.1f}"
    return "+0.0" if text == "-0.0" else text


def _digits(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 99.95 else f"{factor:.1f}"
