"""The table of `heapwise top` as text: pprof's columns, and to the right of them our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heapwise.formats.measurement import percentage
from heapwise.model.tables import Row, Table
from heapwise.names import visible
from heapwise.report.head import amounts, ranking_lines
from heapwise.units import format_count

_WIDEST = 96
"""Columns of the left part that ours line up behind; longer names push theirs to the right."""

Amount = Callable[[float], str]


def top_lines(table: Table, *, error_bars: bool = False) -> list[str]:
    """One string a line; what could drive a terminal is spelled out.

    Args:
        table: to print.
        error_bars: add what pprof does not have: the 95 % interval of flat and the sampled events
            behind it; of a view per unit of work, also its objects and their size.
    """
    text = _amount(table)
    lines = ranking_lines(table, [row.flat for row in table.rows])
    left = [f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%"]
    so_far = 0
    for row in table.rows:
        so_far += row.flat
        inline = f" ({row.inline})" if row.inline else ""
        left.append(
            f"{text(row.flat):>10} {percentage(row.flat, table.total)} "
            f"{percentage(so_far, table.total)} {text(row.cum):>10} "
            f"{percentage(row.cum, table.total)}  {row.name}{inline}"
        )
    right = _columns(table, text) if error_bars else []
    if right:
        left = _joined([visible(line) for line in left], right)
    return [visible(line) for line in lines + left]


def _columns(table: Table, text: Amount) -> list[list[str]]:
    """Our columns, a heading and one cell a row each; none where no row has anything to say."""
    rows = table.rows
    columns = []
    if any(row.interval is not None for row in rows):
        columns += [
            ["95% of flat", *(_interval(row, text) for row in rows)],
            ["hits ", *(_hits(row) for row in rows)],
        ]
    if any(row.objects is not None for row in rows):
        columns += [
            [f"allocs/{table.per}", *(_or_nothing(row.objects) for row in rows)],
            ["B/alloc", *(_or_nothing(row.object_size) for row in rows)],
        ]
    return columns


def _joined(left: Sequence[str], columns: Sequence[Sequence[str]]) -> list[str]:
    """The lines with the columns behind them, each as wide as its widest cell."""
    width = min(_WIDEST, max(map(len, left)))
    widths = [max(map(len, column)) for column in columns]
    return [
        (
            f"{line:<{width}}"
            + "".join(f"  {cell:>{wide}}" for cell, wide in zip(cells, widths, strict=True))
        ).rstrip()
        for line, cells in zip(left, zip(*columns, strict=True), strict=True)
    ]


def _interval(row: Row, text: Amount) -> str:
    if row.interval is None:
        return ""
    low, high = text(row.interval.low), text(row.interval.high)
    return "exact" if low == high else f"{low} – {high}"


def _hits(row: Row) -> str:
    if row.hits is None:
        return ""
    return f"{row.hits:,}" + ("?" if row.is_guess else " ")


def _or_nothing(value: float | None) -> str:
    return "" if value is None else format_count(value)


def _amount(table: Table) -> Amount:
    """How amounts are printed; counts per unit of work have decimals, others as in pprof none."""
    if table.per and table.unit == "count":
        return lambda value: format_count(value * table.ratio)
    shown = amounts(table)
    return lambda value: shown.text(round(value))
