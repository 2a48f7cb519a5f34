"""Finds results that should be there: a table does not show what it has not got.

Two traces of a benchmark that was cut short: in its own file it has fewer results than others, or
a column lacks it that the first column has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from heapwise.model.bench import Dropped, Result, Table


def dropped_results(results: Iterable[Result], tables: Sequence[Table]) -> tuple[Dropped, ...]:
    """Every benchmark with fewer results than it should have, once a column.

    Args:
        results: those that the filter let through.
        tables: made of them.
    """
    found: dict[tuple[str, str], Dropped] = {}
    for each in (*_cut_short(results), *_missing(tables)):
        found.setdefault((each.column, each.row), each)
    return tuple(found.values())


def _cut_short(results: Iterable[Result]) -> list[Dropped]:
    """Benchmarks with fewer results than others of the same file and package."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for result in results:
        package = next((value for key, value in result.config if key == "pkg"), "")
        counts.setdefault((result.source, package), Counter())[result.name] += 1
    return [
        Dropped(column=source, row=name, config=package, n=n, expected=most)
        for (source, package), names in counts.items()
        for most in (max(names.values()),)
        for name, n in names.items()
        if n < most
    ]


def _missing(tables: Sequence[Table]) -> list[Dropped]:
    """Benchmarks of the first column that another column lacks."""
    return [
        Dropped(
            column=" ".join(table.columns[column]),
            row=row.name,
            config=" ".join(value for _, value in table.config if value),
            n=0,
            expected=row.cells[0].summary.n,
        )
        for table in tables
        for row in table.rows
        if row.cells[0] is not None
        for column, cell in enumerate(row.cells)
        if cell is None
    ]
