"""The language of -filter, -row, -col, -table and -ignore."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.benchtab.layout import parse_layout
from heapwise.analysis.benchtab.orders import parse_scaled
from heapwise.analysis.benchtab.sieve import every_value, sieve, sifted
from heapwise.errors import UsageError
from heapwise.formats.benchquery.filters import All, Any, Filter, Match, Not, parse_filter
from heapwise.formats.benchquery.projections import Field, parse_projection
from heapwise.model.bench import Result, Value

RESULT = Result(
    name="Copy/size=4k/fast-8",
    iterations=1,
    values=(Value(1e-9, "sec/op", "ns/op"), Value(16, "B/op"), Value(1, "allocs/op")),
    config=(("goos", "linux"), ("note", "two words")),
    source="new.txt",
)


def lit(key: str, value: str) -> Match:
    """A match of a plain word."""
    return Match(key, value, regexp=False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", All()),
        ("a:b", lit("a", "b")),
        ("a : b", lit("a", "b")),
        ('"a b":"c\\"\\x41\\u00e9"', lit("a b", 'c"Aé')),
        ("a-b:c*d", lit("a-b", "c*d")),
        ("a:b c:d AND e:f", All((lit("a", "b"), lit("c", "d"), lit("e", "f")))),
        ("a:b c:d OR -e:f", Any((All((lit("a", "b"), lit("c", "d"))), Not(lit("e", "f"))))),
        ("a:b (c:d OR e:f)", All((lit("a", "b"), Any((lit("c", "d"), lit("e", "f")))))),
        ("-(a:b c:d)", Not(All((lit("a", "b"), lit("c", "d"))))),
        ("a:/b[/](/)\\/c/", Match("a", "b[/](/)\\/c", regexp=True)),
        ('a:(b OR "c " OR /d/)',
         Any((lit("a", "b"), lit("a", "c "), Match("a", "d", regexp=True)))),
        ("/size:4k", lit("/size", "4k")),
    ],
)  # fmt: skip
def test_filters_read_as_in_benchproc(query: str, expected: Filter) -> None:
    """AND binds closer than OR and may be left out; -x is not x; * is everything."""
    assert parse_filter(query) == expected


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("", "expected KEY:VALUE or a bracket at character 1"),
        ("a", "expected KEY:VALUE at character 1"),
        ("a:", "expected KEY:VALUE at character 1"),
        ("(a:b", "a bracket ( is not closed at character 5"),
        ("(a:b))", "unexpected ')' at character 6"),
        ("a:(b c)", "values must be separated by OR at character 6"),
        ("a:(b OR AND)", "expected a value at character 9"),
        ('a:"b', "a quote is not closed at character 3"),
        ('"a\\z":b', "'\\\\z' is no escape sequence"),
        ("a:/b", "a regular expression has no closing / at character 3"),
        ("a:/b/c", "a blank must follow a regular expression"),
        (".config:b", ".config stands for many keys at character 1"),
        ("-" * 200 + "a:b", "more than 100 brackets in one another"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_with_its_place(query: str, why: str) -> None:
    """One line: what, where, and the grammar by example."""
    with pytest.raises(UsageError) as error:
        parse_filter(query)
    assert why in error.value.why
    assert "-filter" in error.value.hint
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ()),
        ("a,b", (Field("a"), Field("b"))),
        (".name /size@num", (Field(".name"), Field("/size", "num"))),
        ("a@alpha, .config", (Field("a", "alpha"), Field(".config"))),
        ("/f@(gob json)", (Field("/f", "fixed", ("gob", "json")),)),
        ('"a b"@("c d")', (Field("a b", "fixed", ("c d",)),)),
    ],
)
def test_projections_read_as_in_benchproc(query: str, fields: tuple[Field, ...]) -> None:
    """Keys are separated by commas or blanks, each with an order."""
    assert parse_projection(query) == fields


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("a,,b", "expected a key at character 3"),
        ("a@", "expected an order"),
        ("a@nom", "unknown order 'nom'"),
        ("a@(", "a bracket ( is not closed"),
        ("a@()", "no values in the brackets"),
        (".unit", ".unit is for -filter only"),
        (".config@(a)", "has no order of values"),
    ],
)
def test_a_projection_that_cannot_be_read_is_refused(query: str, why: str) -> None:
    """With the place, as for filters."""
    with pytest.raises(UsageError) as error:
        parse_projection(query)
    assert why in error.value.why


@pytest.mark.parametrize(
    ("query", "units"),
    [
        (".name:Copy", "sec/op B/op allocs/op"),
        (".fullname:/fast/ goos:linux", "sec/op B/op allocs/op"),
        ("/size:4k /gomaxprocs:8 .file:new.txt", "sec/op B/op allocs/op"),
        ('note:"two words"', "sec/op B/op allocs/op"),
        ("goos:/^$/", ""),
        (".unit:ns/op", "sec/op"),
        (".unit:sec/op OR .unit:B/op", "sec/op B/op"),
        ("-.unit:/op/", ""),
        ("-.unit:B/op .name:Copy", "sec/op allocs/op"),
        (".unit:B/op OR .name:Copy", "sec/op B/op allocs/op"),
        ("missing:x", ""),
    ],
)
def test_filters_choose_results_and_single_values(query: str, units: str) -> None:
    """`.unit` looks at each value, in base units or in its own; all else at the whole result."""
    left = sifted(RESULT, sieve(parse_filter(query))(RESULT))
    assert [value.unit for value in left.values] == units.split() if left else not units


@given(st.text(st.sampled_from('ab:/()-*" @,OR'), max_size=20))
def test_any_query_is_read_or_refused(query: str) -> None:
    """Nothing but a usage error comes out of a query, and a filter that is read can be applied."""
    for parse in (parse_projection, parse_filter):
        try:
            parsed = parse(query)
        except UsageError:
            continue
        if isinstance(parsed, Match | Not | All | Any):
            try:
                mask = sieve(parsed)(RESULT)
            except UsageError:  # RE2 does not know the pattern
                continue
            assert 0 <= mask <= every_value(RESULT)


def test_a_fixed_order_is_also_a_filter() -> None:
    """Results with other values take no part."""
    layout = parse_layout(col="/size@(1k 4k)")
    assert layout.sieve(RESULT) == every_value(RESULT)
    assert parse_layout(row="/size@(1k)").sieve(RESULT) == 0


def test_a_key_that_is_named_leaves_the_groups() -> None:
    """Also in the other projections, and in what should not vary."""
    layout = parse_layout(col="goos,/size", ignore="/gomaxprocs")
    assert layout.table.key(RESULT, "B/op") == ("B/op", "two words")
    assert layout.table.names() == ("note", ".unit")
    assert layout.row.key(RESULT) == ("Copy/fast",)
    assert layout.column.values(layout.column.key(RESULT)) == ("linux", "4k")
    assert layout.residue.names() == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [("4k", 4e3), ("1Mi", 2.0**20), ("64KB", 64e3), ("1.5", 1.5), ("0x1p4", 16.0), ("2b", 2.0),
     ("x", None), ("", None), ("1.2.3k", None)],
)  # fmt: skip
def test_sizes_in_names_sort_by_what_they_mean(text: str, number: float | None) -> None:
    """@num knows the prefixes that people write."""
    assert parse_scaled(text) == number


def test_numbers_come_first_and_in_order() -> None:
    """@num puts what is no number behind, in the order of texts."""
    layout = parse_layout(col="/size@num")
    names = ["Copy/size=x", "Copy/size=1M", "Copy/size=64k", "Copy/size=a", "Copy/size=nan"]
    keys = [layout.column.key(Result(name=name, iterations=1, values=())) for name in names]
    assert [key[0] for key in layout.column.in_order(keys)] == ["64k", "1M", "nan", "a", "x"]
