"""The table of `heapwise top` as text, in the columns of pprof's."""

from __future__ import annotations

from heapwise.model.tables import Table
from heapwise.names import visible
from heapwise.units import format_share, format_value

_HEADER = f"{'flat':>10} {'flat%':>8} {'sum%':>8} {'cum':>10} {'cum%':>8}"


def top_lines(table: Table) -> list[str]:
    """One string a line; what could drive a terminal is spelled out."""
    shown = sum(row.flat for row in table.rows)
    lines = [
        visible(f"Type: {table.sample_type} ({table.unit}) of {table.source}"),
        (
            f"Showing nodes accounting for {_amount(shown, table)}, {_share(shown, table)} "
            f"of {_amount(table.total, table)} total"
        ),
    ]
    if table.dropped:
        lines.append(f"Showing {len(table.rows):,} nodes of {len(table.rows) + table.dropped:,}")
    lines += [f"Note: {note}" for note in table.notes]
    lines.append(_HEADER)
    so_far = 0
    for row in table.rows:
        so_far += row.flat
        lines.append(
            f"{_amount(row.flat, table):>10} {_share(row.flat, table):>8} "
            f"{_share(so_far, table):>8} {_amount(row.cum, table):>10} "
            f"{_share(row.cum, table):>8}  {visible(row.name)}"
        )
    return lines


def _amount(value: int, table: Table) -> str:
    return format_value(value, "B" if table.unit == "bytes" else table.unit)


def _share(value: int, table: Table) -> str:
    return format_share(abs(value) / table.total if table.total else 0)
