"""Builds the tables: results into cells, cells into samples, samples into verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from heapwise.analysis.benchtab.geomean import totals
from heapwise.analysis.benchtab.layout import Layout
from heapwise.analysis.benchtab.projection import Key
from heapwise.analysis.benchtab.samples import compare, in_order, summarise
from heapwise.analysis.benchtab.verdicts import relative_change
from heapwise.formats.benchfmt.units import better_side, is_exact
from heapwise.model.bench import Assumption, Cell, Result, Row, Summary, Table, UnitFact, Versus


@dataclass(slots=True)
class _Gathered:
    """The values of one cell and what differs between the benchmarks they come from."""

    values: list[float] = field(default_factory=list)
    residues: set[Key] = field(default_factory=set)


_Grid = dict[tuple[Key, Key], _Gathered]
"""By row and column."""


def build_tables(
    results: Iterable[Result],
    units: tuple[UnitFact, ...],
    layout: Layout,
    *,
    alpha: float,
    confidence: float,
) -> tuple[Table, ...]:
    """The tables that benchstat prints, as numbers.

    Args:
        results: those that the filter lets through, in the order in which they were read, which
            is that of rows and columns.
        units: what the files say about units.
        layout: where each result goes.
        alpha: level of the tests.
        confidence: of the intervals.
    """
    grids: dict[Key, _Grid] = {}
    for result in results:
        _gather(result, layout, grids)
    tables = []
    for key in layout.table.in_order(grids):
        *config, unit = layout.table.values(key)
        assumption: Assumption = "exact" if is_exact(unit, units) else "nothing"
        columns = layout.column.in_order({column for _, column in grids[key]})
        rows = _rows(grids[key], columns, layout, (alpha, confidence, assumption))
        tables.append(
            Table(
                config=tuple(zip(layout.table.names(), config, strict=False)),
                unit=unit,
                better=better_side(unit, units),
                assumption=assumption,
                columns=tuple(map(layout.column.values, columns)),
                rows=rows,
                totals=totals(rows, len(columns)),
            )
        )
    return tuple(tables)


def _gather(result: Result, layout: Layout, grids: dict[Key, _Grid]) -> None:
    """Put each value of a result into its cell."""
    tables = [layout.table.key(result, value.unit) for value in result.values]
    place = layout.row.key(result), layout.column.key(result)
    rest = layout.residue.key(result)
    for table, value in zip(tables, result.values, strict=True):
        cell = grids.setdefault(table, {}).setdefault(place, _Gathered())
        cell.values.append(value.value)
        cell.residues.add(rest)


def _rows(
    grid: _Grid, columns: Sequence[Key], layout: Layout, test: tuple[float, float, Assumption]
) -> tuple[Row, ...]:
    alpha, confidence, assumption = test
    exact = assumption == "exact"
    rows = []
    for row in layout.row.in_order({row for row, _ in grid}):
        base: Cell | None = None
        cells: list[Cell | None] = []
        for place, column in enumerate(columns):
            gathered = grid.get((row, column))
            if gathered is None:
                cells.append(None)
                continue
            values = in_order(gathered.values)
            summary = summarise(values, confidence, exact=exact)
            varying = _varying(gathered.residues, layout)
            cell = Cell(
                summary=_warned(summary, varying),
                versus=_versus(base, values, summary, alpha, exact=exact) if base else None,
                values=values,
            )
            base = cell if place == 0 else base
            cells.append(cell)
        name = " ".join(value for value in layout.row.values(row) if value)
        rows.append(Row(name, tuple(cells)))
    return tuple(rows)


def _versus(
    base: Cell, values: Sequence[float], summary: Summary, alpha: float, *, exact: bool
) -> Versus:
    versus = compare(base.values, values, alpha, exact=exact)
    return relative_change(versus, base.summary.center, summary.center)


def _varying(residues: set[Key], layout: Layout) -> tuple[str, ...]:
    """The names of fields in which benchmarks of one cell differ."""
    if len(residues) < 2:
        return ()
    spread = [layout.residue.values(key) for key in residues]
    columns = zip(layout.residue.names(), zip(*spread, strict=True), strict=True)
    return tuple(name for name, values in columns if len(set(values)) > 1)


def _warned(summary: Summary, varying: tuple[str, ...]) -> Summary:
    if not varying:
        return summary
    warning = f"benchmarks vary in {', '.join(varying)}"
    return replace(summary, warnings=(warning, *summary.warnings))
