"""Functions that only got another name are the same function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.families import SENSES, Match, closure, generic, matches, rewritten

NAMES = st.sampled_from([
    "main.f", "main.f.func1", "main.f.func2", "main.f.func1.1", "main.f[int]", "main.f[...]",
    "encoding/json.Marshal", "encoding/json/v2.Marshal", "encoding/json/jsontext.grow", "main.g",
    "", "[", "]x[", "runtime.mapassign", "internal/runtime/maps.newarray",
])  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("main.(*tree[go.shape.int]).insert", "main.(*tree[...]).insert"),
        ("slices.SortFunc[[]a.B,a.B]", "slices.SortFunc[go.shape.[]go.shape.struct{}]"),
    ],
)
def test_instances_of_a_generic_function_are_one(one: str, other: str) -> None:
    """Whatever the compiler writes between the brackets."""
    assert generic(one) == generic(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("main.f.func1", "main.f.func2"),
        ("main.f.func1.2", "main.f.func3.1"),
        ("main.f.gowrap1", "main.f.gowrap2"),
        ("main.f-range1", "main.f-range2"),
        ("main.of[int].func1", "main.of[...].func2"),
    ],
)
def test_closures_of_one_function_are_one(one: str, other: str) -> None:
    """Their numbers count what was written before them."""
    assert closure(one) == closure(other)


@pytest.mark.parametrize("name", ["main.f", "main.function1", "main.(*T).func", "a.Func1", "x"])
def test_other_names_are_left_alone(name: str) -> None:
    """Only what the compiler numbered loses its number."""
    assert generic(name) == closure(name) == name
    assert rewritten(name) is None


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("encoding/json.(*encodeState).marshal", "encoding/json"),
        ("encoding/json/v2.marshalStruct", "encoding/json"),
        ("encoding/json/jsontext.(*Encoder).Flush", "encoding/json"),
        ("compress/flate.newFastEnc", "compress/flate"),
        ("runtime.mapassign_faststr", "maps"),
        ("runtime.(*hmap).newoverflow", "maps"),
        ("internal/runtime/maps.(*table).grow", "maps"),
        ("encoding/jsonish.Marshal", None),
        ("github.com/x/encoding/json.Marshal", None),
        ("runtime.makeslice", None),
    ],
)
def test_what_releases_of_go_rewrote_is_a_family(name: str, family: str | None) -> None:
    """By package, and by name where it moved out of one."""
    assert rewritten(name) == family


def test_equal_names_are_matched_before_similar_ones() -> None:
    """`func2` stays `func2` though `func1` is like it as well."""
    found = matches(["f.func1", "f.func2"], ["f.func2", "f.func3"], SENSES)
    assert found == [
        Match(("f.func1",), ("f.func3",)),
        Match(("f.func2",), ("f.func2",)),
    ]


def test_a_family_is_one_row_where_both_sides_have_it() -> None:
    """Many to many; on one side alone its functions stay apart."""
    old, new = ["encoding/json.a", "encoding/json.b"], ["encoding/json/v2.c"]
    assert matches(old, new, SENSES) == [Match(tuple(old), tuple(new))]
    assert len(matches(old, ["main.f"], SENSES)) == 3


@given(before=st.lists(NAMES), after=st.lists(NAMES))
def test_every_name_is_in_exactly_one_match(before: list[str], after: list[str]) -> None:
    """Nothing is lost and nothing counted twice, whatever the names."""
    found = matches(before, after, SENSES)
    assert sorted(key for match in found for key in match.before) == sorted(set(before))
    assert sorted(key for match in found for key in match.after) == sorted(set(after))
    for match in found:
        assert match.before or match.after
        if set(match.before) & set(match.after):
            assert match.before == match.after
