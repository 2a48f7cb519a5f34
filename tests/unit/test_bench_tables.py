"""What the tables say: summaries, comparisons, verdicts, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from heapwise.analysis.benchtab.layout import parse_layout
from heapwise.analysis.benchtab.median import interval, interval_ranks, median, values_needed
from heapwise.analysis.benchtab.report import Statistics, bench_report
from heapwise.analysis.benchtab.samples import samples_needed, two_sided_p
from heapwise.analysis.stats.mann_whitney import mann_whitney
from heapwise.analysis.stats.order_statistic import interval_depth
from heapwise.formats.bench_files import Named, read_benchmarks
from heapwise.model.bench import BenchReport, Cell, Versus
from heapwise.model.comparison import Verdict
from heapwise.report.bench_csv import render_csv
from heapwise.report.bench_markdown import render_markdown
from heapwise.report.bench_scale import scale_for
from heapwise.report.bench_text import render_tables
from heapwise.report.bench_verdicts import verdict_lines
from support.golden import assert_golden

FASTER = [100, 101, 102, 103, 104, 105], [50, 51, 52, 53, 54, 55]
SLOWER = FASTER[1], FASTER[0]
NOISE = [100, 104, 108, 102, 106, 110], [101, 105, 109, 103, 107, 99]


def lines(name: str, values: Sequence[float], unit: str = "ns/op") -> str:
    """Results of one benchmark."""
    return "".join(f"Benchmark{name} 1 {value} {unit}\n" for value in values)


def report(
    old: str, new: str | None, statistics: Statistics | None = None, **layout: str
) -> BenchReport:
    """The report of one file, or two."""
    files = [(Named("old", "old"), old.encode())]
    files += [] if new is None else [(Named("new", "new"), new.encode())]
    return bench_report(read_benchmarks(files), parse_layout(**layout), statistics or Statistics())


def versus(found: BenchReport, row: int = 0) -> Versus:
    """The comparison in the second column of a row of the first table."""
    cell = found.tables[0].rows[row].cells[1]
    assert isinstance(cell, Cell)
    assert cell.versus is not None
    return cell.versus


def both(
    name: str, sides: tuple[Sequence[float], Sequence[float]], unit: str = "ns/op"
) -> tuple[str, str]:
    """The same benchmark in two files."""
    return lines(name, sides[0], unit), lines(name, sides[1], unit)


@pytest.mark.parametrize(
    ("sides", "unit", "verdict"),
    [
        (FASTER, "ns/op", Verdict.BETTER),
        (SLOWER, "ns/op", Verdict.WORSE),
        (SLOWER, "MB/s", Verdict.BETTER),
        (FASTER, "answers", Verdict.CHANGED),
        (NOISE, "ns/op", Verdict.UNDECIDED),
        (([5] * 6, [5] * 6), "allocs/op", Verdict.SAME),
        ((FASTER[0][:3], FASTER[1][:3]), "ns/op", Verdict.UNDECIDED),
        (([0] * 6, [3] * 6), "allocs/op", Verdict.WORSE),
    ],
)
def test_each_comparison_has_a_verdict(
    sides: tuple[Sequence[float], Sequence[float]], unit: str, verdict: Verdict
) -> None:
    """Which side is better depends on the unit; three samples never decide."""
    assert versus(report(*both("A", sides, unit))).verdict is verdict


def test_an_exact_unit_needs_no_repetition() -> None:
    """One value each is enough, there is no p-value, and a value that varies is warned of."""
    exact = "Unit answers assume=exact better=higher\n"
    found = report(exact + lines("A", [41], "answers"), lines("A", [42, 42, 43], "answers"))
    assert versus(found) == Versus(
        p=0.0, alpha=0.0, n_base=1, n=3, delta=42 / 41 - 1, verdict=Verdict.BETTER
    )
    (cell,) = (row.cells[1] for row in found.tables[0].rows)
    assert cell is not None
    assert cell.summary.center == 42
    assert cell.summary.warnings == ("exact distribution expected, but values range from 42 to 43",)


def test_a_change_below_the_smallest_effect_is_the_same() -> None:
    """However small its p-value."""
    old, new = both("A", ([1000 + n for n in range(6)], [1010 + n for n in range(6)]))
    assert versus(report(old, new)).verdict is Verdict.WORSE
    small = report(old, new, Statistics(min_effect=0.02))
    assert versus(small).verdict is Verdict.SAME
    assert versus(small).p < 0.05


def test_correction_is_paid_by_all_comparisons_together() -> None:
    """With 30 noisy rows beside it, p=0.002 is no longer enough under Holm."""
    old, new = both("A", FASTER)
    for number in range(30):
        more = both(f"Noise{number}", NOISE)
        old, new = old + more[0], new + more[1]
    assert versus(report(old, new)).verdict is Verdict.BETTER
    holm = versus(report(old, new, Statistics(correction="holm")))
    assert (holm.verdict, holm.too_few) == (Verdict.UNDECIDED, True)
    assert holm.p_adjusted == pytest.approx(31 * holm.p)
    bh = versus(report(old, new, Statistics(correction="bh")))
    assert bh.p_adjusted == pytest.approx(31 * bh.p)


def test_results_that_are_missing_are_found() -> None:
    """A benchmark that a later column lacks, and one with fewer results than its neighbours."""
    old = lines("A", FASTER[0]) + lines("B", FASTER[0])
    new = lines("A", FASTER[1]) + lines("C", FASTER[1][:2])
    assert [
        (each.column, each.row, each.n, each.expected) for each in report(old, new).dropped
    ] == [
        ("new", "C", 2, 6),
        ("new", "B", 0, 6),
    ]
    assert not report(old, old + lines("C", FASTER[1])).dropped


def test_packages_may_have_different_counts() -> None:
    """They are run one after the other, each with its own -count."""
    text = "pkg: a\n" + lines("A", FASTER[0]) + "pkg: b\n" + lines("B", FASTER[0][:3])
    assert not report(text, None).dropped


def test_geomean_is_of_the_ratios() -> None:
    """0/0 counts as no change, x/0 as nothing that could be averaged, and unlike sets warn."""
    old = lines("A", [100]) + lines("B", [0], "B/op")
    new = lines("A", [50]) + lines("C", [100]) + lines("B", [0], "B/op")
    time, space = report(old, new).tables
    assert time.totals[1].ratio == pytest.approx(0.5)
    assert time.totals[1].geomean == pytest.approx(math.sqrt(50 * 100) * 1e-9)
    assert not time.totals[1].warnings
    assert (space.totals[1].ratio, space.totals[1].geomean) == (1.0, None)
    gone = report(lines("A", [100]) + lines("B", [9]), lines("A", [50])).tables[0].totals[1]
    assert gone.warnings == ("benchmark set differs from baseline; geomeans may not be comparable",)
    from_zero = report(lines("A", [0], "B/op"), lines("A", [5], "B/op")).tables[0].totals[1]
    assert from_zero.ratio is None


def test_benchmarks_that_vary_within_a_cell_are_warned_of() -> None:
    """Unless -ignore says that it is meant."""
    text = lines("A/size=1", [100]) + lines("A/size=2", [200])
    cell = report(text, None, row=".name").tables[0].rows[0].cells[0]
    assert cell is not None
    assert cell.summary.warnings[0] == "benchmarks vary in .fullname"
    cell = report(text, None, row=".name", ignore=".fullname").tables[0].rows[0].cells[0]
    assert cell is not None
    assert "vary" not in "".join(cell.summary.warnings)


@given(st.integers(1, 200), st.floats(0.01, 0.999))
def test_intervals_have_at_least_the_confidence_asked_for(n: int, confidence: float) -> None:
    """By the binomial distribution, unless they are infinite; never wider than a symmetric one."""
    low, high, achieved = interval_ranks(n, confidence)
    assert 0 <= low <= (n + 1) / 2 <= high <= n + 1
    chance = sum(math.comb(n, k) for k in range(low, high)) / 2**n
    assert chance == pytest.approx(achieved, abs=1e-9 if n <= 30 else 0.02)
    assert chance >= confidence - (1e-9 if n <= 30 else 0.01)
    depth, symmetric = interval_depth(n, confidence)
    if symmetric >= confidence and n <= 30:
        assert high - low <= n + 1 - 2 * depth


def test_six_samples_have_an_interval_and_four_a_test() -> None:
    """The two numbers that the footnotes name."""
    assert values_needed(0.95) == (">=", 6)
    assert values_needed(1.0) == (">", 50)
    assert samples_needed(0.05) == (">=", 4)
    assert samples_needed(1e-9) == (">", 10)
    assert interval([1, 2, 3, 4, 5], 0.95)[0] == -math.inf
    assert median([1, 2, 3, 5]) == 2.5


SAMPLE = st.lists(st.integers(0, 9).map(float), min_size=1, max_size=12)


@given(SAMPLE, SAMPLE)
def test_p_values_are_p_values(base: list[float], new: list[float]) -> None:
    """Above 0, at most 1, and of equal sizes the same as everywhere in heapwise."""
    assume(len({*base, *new}) > 1)
    p = two_sided_p(base, new)
    assert 0 < p <= 1
    if len(base) == len(new):
        assert p == mann_whitney(base, new)


def test_where_benchstat_finds_no_p_value_the_exact_one_stands() -> None:
    """One value above three equal ones: benchstat prints a change of 96 % without any p."""
    assert two_sided_p([1060], [42, 42, 42]) == 0.5


@pytest.mark.parametrize(
    ("values", "binary", "printed"),
    [
        ([0.0], False, ["0.000"]),
        ([999.94, 1.5], False, ["999.940", "1.500"]),
        ([999.95], False, ["1.000k"]),
        ([0.00099995], False, ["1.000m"]),
        ([1e-13], False, ["0.0001000n"]),
        ([1023.0], True, ["1023.0"]),
        ([1024.0], True, ["1.000Ki"]),
        ([-2048.0, math.inf], True, ["-2.000Ki", "+InfKi"]),
    ],
)
def test_values_print_with_three_significant_digits(
    values: list[float], binary: bool, printed: list[str]
) -> None:
    """The scale is that of the value nearest to 0, and a rounding never adds a digit."""
    scale = scale_for(values, binary=binary)
    assert [scale.format(value) for value in values] == printed


def encode(json: Sequence[float], gob: Sequence[float], space: int) -> str:
    """A file as go test -benchmem writes it."""
    times = {"json": json, "gob|<b>": gob}
    return "goos: linux\npkg: ex.com/a\n" + "".join(
        f"BenchmarkEncode/format={name}-8 1 {time} ns/op {space} B/op 3 allocs/op\n"
        for name, values in times.items()
        for time in values
    )


OLD, NEW = encode(FASTER[0], NOISE[0], 2048), encode(FASTER[1], NOISE[1], 1024)


def test_text_as_in_the_golden_file() -> None:
    """The table is benchstat's, and the verdicts stand below it."""
    found = report(OLD, NEW)
    assert_golden(
        "bench/two-files.txt", "\n".join([*render_tables(found.tables), *verdict_lines(found)])
    )


def test_text_with_a_correction_as_in_the_golden_file() -> None:
    """The verdicts name each row that still differs, since the table keeps benchstat's p."""
    found = report(OLD, NEW, Statistics(correction="holm"))
    assert_golden("bench/two-files-holm.txt", "\n".join(verdict_lines(found)))


def test_columns_of_two_fields_as_in_the_golden_file() -> None:
    """Neighbours that agree share a header cell."""
    found = report(OLD, NEW, col=".file,/format", filter_query=".unit:B/op")
    assert_golden("bench/two-fields.txt", "\n".join(render_tables(found.tables)))


def test_csv_as_in_the_golden_file() -> None:
    """Values in base units with all their digits."""
    rows, warnings = render_csv(report(OLD, NEW).tables)
    assert_golden("bench/two-files.csv", "\n".join(rows))
    assert warnings[0] == "F17: all samples are equal"


def test_markdown_as_in_the_golden_file() -> None:
    """No name becomes markup."""
    assert_golden("bench/two-files.md", render_markdown(report(OLD, NEW)))
