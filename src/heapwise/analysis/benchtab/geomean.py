"""The last row of a table: the geometric mean of a column, and of its ratios to the first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from heapwise.model.bench import Cell, Row, Total

_UNLIKE = "benchmark set differs from baseline; geomeans may not be comparable"
_NO_CENTER = "summaries must be >0 to compute geomean"
_NO_RATIO = "ratios must be >0 to compute geomean"


def totals(rows: Sequence[Row], columns: int) -> tuple[Total, ...]:
    """One a column; the first has no ratio."""
    return tuple(_total(rows, column) for column in range(columns))


def geomean(values: Iterable[float]) -> float | None:
    """The geometric mean; None without values, or where one is not above 0."""
    logarithms = 0.0
    count = 0
    for count, value in enumerate(values, 1):
        if not value > 0:
            return None
        logarithms += (math.log(value) - logarithms) / count
    return math.exp(logarithms) if count else None


def _total(rows: Sequence[Row], column: int) -> Total:
    """The mean of ratios, not the ratio of means, so that unlike sets still say something."""
    cells = [cell for row in rows if (cell := row.cells[column]) is not None]
    center = geomean(cell.summary.center for cell in cells)
    if column == 0:
        return Total(
            geomean=center, ratio=None, warnings=() if center is not None else (_NO_CENTER,)
        )
    ratios = [_ratio(*pair) for row in rows if (pair := _pair(row, column)) is not None]
    warnings = []
    if len(ratios) != sum(row.cells[0] is not None for row in rows):
        warnings.append(_UNLIKE)
    if center is None:
        warnings.append(_NO_CENTER)
    known = [ratio for ratio in ratios if ratio is not None]
    ratio = None
    if len(known) == len(ratios):
        ratio = geomean(known)
        warnings += [] if ratio is not None else [_NO_RATIO]
    return Total(geomean=center, ratio=ratio, warnings=tuple(warnings))


def _pair(row: Row, column: int) -> tuple[Cell, Cell] | None:
    base, cell = row.cells[0], row.cells[column]
    return None if base is None or cell is None else (base, cell)


def _ratio(base: Cell, cell: Cell) -> float | None:
    """None for a multiple of 0, which is no number; nothing of nothing is as much."""
    before, after = base.summary.center, cell.summary.center
    if before == after:
        return 1.0
    return after / before if before else None
