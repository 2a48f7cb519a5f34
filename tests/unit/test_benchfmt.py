"""Go's benchmark format: what is a result, what is configuration, what is damaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.formats.bench_files import Named, name_files, read_benchmarks
from heapwise.formats.benchfmt.names import base_name, name_value, name_without, split_name
from heapwise.formats.benchfmt.numbers import format_float
from heapwise.formats.benchfmt.read import Reader
from heapwise.formats.benchfmt.units import better_side, is_binary, is_exact, tidy
from heapwise.formats.benchfmt.write import write_benchmarks
from heapwise.model.bench import Benchmarks, Result, UnitFact, Value


def read(text: str, source: str = "new.txt") -> Benchmarks:
    """One file's content."""
    reader = Reader()
    reader.read(text.split("\n"), source)
    return reader.benchmarks()


def test_a_result_has_a_name_iterations_and_values_in_base_units() -> None:
    """ns/op becomes sec/op and MB/s becomes B/s; what needs no change stays."""
    (result,) = read("BenchmarkFoo/size=4k-8 \t 100\t 1500 ns/op\t 2 MB/s\t 16 B/op").results
    assert (result.name, result.iterations) == ("Foo/size=4k-8", 100)
    assert result.values == (
        Value(1500 * 1e-9, "sec/op", "ns/op"),
        Value(2e6, "B/s", "MB/s"),
        Value(16, "B/op"),
    )
    assert (result.source, result.line) == ("new.txt", 1)


def test_zero_keeps_the_unit_it_was_written_in() -> None:
    """Since 0 ns is 0 s, nothing is scaled, as in benchfmt; facts about sec/op hold for it."""
    read_back = read("Unit sec/op assume=exact\nBenchmarkFoo 1 0 ns/op")
    (value,) = read_back.results[0].values
    assert value == Value(0, "ns/op")
    assert is_exact(value.unit, read_back.units)
    assert better_side(value.unit, read_back.units) == "lower"


@pytest.mark.parametrize(
    ("unit", "factor", "tidied"),
    [
        ("ns/op", 1e-9, "sec/op"),
        ("p99-ns/op", 1e-9, "p99-sec/op"),
        ("MB/s", 1e6, "B/s"),
        ("MB*MB/s", 1e12, "B*B/s"),
        ("op/ns", 1.0, "op/ns"),
        ("MB/MB", 1e6, "B/MB"),
        ("answers", 1.0, "answers"),
        ("insns/op", 1.0, "insns/op"),
    ],
)
def test_only_whole_parts_above_the_line_are_tidied(unit: str, factor: float, tidied: str) -> None:
    """Prefixed units are replaced where they stand alone and in the numerator."""
    assert tidy(1, unit) == (factor, tidied)


def test_units_with_bytes_above_the_line_take_binary_prefixes() -> None:
    """B/op is binary; sec/B is not."""
    assert [is_binary(unit) for unit in ("B/op", "disk-B/s", "sec/B", "bytes", "sec/op")] == [
        True, True, False, True, False,
    ]  # fmt: skip


def test_configuration_holds_from_its_line_on_until_it_is_taken_back() -> None:
    """A key without a value is forgotten, and the last key takes its place in the order."""
    found = read(
        "goos: linux\ngoarch:\tamd64\npkg: a b \nBenchmarkA 1 1 x\ngoos:\nBenchmarkB 1 1 x\n"
        "Not: this\nnor this: one\nkey:value\npkg: c\nBenchmarkC 1 1 x"
    )
    assert [result.config for result in found.results] == [
        (("goos", "linux"), ("goarch", "amd64"), ("pkg", "a b ")),
        (("pkg", "a b "), ("goarch", "amd64")),
        (("pkg", "c"), ("goarch", "amd64")),
    ]


