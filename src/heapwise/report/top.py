"""The table of `heapwise top` as text, as pprof prints it."""

from __future__ import annotations

from heapwise.formats.measurement import percentage
from heapwise.model.tables import Table
from heapwise.names import visible
from heapwise.report.head import amounts, ranking_lines


def top_lines(table: Table) -> list[str]:
    """One string a line; what could drive a terminal is spelled out."""
    text = amounts(table).text
    lines = ranking_lines(table, [row.flat for row in table.rows])
    lines.append(f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%")
    so_far = 0
    for row in table.rows:
        so_far += row.flat
        inline = f" ({row.inline})" if row.inline else ""
        lines.append(
            f"{text(row.flat):>10} {percentage(row.flat, table.total)} "
            f"{percentage(so_far, table.total)} {text(row.cum):>10} "
            f"{percentage(row.cum, table.total)}  {row.name}{inline}"
        )
    return [visible(line) for line in lines]
