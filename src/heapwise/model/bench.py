"""Benchmarks: what was measured, and the tables that compare it.

The words are those of Go's benchmark format (golang.org/design/14313) and of benchstat.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from heapwise.model.comparison import Verdict

Assumption = Literal["nothing", "exact"]
"""What is assumed of repeated measurements: nothing at all, or that they do not vary."""

Better = Literal["higher", "lower", ""]
"""The better side of a unit; empty where nobody said."""


class Value(msgspec.Struct, frozen=True):
    """One measurement.

    Attributes:
        value: in base units: seconds, bytes.
        unit: `sec/op`, `B/s`.
        original_unit: as written where that was another: `ns/op`.
    """

    value: float
    unit: str
    original_unit: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One line of results.

    Attributes:
        name: the full name without ``Benchmark``: ``Encode/format=json-8``.
        iterations: that the values are averages over.
        values: in the order of the line.
        config: the ``key: value`` lines that hold for it, in the order in which their keys came.
        source: the label of the file, benchstat's ``.file``.
        line: in the file, from 1.
    """

    name: str
    iterations: int
    values: tuple[Value, ...]
    config: tuple[tuple[str, str], ...] = ()
    source: str = ""
    line: int = 0


class UnitFact(msgspec.Struct, frozen=True):
    """A line ``Unit NAME key=value``; the unit is in base units."""

    unit: str
    key: str
    value: str


class Remark(msgspec.Struct, frozen=True):
    """Something about one line of a file that the reader of the table should know.

    Attributes:
        source: path of the file.
        line: from 1.
        text: what about it.
    """

    source: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.text}"


class Benchmarks(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read from one or more files.

    Attributes:
        results: in the order of the files.
        units: the first fact for each unit and key.
        damaged: lines that claim to be results and cannot be read.
        failures: benchmarks, tests and packages that failed, and panics.
    """

    results: tuple[Result, ...] = ()
    units: tuple[UnitFact, ...] = ()
    damaged: tuple[Remark, ...] = ()
    failures: tuple[Remark, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One sample in a few numbers.

    Attributes:
        center: the median; of an exact unit the most frequent value.
        low: of the interval of the median; -inf where there are too few values.
        high: likewise, inf.
        confidence: that the interval really has.
        n: values.
        warnings: what to know before trusting it.
    """

    center: float
    low: float
    high: float
    confidence: float
    n: int
    warnings: tuple[str, ...] = ()


class Versus(msgspec.Struct, frozen=True, kw_only=True):
    """A cell against the first column of its row.

    Attributes:
        p: two-sided, Mann-Whitney; 0 for exact units.
        alpha: below or at which a difference counts; 0 for exact units, which have no noise.
        n_base: values in the first column.
        n: values in this one.
        delta: relative change of the centers; None where the base is 0 and this is not.
        verdict: see `Verdict`.
        p_adjusted: after correction over all rows; None where none was asked for.
        p_attainable: the smallest `p` that so many values can give, corrected like `p_adjusted`;
            above `alpha` no difference could ever be told from noise.
        warnings: about the comparison.
    """

    p: float
    alpha: float
    n_base: int
    n: int
    delta: float | None
    verdict: Verdict = Verdict.UNDECIDED
    p_adjusted: float | None = None
    p_attainable: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def too_few(self) -> bool:
        """True where there are too few values to ever decide."""
        return self.p_attainable > self.alpha


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark in one column.

    Attributes:
        summary: of its values.
        versus: None in the first column, and where that has no such benchmark.
        values: ascending.
    """

    summary: Summary
    versus: Versus | None
    values: tuple[float, ...]


class Row(msgspec.Struct, frozen=True):
    """One benchmark; a cell is None where the column has no such benchmark."""

    name: str
    cells: tuple[Cell | None, ...]


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """The last row's figures for one column.

    Attributes:
        geomean: of the centers; None where one is not above 0.
        ratio: geometric mean of the ratios to the first column; None where there is none.
        warnings: about either.
    """

    geomean: float | None
    ratio: float | None
    warnings: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one unit and one configuration.

    Attributes:
        config: key and value of the configuration, in order; a value may be empty.
        unit: in base units.
        better: which side of it is better.
        assumption: how it is summarised and compared.
        columns: for each column the values of the column fields.
        rows: in order.
        totals: one a column.
    """

    config: tuple[tuple[str, str], ...]
    unit: str
    better: Better
    assumption: Assumption
    columns: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark with fewer results than it should have.

    Attributes:
        column: where they are missing.
        row: the benchmark.
        config: of its table.
        n: results that are there.
        expected: results that others in the column, or the first column, have.
    """

    column: str
    row: str
    config: str
    n: int
    expected: int


class BenchReport(msgspec.Struct, frozen=True, kw_only=True):
    """Tables and what stands in the way of believing them.

    Attributes:
        tables: in order.
        column_fields: names of the fields in `Table.columns`.
        damaged: see `Benchmarks`.
        failures: see `Benchmarks`.
        dropped: results that are missing.
        alpha: level of the tests.
        confidence: asked of the intervals.
        min_effect: relative changes below it are *same*.
        correction: of p over all comparisons.
        comparisons: tests that were made.
    """

    tables: tuple[Table, ...]
    column_fields: tuple[str, ...]
    damaged: tuple[Remark, ...] = ()
    failures: tuple[Remark, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    alpha: float = 0.05
    confidence: float = 0.95
    min_effect: float = 0.0
    correction: Literal["none", "holm", "bh"] = "none"
    comparisons: int = 0
