"""Benchmark tables as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.formats.benchfmt.units import is_binary
from heapwise.model.bench import BenchReport, Row, Table
from heapwise.report.bench_cells import GEOMEAN, change, spread, test, total_change
from heapwise.report.bench_scale import scale_for
from heapwise.report.bench_text import headed
from heapwise.report.bench_verdicts import verdict_lines
from heapwise.report.markdown import escaped, markdown_table


def render_markdown(report: BenchReport) -> str:
    """One table a unit and configuration, then the verdicts."""
    blocks: list[list[str]] = []
    for heads, table in headed(report.tables):
        blocks.append([f"{escaped(head)}  " for head in heads if head])
        blocks.append(_table(table))
        blocks.append([f"- {escaped(warning)}" for warning in _warnings(table)])
    blocks.append([f"{escaped(line)}  " for line in verdict_lines(report) if line])
    return "\n\n".join("\n".join(block).rstrip() for block in blocks if block) + "\n"


def _table(table: Table) -> list[str]:
    head = [table.unit]
    for number, column in enumerate(table.columns):
        head += [" ".join(column), *(("vs base",) if number else ())]
    rows = [_row(row, table.unit) for row in table.rows]
    if len(rows) > 1:
        rows.append(_totals(table))
    return markdown_table(head, rows, "<" + ">" * (len(head) - 1))


def _row(row: Row, unit: str) -> list[str]:
    centers = [cell.summary.center for cell in row.cells if cell is not None]
    scale = scale_for(centers, binary=is_binary(unit))
    fields = [row.name]
    for number, cell in enumerate(row.cells):
        shown = versus = ""
        if cell is not None:
            shown = f"{scale.format(cell.summary.center)} ± {spread(cell.summary)}"
            if cell.versus is not None:
                versus = f"{change(cell.versus)} ({test(cell.versus)})"
        fields += [shown, versus] if number else [shown]
    return fields


def _totals(table: Table) -> list[str]:
    fields = [GEOMEAN]
    for number, total in enumerate(table.totals):
        shown = ""
        if total.geomean is not None:
            shown = scale_for([total.geomean], binary=is_binary(table.unit)).format(total.geomean)
        fields += [shown, total_change(total)] if number else [shown]
    return fields


def _warnings(table: Table) -> Sequence[str]:
    """Every warning once, in the order of the table."""
    cells = [cell for row in table.rows for cell in row.cells if cell is not None]
    found: list[str] = []
    for cell in cells:
        found += (*cell.summary.warnings, *(cell.versus.warnings if cell.versus else ()))
    found += (warning for total in table.totals for warning in total.warnings)
    return list(dict.fromkeys(found))
