"""What a comparison says in a word, and how p-values are corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from heapwise.analysis.stats.mann_whitney import smallest_p
from heapwise.analysis.stats.multiple import benjamini_hochberg, holm
from heapwise.model.bench import Better, Cell, Row, Table, Versus
from heapwise.model.comparison import Verdict

Correction = Literal["none", "holm", "bh"]


def relative_change(versus: Versus, before: float, after: float) -> Versus:
    """A comparison with the relative change of the centres; none where 0 became something."""
    delta = 0.0 if before == after else after / before - 1.0 if before else None
    return replace(versus, delta=delta)


def judge(
    tables: Sequence[Table], *, min_effect: float = 0.0, correction: Correction = "none"
) -> tuple[Table, ...]:
    """The tables with a verdict in every comparison.

    Args:
        tables: as `build_tables` returns them.
        min_effect: relative changes below it are *same*.
        correction: of the p-values over all comparisons of all tables, which the verdicts then
            go by. Exact units have no p-value and cost nothing.
    """
    tested = [versus.p for versus in comparisons(tables) if versus.alpha]
    match correction:
        case "holm":
            corrected = iter(holm(tested))
        case "bh":
            corrected = iter(benjamini_hochberg(tested))
        case "none":
            corrected = iter(())
    # Under Holm even the smallest p-value is multiplied by their number.
    family = len(tested) if correction == "holm" else 1

    def judged(cell: Cell | None, base: Cell | None, better: Better) -> Cell | None:
        if cell is None or cell.versus is None or base is None:
            return cell
        versus = cell.versus
        if versus.alpha:
            versus = replace(
                versus,
                p_adjusted=next(corrected, None),
                p_attainable=min(1.0, family * smallest_p(versus.n_base, versus.n)),
            )
        rises = cell.summary.center > base.summary.center
        verdict = _verdict(versus, better, rises=rises, min_effect=min_effect)
        return replace(cell, versus=replace(versus, verdict=verdict))

    return tuple(
        replace(table, rows=tuple(
            Row(row.name, tuple(judged(cell, row.cells[0], table.better) for cell in row.cells))
            for row in table.rows
        ))
        for table in tables
    )  # fmt: skip


def comparisons(tables: Sequence[Table]) -> list[Versus]:
    """All comparisons, table by table and row by row."""
    return [
        cell.versus
        for table in tables
        for row in table.rows
        for cell in row.cells
        if cell is not None and cell.versus is not None
    ]


def _verdict(versus: Versus, better: Better, *, rises: bool, min_effect: float) -> Verdict:
    p = versus.p if versus.p_adjusted is None else versus.p_adjusted
    if versus.too_few:
        return Verdict.UNDECIDED
    if p > versus.alpha:
        equal = "all samples are equal" in versus.warnings
        return Verdict.SAME if equal else Verdict.UNDECIDED
    if versus.delta == 0 or (versus.delta is not None and abs(versus.delta) < min_effect):
        return Verdict.SAME
    if not better:
        return Verdict.CHANGED
    return Verdict.BETTER if rises == (better == "higher") else Verdict.WORSE
