"""What flat and cum mean, case by case; the whole is judged by pprof in tests/integration."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis import _aggregate, aggregate
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


def test_a_profile_of_too_many_frames_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With inlining a few bytes stand for a hundred thousand frames."""
    built = profile({("a inlined into b", "c"): (1, 8)})
    monkeypatch.setattr(aggregate, "_MOST_FRAMES", 3)
    weighed = weigh(built, "alloc_space")
    monkeypatch.setattr(aggregate, "_MOST_FRAMES", 2)
    with pytest.raises(ProfileError, match="with its inlined calls it has more than 2 frames"):
        weigh(built, "alloc_space")
    with pytest.raises(ProfileError, match="more than 2 frames"):
        edges(built, weighed)


stacks_of_samples = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcd"), max_size=6).map(tuple),
        st.one_of(st.integers(-9, 1 << 40), st.integers(-(1 << 63), (1 << 63) - 1)),
    ),
    max_size=30,
)


@given(stacks_of_samples)
def test_flat_and_cum_are_what_a_plain_loop_adds_up(
    stacks: list[tuple[tuple[str, ...], int]],
) -> None:
    """The columns give what the definition gives, also where 64 bits do not hold the sums."""
    flat: dict[str, int] = {}
    cum: dict[str, int] = {}
    for stack, value in stacks:
        for name in set(stack):
            cum[name] = cum.get(name, 0) + value
            flat.setdefault(name, 0)
        if stack:
            flat[stack[0]] += value
    built = profile([Sample(stack, (1, value)) for stack, value in stacks])
    assert weights(built) == {name: (flat[name], cum[name]) for name in cum}


@given(stacks_of_samples, st.sets(st.sampled_from("abcd"), min_size=1))
def test_calls_are_what_a_plain_loop_adds_up(
    stacks: list[tuple[tuple[str, ...], int]], kept: set[str]
) -> None:
    """A stack counts once for each pair of functions that follow each other in what is kept."""
    expected: dict[tuple[str, str], tuple[int, bool]] = {}
    for stack, value in stacks:
        places = [place for place, name in enumerate(stack) if name in kept]
        of_stack: dict[tuple[str, str], bool] = {}
        for callee, caller in pairwise(places):
            if stack[caller] != stack[callee]:
                of_stack[stack[caller], stack[callee]] = caller - callee > 1
        for pair, residual in of_stack.items() if value else ():
            weight, before = expected.get(pair, (0, False))
            expected[pair] = weight + value, before or residual
    built = profile([Sample(stack, (1, value)) for stack, value in stacks])
    found = {
        pair: (weight, residual) for pair, (weight, _, residual) in calls(built, *kept).items()
    }
    assert found == expected


HOSTILE = [  # stack_offsets, stack_locations, frame_offsets, of_frames, weights, nodes
    ([0, 2], [0], [0, 1], [0], [1], 1),
    ([0, 1], [1], [0, 1], [0], [1], 1),
    ([0, 1], [0], [0, 1], [1], [1], 1),
    ([0, 1], [0], [0, 2], [0], [1], 1),
    ([0, 1], [0], [1, 0], [0], [1], 1),
    ([-1, 1], [0], [0, 1], [0], [1], 1),
    ([0, 1], [0], [0, 1], [0], [1, 1], 1),
    ([], [0], [0, 1], [0], [], 1),
    ([0, 1], [0], [], [0], [1], 1),
]


@pytest.mark.parametrize("columns", HOSTILE)
def test_no_index_is_believed(columns: tuple[list[int], ...]) -> None:
    """What would lead out of a column is an error, and not somebody else's memory."""
    types = (np.int64, np.uint32, np.int64, np.uint32, np.int64)
    *arrays, nodes = columns
    stacks = tuple(np.array(rows, kind) for rows, kind in zip(arrays, types, strict=True))
    flags = np.ones(len(stacks[3]), bool), np.zeros(0, bool), np.ones(len(stacks[4]), bool)
    with pytest.raises(ValueError, match="column"):
        _aggregate.cum(stacks, nodes, 1 << 20)
    with pytest.raises(ValueError, match="column"):
        _aggregate.calls(stacks, nodes, 1 << 20, *flags, 7)


def test_flags_belong_to_frames_nodes_and_stacks() -> None:
    """One too few or too many is an error."""
    rows = ([0, 1], [0], [0, 1], [0], [1])
    types = (np.int64, np.uint32, np.int64, np.uint32, np.int64)
    stacks = tuple(np.array(row, kind) for row, kind in zip(rows, types, strict=True))
    for sizes in ((0, 0, 1), (2, 0, 1), (1, 2, 1), (1, 0, 0)):
        with pytest.raises(ValueError, match="contradict"):
            _aggregate.calls(stacks, 1, 9, *(np.ones(size, bool) for size in sizes), 7)
    with pytest.raises(ValueError, match="cut off"):
        _aggregate.cum((*stacks[:4], stacks[4].view(np.uint8)[1:]), 1, 9)


def test_values_are_left_as_they_are() -> None:
    """Adding up does not write into the profile."""
    built = profile({("f",): (1, 8)})
    before = built.values.copy()
    weigh(built, "alloc_space")
    np.testing.assert_array_equal(built.values, before)
