"""Benchmark tables as comma-separated values: benchstat's, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.formats.benchfmt.numbers import format_float
from heapwise.model.bench import Row, Table, Total
from heapwise.report.bench_cells import GEOMEAN, change, spread, test, total_change
from heapwise.report.bench_text import headed

_CENTER, _DELTA = 2, 2
"""Fields: value and spread; change and test."""


def render_csv(tables: Sequence[Table]) -> tuple[list[str], list[str]]:
    """The lines, and warnings that name the field which they are about: ``B7: need …``."""
    lines: list[str] = []
    warnings: list[str] = []
    for heads, table in headed(tables):
        lines += map(_quoted, heads)
        found = _Lines(len(lines) + 1)
        found.table(table)
        lines += map(_joined, found.rows)
        warnings += found.warnings
    return lines, warnings


class _Lines:
    """Fields of one table, and where in the file they stand."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.rows: list[list[str]] = []
        self.warnings: list[str] = []

    def table(self, table: Table) -> None:
        """All of it."""
        columns = range(len(table.columns))
        edge = _start(len(table.columns))
        for level in range(len(table.columns[0])):
            fields: list[str] = []
            for column in columns:
                _fill(fields, _start(column))
                fields.append(table.columns[column][level])
            self.rows.append(_fill(fields, edge))
        fields = []
        for column in columns:
            _fill(fields, _start(column))
            fields += [table.unit, "CI", *(("vs base", "P") if column else ())]
        self.rows.append(fields)
        for row in table.rows:
            self._row(row)
        self._totals(table.totals, edge)

    def _row(self, row: Row) -> None:
        fields = [row.name]
        for column, cell in enumerate(row.cells):
            if cell is None:
                continue
            _fill(fields, _start(column))
            self._warn(fields, cell.summary.warnings)
            fields += [format_float(cell.summary.center), spread(cell.summary)]
            if cell.versus is not None:
                self._warn(fields, cell.versus.warnings)
                fields += [change(cell.versus), test(cell.versus)]
        self.rows.append(fields)

    def _totals(self, totals: Iterable[Total], edge: int) -> None:
        fields = [GEOMEAN]
        for column, total in enumerate(totals):
            _fill(fields, _start(column))
            self._warn(fields, total.warnings)
            if total.geomean is not None:
                fields.append(format_float(total.geomean))
            if column:
                _fill(fields, _start(column) + _CENTER)
                fields.append(total_change(total))
        self.rows.append(_fill(fields, edge))

    def _warn(self, fields: Sequence[str], warnings: Iterable[str]) -> None:
        """Say something about the field that comes next."""
        place = f"{_letters(len(fields))}{self._first + len(self.rows)}"
        self.warnings += [f"{place}: {warning}" for warning in warnings]


def _start(column: int) -> int:
    return 1 + column * (_CENTER + _DELTA) - (_DELTA if column else 0)


def _fill(fields: list[str], width: int) -> list[str]:
    fields += [""] * (width - len(fields))
    return fields


def _letters(column: int) -> str:
    """A column's name in a spreadsheet: A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _joined(fields: Iterable[str]) -> str:
    return ",".join(map(_quoted, fields))


def _quoted(field: str) -> str:
    """A field as RFC 4180 has it, in quotes only where it needs them."""
    plain = field and not field[0].isspace() and not any(char in field for char in '",\r\n')
    return field if plain or not field else '"' + field.replace('"', '""') + '"'
