"""What stands below benchstat's tables: the verdicts, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from heapwise.model.bench import BenchReport, Table, Versus
from heapwise.model.comparison import Verdict
from heapwise.names import visible
from heapwise.report.bench_cells import change

_MANY = 10
"""Tests from which on chance alone is likely to make one of them differ."""

_ORDER = ("worse", "better", "changed", "same", "~", "~ with too few samples")


def verdict_lines(report: BenchReport) -> list[str]:
    """A blank line and the verdicts; nothing where nothing was compared."""
    found = list(_versus(report.tables))
    if not found:
        return []
    counts = Counter(_word(versus) for *_, versus in found)
    words = [f"{counts[word]} {word}" for word in _ORDER if counts[word]]
    noun = "comparison" if len(found) == 1 else "comparisons"
    lines = ["", f"{len(found)} {noun}: {', '.join(words)}", *_correction(report, found)]
    lines += [f"results are missing: {_dropped(report)}"] if report.dropped else []
    return lines


def _correction(report: BenchReport, found: list[tuple[str, str, Versus]]) -> list[str]:
    tested = [each for each in found if each[2].alpha]
    if report.correction == "none":
        if len(tested) < _MANY:
            return []
        expected = report.alpha * len(tested)
        chance = f"of {len(tested)} tests at alpha {report.alpha:g}, {expected:.1f} are expected"
        return [f"{chance} to differ by chance; --correct holm pays for that"]
    name = {"holm": "Holm", "bh": "Benjamini and Hochberg"}[report.correction]
    lines = [f"verdicts after the correction of {name} over {len(tested)} tests:"]
    for row, unit, versus in tested:
        if versus.verdict in {Verdict.WORSE, Verdict.BETTER, Verdict.CHANGED}:
            words = f"{versus.verdict:<8}{row} {unit} {change(versus)} "
            lines.append(visible(f"  {words}(corrected p={versus.p_adjusted:.3f})"))
    return lines


def _word(versus: Versus) -> str:
    return "~ with too few samples" if versus.too_few else str(versus.verdict)


def _versus(tables: tuple[Table, ...]) -> Iterator[tuple[str, str, Versus]]:
    """Row, unit and comparison."""
    for table in tables:
        for row in table.rows:
            for cell in row.cells:
                if cell is not None and cell.versus is not None:
                    yield row.name, table.unit, cell.versus


def _dropped(report: BenchReport) -> str:
    names = [
        f"{each.row} in {each.column} ({each.n} of {each.expected})" for each in report.dropped
    ]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return visible(", ".join(names[:3]) + more)