def test_unit_lines_give_facts_about_base_units() -> None:
    """The first fact holds; one that contradicts it is reported."""
    found = read(
        "Unit ns/op assume=exact better=higher\nUnit sec/op better=higher\n"
        "Unit ns/op better=lower\nUnits x better=lower"
    )
    assert found.units == (
        UnitFact("sec/op", "assume", "exact"),
        UnitFact("sec/op", "better", "higher"),
    )
    assert [str(remark) for remark in found.damaged] == [
        "new.txt:3: metadata better of unit ns/op already set to higher"
    ]
    assert better_side("sec/op", found.units) == "higher"
    assert better_side("allocs/op", found.units) == "lower"
    assert better_side("answers", found.units) == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("BenchmarkFoo ", "missing iteration count"),
        ("BenchmarkFoo x 1 ns/op", "parsing iteration count: invalid syntax"),
        ("BenchmarkFoo 1_0 1 ns/op", "parsing iteration count: invalid syntax"),
        (f"BenchmarkFoo {2**63} 1 ns/op", "parsing iteration count: value out of range"),
        ("BenchmarkFoo 1", "missing measurements"),
        ("BenchmarkFoo 1 2", "missing units"),
        ("BenchmarkFoo 1 2 ns/op 3", "missing units"),
        ("BenchmarkFoo 1 two ns/op", "parsing measurement: invalid syntax"),
        ("BenchmarkFoo 1 1e999 ns/op", "parsing measurement: value out of range"),
        ("BenchmarkFoo 1 2 ns/op three", "parsing measurement: invalid syntax"),
        ("Unit", "missing unit"),
        ("Unit ns/op better", "expected key=value"),
        ("Unit ns/op =x", "expected key=value"),
        ("BenchmarkFoo " + "1" * (1 << 20), "longer than a megabyte"),
    ],
)
def test_a_damaged_line_is_named_and_costs_only_itself(line: str, why: str) -> None:
    """The line number and the reason are kept, and the next line is read."""
    found = read(f"BenchmarkA 1 1 x\n{line}\nBenchmarkB 1 1 x\n")
    assert [str(remark) for remark in found.damaged] == [f"new.txt:2: {why}"]
    assert [result.name for result in found.results] == ["A", "B"]


def test_a_name_alone_is_what_go_test_v_prints_first() -> None:
    """It is passed over in silence."""
    assert read("BenchmarkFoo\nBenchmarkFoo\r\n") == Benchmarks()


@pytest.mark.parametrize(
    "line",
    [
        "--- FAIL: BenchmarkFoo", "FAIL", "FAIL\tex.com/a\t0.01s", "panic: boom",
        "fatal error: all goroutines are asleep - deadlock!", "exit status 2",
    ],
)  # fmt: skip
def test_failures_are_remembered(line: str) -> None:
    """What benchstat passes over: a benchmark that failed, a panic, a package that failed."""
    (failure,) = read(f"BenchmarkA 1 1 x\n{line}\n").failures
    assert str(failure) == f"new.txt:2: {line}"
    assert not read("PASS\nok  \tex.com/a\t1.0s\nFAILED: no\n").failures


def test_a_failure_behind_a_name_is_remembered_too() -> None:
    """Go prints the name before it runs the benchmark, and nothing after it but the panic."""
    found = read("BenchmarkA-8   \tpanic: boom\nBenchmarkB-8 \t--- FAIL: BenchmarkB-8\n")
    assert [failure.text for failure in found.failures] == [
        "panic: boom",
        "--- FAIL: BenchmarkB-8",
    ]
    assert len(found.damaged) == 2


def test_names_fall_into_base_parts_and_processors() -> None:
    """`-8` is the processors only at the very end, and only with digits."""
    assert split_name("Foo/a=1/b-8") == ("Foo", ("/a=1", "/b", "-8"))
    assert split_name("Foo-bar") == ("Foo-bar", ())
    assert base_name("Foo-16") == "Foo"
    assert name_value("Foo/a=1-8", "/a") == "1"
    assert name_value("Foo/a=1-8", "/gomaxprocs") == "8"
    assert name_value("Foo/gomaxprocs=4", "/gomaxprocs") == "4"
    assert name_value("Foo", "/a") == ""


def test_keys_are_left_out_of_names_entirely() -> None:
    """What is left out leaves no trace, so that names with and without it become one."""
    keys = frozenset({"/a", "/gomaxprocs"})
    assert name_without("Foo/a=1/b=2-8", keys) == "Foo/b=2"
    assert name_without("Foo/ab=1", keys) == "Foo/ab=1"
    assert name_without("Foo/a=1", frozenset({".name"})) == "*/a=1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (123456.0, "123456"), (1234567.0, "1.234567e+06"),
        (1e21, "1e+21"), (123456789.5, "1.234567895e+08"), (0.0001, "0.0001"),
        (0.00001234, "1.234e-05"), (-3e-9, "-3e-09"), (math.inf, "+Inf"), (-math.inf, "-Inf"),
        (math.nan, "NaN"), (-0.0, "-0"), (2.5e100, "2.5e+100"), (10.5, "10.5"),
    ],
)  # fmt: skip
def test_numbers_print_as_in_go(value: float, text: str) -> None:
    """The cases were printed by Go's fmt."""
    assert format_float(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_printed_numbers_read_back(value: float) -> None:
    """No digit is lost."""
    assert float(format_float(value)) == value


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)


