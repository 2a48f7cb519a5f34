"""Benchmark tables as text: benchstat's, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heapwise.formats.benchfmt.units import is_binary
from heapwise.model.bench import Cell, Row, Table, Total
from heapwise.names import visible
from heapwise.report.bench_cells import GEOMEAN, change, spread, test, total_change
from heapwise.report.bench_grid import Grid
from heapwise.report.bench_scale import scale_for

_CENTER, _DELTA = 3, 3
"""Columns of the grid: value, spread, footnotes; change, test, footnotes."""

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def render_tables(tables: Sequence[Table]) -> list[str]:
    """The lines of all tables."""
    lines = []
    for heads, table in headed(tables):
        lines += [visible(head) for head in heads]
        lines += _lines(table)
    return lines


def headed(tables: Sequence[Table]) -> Iterator[tuple[list[str], Table]]:
    """Each table with the lines before it: a blank one, and the configuration that is new in it."""
    before: dict[str, str] = {}
    for number, table in enumerate(tables):
        new = [f"{key}: {value}" for key, value in table.config if before.get(key) != value]
        yield [""] * (number > 0) + new, table
        before = dict(table.config)


def spans(columns: Sequence[tuple[str, ...]], level: int) -> list[tuple[str, int, int]]:
    """The header cells of one field: text, first column, columns.

    Neighbours become one cell where they agree in this field and in all before it.
    """
    found: list[tuple[str, int, int]] = []
    for index, values in enumerate(columns):
        if found and columns[index - 1][: level + 1] == values[: level + 1]:
            text, start, count = found[-1]
            found[-1] = (text, start, count + 1)
        else:
            found.append((values[level], index, 1))
    return found


class _Footnotes:
    """Numbers warnings in the order in which they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def marks(self, warnings: Sequence[str]) -> str:
        """The numbers of some warnings."""
        numbers = [
            self._numbers.setdefault(warning, len(self._numbers) + 1) for warning in warnings
        ]
        return " ".join(str(number).translate(_SUPERSCRIPT) for number in numbers)

    def lines(self) -> list[str]:
        """Every number with its warning."""
        return [
            f"{str(number).translate(_SUPERSCRIPT)} {visible(warning)}"
            for warning, number in self._numbers.items()
        ]


def _start(column: int) -> int:
    """Where a column of the table starts in the grid: after the names and those before it."""
    return 1 + column * (_CENTER + _DELTA) - (_DELTA if column else 0)


def _lines(table: Table) -> list[str]:
    grid, notes = Grid(), _Footnotes()
    row = _head(grid, table)
    for each in table.rows:
        _row(grid, row, each, table.unit, notes)
        row += 1
    if len(table.rows) > 1:
        grid.put(row, 0, GEOMEAN)
        for column, total in enumerate(table.totals):
            _total(grid, row, column, total, table.unit, notes)
    return grid.lines() + notes.lines()


def _head(grid: Grid, table: Table) -> int:
    """The rows above the measurements; returns how many."""
    edge = _start(len(table.columns))
    levels = len(table.columns[0])
    for level in range(levels):
        for text, first, count in spans(table.columns, level):
            place = _start(first)
            grid.put(
                level, place, visible(text), span=_start(first + count) - place, align="^",
                margin=" │ ",
            )  # fmt: skip
        grid.put(level, edge, "", margin=" │")
    for column in range(len(table.columns)):
        place = _start(column)
        grid.put(levels, place, visible(table.unit), span=_CENTER, align="^", margin=" │ ")
        if column:
            grid.put(levels, place + _CENTER, "vs base", span=_DELTA, margin="  ")
        grid.fixed.update(range(place + 1, _start(column + 1)))
    grid.put(levels, edge, "", margin=" │")
    return levels + 1


def _row(grid: Grid, row: int, each: Row, unit: str, notes: _Footnotes) -> None:
    grid.put(row, 0, visible(each.name))
    centers = [cell.summary.center for cell in each.cells if cell is not None]
    scale = scale_for(centers, binary=is_binary(unit))
    for column, cell in enumerate(each.cells):
        if cell is not None:
            text = scale.format(cell.summary.center)
            _cell(grid, row, _start(column), cell, text, notes)


def _cell(grid: Grid, row: int, place: int, cell: Cell, text: str, notes: _Footnotes) -> None:
    grid.put(row, place, text, align=">")
    # In the margin, so that the signs stand under one another and geomean aligns with the values.
    grid.put(row, place + 1, spread(cell.summary), align=">", margin=" ± ")
    grid.put(row, place + 2, notes.marks(cell.summary.warnings))
    if cell.versus is not None:
        grid.put(row, place + 3, change(cell.versus), align=">")
        grid.put(row, place + 4, f"({test(cell.versus)})")
        grid.put(row, place + 5, notes.marks(cell.versus.warnings))


def _total(grid: Grid, row: int, column: int, total: Total, unit: str, notes: _Footnotes) -> None:
    place = _start(column)
    if total.geomean is not None:
        scale = scale_for([total.geomean], binary=is_binary(unit))
        grid.put(row, place, scale.format(total.geomean), align=">")
    if column:
        known = total.ratio is not None
        grid.put(row, place + _CENTER, total_change(total), align=">" if known else "<")
    grid.put(row, _start(column + 1) - 1, notes.marks(total.warnings))
