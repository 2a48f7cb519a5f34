"""From results to the whole report: tables, verdicts, and what is missing."""

from __future__ import annotations

import msgspec

from heapwise.analysis.benchtab.build import build_tables
from heapwise.analysis.benchtab.dropped import dropped_results
from heapwise.analysis.benchtab.layout import Layout
from heapwise.analysis.benchtab.sieve import sifted
from heapwise.analysis.benchtab.verdicts import Correction, comparisons, judge
from heapwise.model.bench import Benchmarks, BenchReport, Table


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """How samples are compared.

    Attributes:
        alpha: level of the tests.
        confidence: of the intervals.
        min_effect: relative changes below it are *same*.
        correction: of the p-values.
    """

    alpha: float = 0.05
    confidence: float = 0.95
    min_effect: float = 0.0
    correction: Correction = "none"


def bench_report(read: Benchmarks, layout: Layout, statistics: Statistics) -> BenchReport:
    """Compare what was read."""
    kept = [
        left
        for result in read.results
        if (left := sifted(result, layout.sieve(result))) is not None
    ]
    tables = judge(
        build_tables(
            kept, read.units, layout, alpha=statistics.alpha, confidence=statistics.confidence
        ),
        min_effect=statistics.min_effect,
        correction=statistics.correction,
    )
    return BenchReport(
        tables=tables,
        column_fields=layout.column.names(),
        damaged=read.damaged,
        failures=read.failures,
        dropped=dropped_results(kept, tables),
        alpha=statistics.alpha,
        confidence=statistics.confidence,
        min_effect=statistics.min_effect,
        correction=statistics.correction,
        comparisons=len(comparisons(tables)),
    )


def columns_seen(tables: tuple[Table, ...]) -> int:
    """How many different columns there are over all tables."""
    return len({column for table in tables for column in table.columns})


def kept_apart_by(tables: tuple[Table, ...]) -> tuple[str, ...]:
    """The configuration in which tables of one unit differ, so that no two columns met."""
    values: dict[str, set[str]] = {}
    for table in tables:
        for key, value in table.config:
            values.setdefault(key, set()).add(value)
    return tuple(key for key, found in values.items() if len(found) > 1)