@given(st.lists(st.one_of(
    WORDS,
    WORDS.map("Benchmark{}".format),
    WORDS.map("Unit {}".format),
    WORDS.map("key: {}".format),
    st.from_regex(r"Benchmark\w* [0-9]+ ([0-9e.+-]+ \S+ )*", fullmatch=True),
), max_size=20))  # fmt: skip
def test_no_text_stops_the_reader(lines: Sequence[str]) -> None:
    """Whatever stands in a file: every value that is read is a number with a unit."""
    found = read("\n".join(lines))
    for result in found.results:
        assert result.values
        assert all(isinstance(value.value, float) and value.unit for value in result.values)
        assert all(key and value for key, value in result.config)
    assert all(1 <= remark.line <= len(lines) for remark in found.damaged)


NAMES = st.from_regex(r"[A-Z][\w/=-]{0,20}", fullmatch=True)
UNITS = st.sampled_from(["sec/op", "B/op", "allocs/op", "answers"])
RESULTS = st.builds(
    lambda name, iterations, values, config: Result(
        name=name,
        iterations=iterations,
        values=tuple(Value(number, unit) for number, unit in values),
        config=tuple(config.items()),
        source="new.txt",
    ),
    NAMES,
    st.integers(1, 10**9),
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), UNITS), min_size=1, max_size=4
    ),
    st.dictionaries(
        st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9/.]{1,9}", fullmatch=True),
        max_size=3,
    ),
)


@given(st.lists(RESULTS, max_size=8))
def test_what_is_written_is_read_back(results: list[Result]) -> None:
    """Names, values and configuration survive, but for the order of the keys."""
    found = read(write_benchmarks(results, [UnitFact("allocs/op", "assume", "exact")]))
    assert not found.damaged
    assert found.units == (UnitFact("allocs/op", "assume", "exact"),)
    assert [(each.name, each.iterations, each.values) for each in found.results] == [
        (each.name, each.iterations, each.values) for each in results
    ]
    assert [dict(each.config) for each in found.results] == [dict(r.config) for r in results]


def test_files_are_named_by_labels_and_told_apart() -> None:
    """A path given twice without a label would only double its samples."""
    assert name_files(["a", "b", "a", "x=a", "x=b"]) == [
        Named("a#0", "a"), Named("b", "b"), Named("a#1", "a"), Named("x", "a"), Named("x", "b"),
    ]  # fmt: skip


def test_go_test_json_is_read_as_the_text_it_was_made_of() -> None:
    """Packages that ran side by side do not mix; a name is printed before its numbers."""
    events = """\
{"Time":"2026-11-21T09:00:00Z","Action":"start","Package":"a"}
{"Action":"output","Package":"a","Output":"pkg: a\\n"}
{"Action":"output","Package":"b","Output":"pkg: b\\n"}
{"Action":"output","Package":"a","Test":"BenchmarkA","Output":"BenchmarkA  \\t"}
{"Action":"output","Package":"b","Test":"BenchmarkB","Output":"BenchmarkB \\t 1 \\t 2 ns/op\\n"}
a message of the build
{"Action":"output","Package":"a","Test":"BenchmarkA","Output":" 1 \\t 1 ns/op\\n"}
{"Action":"pass","Package":"a","Elapsed":1}
"""
    found = read_benchmarks([(Named("new", "new"), events.encode())])
    assert [(each.name, each.config) for each in found.results] == [
        ("A", (("pkg", "a"),)),
        ("B", (("pkg", "b"),)),
    ]
    assert not found.damaged


def test_facts_about_units_hold_across_files() -> None:
    """Configuration does not."""
    files = [
        (Named("old", "old"), b"Unit x better=lower\npkg: p\nBenchmarkA 1 1 x"),
        (Named("new", "new"), b"Unit x better=higher\nBenchmarkA 1 1 x\xff"),
    ]
    found = read_benchmarks(files)
    assert found.units == (UnitFact("x", "better", "lower"),)
    assert [result.config for result in found.results] == [(("pkg", "p"),), ()]
    assert str(found.damaged[0]).startswith("new:1: metadata better of unit x already set")
