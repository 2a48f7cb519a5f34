"""What flat and cum mean, case by case; the whole is judged by pprof in tests/integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis import aggregate
from heapwise.analysis.aggregate import weigh
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
    assert weigh(built, "alloc_space").total == 10


def test_the_total_is_the_sum_of_absolute_values() -> None:
    """What shrank in a difference weighs as much as what grew."""
    assert weigh(profile({("f",): (1, 8), ("g",): (-1, -3)}), "alloc_space").total == 11


def test_sums_above_2_to_the_63_do_not_wrap_around() -> None:
    """Pprof shows -2 here."""
    most = (1 << 63) - 1
    built = profile([Sample(("f",), (0, most)), Sample(("f",), (0, most))])
    assert weights(built) == {"f": (2 * most, 2 * most)}
    assert weigh(built, "alloc_space").total == 2 * most


def test_an_unknown_sample_type_is_a_key_error() -> None:
    """The caller chooses from the types the profile has."""
    with pytest.raises(KeyError):
        weigh(profile({("f",): (1, 8)}), "cpu")


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
