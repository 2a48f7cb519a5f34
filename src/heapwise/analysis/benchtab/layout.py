"""What a table is asked for: the four projections and the filter, parsed together."""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.analysis.benchtab.projection import UNIT, Projection, Taken, implied, residue
from heapwise.analysis.benchtab.sieve import Sieve, both, sieve
from heapwise.formats.benchquery.filters import parse_filter
from heapwise.formats.benchquery.projections import parse_projection


@dataclass(frozen=True, slots=True)
class Layout:
    """Where every result goes.

    Attributes:
        table: projects onto tables; its last field is the unit.
        row: onto rows.
        column: onto columns.
        residue: onto everything else, which should not vary within a cell.
        sieve: which values take part.
    """

    table: Projection
    row: Projection
    column: Projection
    residue: Projection
    sieve: Sieve


def parse_layout(
    *,
    table: str = ".config",
    row: str = ".fullname",
    col: str = ".file",
    ignore: str = "",
    filter_query: str = "*",
) -> Layout:
    """Read benchstat's flags of the same names.

    A key that one projection names is left out of ``.config`` and ``.fullname`` in all of them.

    Raises:
        UsageError: one cannot be read; the error says where, and the grammar.
    """
    chosen = parse_filter(filter_query)
    fields = [parse_projection(query) for query in (table, row, col, ignore)]
    taken = Taken.by(fields)
    by_table, by_row, by_column, _ = fields
    orders = implied(each for projection in fields for each in projection)
    return Layout(
        table=Projection((*by_table, UNIT), taken),
        row=Projection(by_row, taken),
        column=Projection(by_column, taken),
        residue=residue(fields, taken),
        sieve=both(*orders, sieve(chosen)),
    )
