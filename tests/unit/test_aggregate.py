"""What flat and cum mean, case by case; the whole is judged by pprof in tests/integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis import aggregate
from heapwise.analysis.aggregate import edges, total, weigh
from heapwise.errors import ProfileError
from heapwise.model.profile import Profile
from support.profiles import Sample, profile


def weights(built: Profile, sample_type: str = "alloc_space") -> dict[str, tuple[int, int]]:
    """Flat and cum by name."""
    weighed = weigh(built, sample_type)
    rows = zip(weighed.nodes.names, weighed.flat.tolist(), weighed.cum.tolist(), strict=True)
    return {name.decode(): (flat, cum) for name, flat, cum in rows}


def test_the_leaf_has_the_flat_weight_and_its_callers_the_cum() -> None:
    """Each stack counts flat for its innermost function and cum for all of them."""
    built = profile({("leaf", "mid", "root"): (1, 10), ("mid", "root"): (1, 5)})
    assert weights(built) == {"leaf": (10, 10), "mid": (5, 15), "root": (0, 15)}


def test_a_function_that_calls_itself_counts_once_per_sample() -> None:
    """Recursion does not multiply cum."""
    assert weights(profile({("f", "g", "f", "f", "main"): (1, 8)})) == {
        "f": (8, 8), "g": (0, 8), "main": (0, 8),
    }  # fmt: skip


def test_inlined_frames_are_functions_of_their_own() -> None:
    """The innermost line of a location has the flat weight, the others cum."""
    built = profile({("in inlined into mid inlined into out", "main"): (1, 8)})
    assert weights(built) == {"in": (8, 8), "mid": (0, 8), "out": (0, 8), "main": (0, 8)}


def test_a_function_is_one_node_in_whatever_file_it_stands() -> None:
    """Only the name tells functions apart, as at pprof's default granularity."""
    built = profile({("f (a.go:1)",): (1, 8), ("f (b.go:2)",): (1, 4)})
    assert weights(built) == {"f": (12, 12)}


def test_a_location_without_symbols_is_shown_by_its_binary() -> None:
    """Addresses without a function are one node per mapping."""
    assert weights(profile({("0x400100",): (1, 8), ("0x400200", "main"): (1, 4)})) == {
        "[service]": (12, 12), "main": (0, 4),
    }  # fmt: skip


def test_an_empty_stack_counts_for_nobody_but_the_total() -> None:
    """Its weight is part of what percentages refer to."""
    built = profile({(): (1, 8), ("f",): (1, 2)})
    assert weights(built) == {"f": (2, 2)}
    assert total(built, "alloc_space") == 10


def test_the_total_is_the_sum_of_absolute_values() -> None:
    """What shrank in a difference weighs as much as what grew."""
    assert total(profile({("f",): (1, 8), ("g",): (-1, -3)}), "alloc_space") == 11


def test_sums_above_2_to_the_63_do_not_wrap_around() -> None:
    """Pprof shows -2 here."""
    most = (1 << 63) - 1
    built = profile([Sample(("f",), (0, most)), Sample(("f",), (0, most))])
    assert weights(built) == {"f": (2 * most, 2 * most)}
    assert total(built, "alloc_space") == 2 * most


def test_an_unknown_sample_type_is_a_key_error() -> None:
    """The caller chooses from the types the profile has."""
    with pytest.raises(KeyError):
        weigh(profile({("f",): (1, 8)}), "cpu")


def calls(built: Profile, *kept: str) -> dict[tuple[str, str], tuple[int, bool, bool]]:
    """Weight, inline and residual by caller and callee; of the kept functions, if any is named."""
    weighed = weigh(built, "alloc_space")
    names = [name.decode() for name in weighed.nodes.names]
    mask = np.array([name in kept for name in names], bool) if kept else None
    found = edges(built, weighed, mask)
    columns = (found.callers, found.callees, found.weights, found.inline, found.residual)
    return {
        (names[caller], names[callee]): (weight, inline, residual)
        for caller, callee, weight, inline, residual in zip(
            *(column.tolist() for column in columns), strict=True
        )
    }


def test_a_call_counts_once_per_sample() -> None:
    """However often two functions call each other, and never a function itself."""
    assert calls(profile({("f", "g", "f", "f", "g", "main"): (1, 8)})) == {
        ("main", "g"): (8, False, False), ("g", "f"): (8, False, False),
        ("f", "g"): (8, False, False),
    }  # fmt: skip


def test_a_call_leads_across_functions_that_are_left_out() -> None:
    """It is marked as residual, and so is the sum if one of several is."""
    built = profile({("leaf", "mid", "main"): (1, 8), ("leaf", "main"): (1, 4)})
    assert calls(built, "leaf", "main") == {("main", "leaf"): (12, False, True)}


def test_a_call_is_inline_where_all_calls_are() -> None:
    """The one nearest to the root says what it is like in a stack."""
    built = profile({("in inlined into out", "main"): (1, 8)})
    assert calls(built) == {("main", "out"): (8, False, False), ("out", "in"): (8, True, False)}
    both = profile({("in inlined into out",): (1, 8), ("in", "out"): (1, 4)})
    assert calls(both) == {("out", "in"): (12, False, False)}


def test_calls_whose_weights_cancel_out_are_calls() -> None:
    """Only a sample that is 0 itself has none."""
    built = profile([Sample(("f", "main"), (1, 8)), Sample(("f", "main"), (-1, -8)),
                     Sample(("g", "main"), (1, 0))])  # fmt: skip
    assert calls(built) == {("main", "f"): (0, False, False)}


def test_percentages_refer_to_the_base_where_samples_are_marked() -> None:
    """As pprof labels them for -diff_base."""
    marked = Sample(("f",), (-1, -8), {"pprof::base": "true"})
    assert total(profile([Sample(("f",), (1, 100)), marked]), "alloc_space") == 8


def test_a_stack_too_deep_to_count_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inlining can make millions of frames of a few bytes."""
    monkeypatch.setattr(aggregate, "_DEEPEST", 2)
    with pytest.raises(ProfileError, match="one stack has 3 frames"):
        weigh(profile({("a inlined into b", "c"): (1, 8)}), "alloc_space")


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcd"), max_size=6).map(tuple), st.integers(-9, 1 << 40)
        ),
        max_size=30,
    ),
    st.sampled_from([1, 7, 1 << 22]),
)
def test_flat_and_cum_are_what_a_plain_loop_adds_up(
    stacks: list[tuple[tuple[str, ...], int]], chunk: int
) -> None:
    """In chunks of any size the arrays give what the definition gives."""
    flat: dict[str, int] = {}
    cum: dict[str, int] = {}
    for stack, value in stacks:
        for name in set(stack):
            cum[name] = cum.get(name, 0) + value
            flat.setdefault(name, 0)
        if stack:
            flat[stack[0]] += value
    built = profile([Sample(stack, (1, value)) for stack, value in stacks])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregate, "_CHUNK", chunk)
        assert weights(built) == {name: (flat[name], cum[name]) for name in cum}


def test_values_are_left_as_they_are() -> None:
    """Adding up does not write into the profile."""
    built = profile({("f",): (1, 8)})
    before = built.values.copy()
    weigh(built, "alloc_space")
    np.testing.assert_array_equal(built.values, before)
