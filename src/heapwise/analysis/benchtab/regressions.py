"""What a gate on benchmarks fails for."""

from __future__ import annotations

from heapwise.model.bench import BenchReport
from heapwise.model.comparison import Verdict


def regressions(report: BenchReport, threshold: float) -> list[str]:
    """Comparisons that are worse by more than a relative change, the worst first, in words.

    A change from 0 is more than any.
    """
    found = []
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                versus = cell.versus if cell is not None else None
                if versus is None or versus.verdict is not Verdict.WORSE:
                    continue
                size = float("inf") if versus.delta is None else abs(versus.delta)
                if size > threshold:
                    changed = "from 0" if versus.delta is None else f"{versus.delta:+.2%}"
                    words = (row.name, table.unit, changed, "in", *column)
                    found.append((size, " ".join(word for word in words if word)))
    return [text for _, text in sorted(found, key=lambda pair: -pair[0])]
