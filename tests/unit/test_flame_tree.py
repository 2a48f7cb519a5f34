"""The tree behind the flame graph: nothing is lost in it, whatever the profile."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.aggregate import weigh
from heapwise.analysis.flame import flame_tree
from heapwise.analysis.label_sets import label_sets
from heapwise.analysis.prefix_tree import DEEPEST, REST, ROOT, PrefixTree, prefix_tree, thinned
from heapwise.analysis.view import Query, look
from heapwise.errors import ProfileError
from heapwise.model.flame import FlameTree
from heapwise.model.profile import Profile
from heapwise.report.flame_data import flame_data
from support.profiles import Sample, profile

EVIL = "evil\x1b]0;owned\x07\n\u202e<script>alert(1)</script>"

sequences = st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=30)


def csr(stacks: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Sequences, last item first."""
    offsets = np.cumsum([0, *map(len, stacks)], dtype=np.int64)
    return offsets, np.array([item for stack in stacks for item in reversed(stack)], np.int64)


def path(tree: PrefixTree, node: int) -> list[int]:
    """The items from the root to a node."""
    items: list[int] = []
    while node:
        items.insert(0, int(tree.items[node]))
        node = int(tree.parents[node])
    return items


@settings(deadline=None)
@given(sequences)
def test_every_sequence_is_a_path_of_the_tree_and_every_path_begins_one(
    stacks: list[list[int]],
) -> None:
    """The nodes are exactly the distinct beginnings, and each sequence ends in its own."""
    tree = prefix_tree(*csr(stacks))
    assert [path(tree, node) for node in tree.ends.tolist()] == stacks
    found = {tuple(path(tree, node)) for node in range(len(tree.items))}
    assert found == {tuple(stack[:size]) for stack in [*stacks, []] for size in range(9)}
    assert len(found) == len(tree.items)


@settings(deadline=None)
@given(sequences)
def test_each_subtree_lies_in_one_piece_behind_its_root(stacks: list[list[int]]) -> None:
    """From the depths alone a reader finds every parent: the last node less deep."""
    tree = prefix_tree(*csr(stacks))
    last: dict[int, int] = {}
    for node, depth in enumerate(tree.depths.tolist()):
        last[depth] = node
        assert tree.parents[node] == last[max(depth - 1, 0)]
    assert (tree.items == ROOT).tolist() == [True] + [False] * (len(tree.items) - 1)


@settings(deadline=None)
@given(sequences, st.integers(0, 12))
def test_a_thinned_tree_keeps_the_heaviest_paths_and_the_sum_of_all(
    stacks: list[list[int]], most: int
) -> None:
    """Whatever is left out is part of a rest below the nearest node that is kept."""
    tree = prefix_tree(*csr(stacks))
    weights = tree.cumulative(np.bincount(tree.ends, minlength=len(tree.items)).astype(float))
    thin = thinned(tree, weights, most)
    kept = [node for node in range(1, len(thin.items)) if thin.items[node] != REST]
    assert len(kept) == min(most, len(tree.items) - 1)
    again = thin.cumulative(np.bincount(thin.ends, minlength=len(thin.items)).astype(float))
    originals = {tuple(path(tree, node)): weights[node] for node in range(len(weights))}
    lightest = min((again[node] for node in kept), default=0)
    assert sorted(originals.values(), reverse=True)[: most + 1][-1] <= lightest or not kept
    for node in [0, *kept]:
        assert again[node] == originals[tuple(path(thin, node))]
    for node in np.flatnonzero(thin.items == REST).tolist():
        assert thin.parents[node] == node - 1  # the rest is the first child


def test_a_runaway_recursion_is_cut_and_said_to_be() -> None:
    """A stack deeper than the limit ends there, with its weight, and the view has a note."""
    stack = tuple(f"f{number % 7}" for number in range(DEEPEST + 500))
    tree = flame_tree(look(profile({(*stack, "main"): (1, 64, 0, 0)}), Query(), source="x"))
    assert tree.depths.max() == DEEPEST
    assert tree.view.notes[-1] == f"stacks are cut at {DEEPEST:,} frames from the root"


def weights_of(tree: FlameTree, type_: int) -> dict[str, tuple[float, float]]:
    """Flat and cum by name, counted the slow way."""
    amounts = tree.amounts[type_]
    chain: list[str] = []
    paths: list[list[str]] = []
    for depth, frame in zip(tree.depths.tolist(), tree.node_frames.tolist(), strict=True):
        del chain[max(depth - 1, 0) :]
        if frame >= 0:
            chain.append(tree.frames.names[tree.frames.name[frame]])
        paths.append(list(chain))
    found: dict[str, tuple[float, float]] = {}
    for node, value in zip(tree.cell_nodes.tolist(), amounts.values.tolist(), strict=True):
        for name in set(paths[node]):
            flat, cum = found.get(name, (0.0, 0.0))
            found[name] = flat + value * (name == paths[node][-1]), cum + value
    return found


names = st.sampled_from(["main", "a", "b (b.go:3)", "b (b.go:4)", "c (c.go:1) inlined into d"])
samples = st.lists(
    st.builds(
        Sample,
        st.lists(names, min_size=1, max_size=5).map(tuple),
        st.lists(st.integers(-9, 99), min_size=4, max_size=4),
        st.dictionaries(st.sampled_from(["tenant", "n"]), st.sampled_from(["x", "y", 3, 4])),
    ),
    min_size=1,
    max_size=20,
)


@settings(deadline=None)
@given(samples, st.booleans())
def test_the_tree_holds_what_top_counts(made: list[Sample], inlines: bool) -> None:
    """Flat and cum of every function are those of `heapwise top`, for every sample type."""
    seen = look(profile(made, sizes=False), Query(inlines=inlines), source="x")
    tree = flame_tree(seen)
    for index, kind in enumerate(seen.profile.sample_types):
        weighed = weigh(seen.profile, kind.type, seen.nodes)
        wanted = {
            name.decode(): (flat, cum)
            for name, flat, cum in zip(
                weighed.nodes.names, weighed.flat.tolist(), weighed.cum.tolist(), strict=True
            )
            if flat or cum
        }
        found = weights_of(tree, index)
        assert {name: pair for name, pair in found.items() if any(pair)} == wanted


@settings(deadline=None)
@given(samples)
def test_cells_hold_the_labels_of_their_samples(made: list[Sample]) -> None:
    """What one set of labels weighs in the tree is what the samples with it weigh."""
    tree = flame_tree(look(profile(made, sizes=False), Query(), source="x"))
    wanted: dict[Any, float] = {}
    for sample in made:
        if any(sample.values):
            key = frozenset((key, str(value)) for key, value in sample.labels.items())
            wanted[key] = wanted.get(key, 0) + sample.values[1]
    found: dict[Any, float] = {}
    for labels, value in zip(
        tree.cell_labels.tolist(), tree.amounts[1].values.tolist(), strict=True
    ):
        texts = {(key, text.removesuffix(key)) for key, text in tree.label_sets[labels]}
        found[frozenset(texts)] = found.get(frozenset(texts), 0) + value
    assert {key: value for key, value in found.items() if value} == {
        key: value for key, value in wanted.items() if value
    }


def test_what_went_and_what_came_stay_apart() -> None:
    """A path that lost as much as it gained weighs both, and not nothing."""
    made = [Sample(("leaf", "main"), (1, 80)), Sample(("leaf", "main"), (-1, -80))]
    tree = flame_tree(look(profile(made), Query(sample_type="alloc_space"), source="x"))
    assert tree.compared
    assert tree.amounts[1].values.tolist() == [80, -80]


def test_an_identity_is_no_dimension() -> None:
    """A label with too many values is left out, by name; pprof's own labels are no labels."""
    made = [
        Sample(("main",), (1, 8), {"id": f"i{number}", "kind": "k", "pprof::base": "true"})
        for number in range(20)
    ]
    seen = look(profile(made), Query(), source="x")
    sets = label_sets(seen.profile, seen.units, most_values=10)
    assert sets.left_out == ("id",)
    assert [sorted(labels) for labels in sets.texts] == [[], [("bytes", "8B"), ("kind", "k")]]


def test_the_heaviest_paths_stay_where_there_are_too_many() -> None:
    """Lighter ones become one, which the view says."""
    made = {(f"leaf{number}", "main"): (1, 10 * number, 0, 0) for number in range(1, 40)}
    tree = flame_tree(look(profile(made), Query(sample_type="1"), source="x"), most_nodes=10)
    assert (tree.node_frames == -2).sum() == 1
    assert tree.amounts[1].values.sum() == sum(10 * number for number in range(1, 40))
    assert tree.view.notes[-1] == "29 call paths are too light to be told apart here"


def test_error_bars_come_where_top_has_them() -> None:
    """The events and the variance of a heap profile's samples are in the cells."""
    tree = flame_tree(look(profile({("f", "main"): (100, 6400, 0, 0)}), Query(), source="x"))
    alloc = tree.amounts[1]
    assert alloc.hits is not None
    assert alloc.variance is not None
    assert alloc.hits[0] == round(6400 / 524_288)
    cpu = profile({("f",): (3,)}, sample_types=["cpu/nanoseconds"], sizes=False)
    assert flame_tree(look(cpu, Query(), source="x")).no_bars


def inlined_bomb() -> Profile:
    """A location of a thousand inlined calls, on each of ten thousand stacks many times."""
    one = profile({(" inlined into ".join(f"f{number}" for number in range(1000)),): (1, 1, 1, 1)})
    return replace(
        one,
        values=np.ones((10_000, 4), np.int64),
        stacks=np.arange(10_000, dtype=np.uint32),
        stack_offsets=np.arange(0, 100_001, 10),
        stack_locations=np.zeros(100_000, np.uint32),
        label_offsets=np.zeros(10_001, np.int64),
        labels=one.labels[:0],
    )


def test_more_frames_than_can_be_drawn_are_refused() -> None:
    """A small file can stand for a hundred million frames."""
    with pytest.raises(ProfileError, match="its stacks have 100,000,000 frames"):
        flame_tree(look(inlined_bomb(), Query(), source="x"))


def test_hidden_characters_are_spelled_out_in_the_data() -> None:
    """Functions, files, labels, the source and comments cannot drive a terminal or turn around."""
    made = [Sample((f"{EVIL} ({EVIL}:1)", "main"), (1, 8, 1, 8), {EVIL: EVIL})]
    tree = flame_tree(look(profile(made, comments=[EVIL]), Query(), source=EVIL))
    text = json.dumps(json.loads(gzip.decompress(flame_data(tree))), ensure_ascii=False)
    assert not {"\x1b", "\x07", "\u202e", "\n"} & set(text)
    assert r"evil\\x1b]0;owned\\x07\\n\\u202e<script>" in text


def test_no_more_sample_types_are_offered_than_can_be_chosen_from() -> None:
    """A hostile profile may have half a million; the one asked for is always among them."""
    kinds = [f"type{number}/count" for number in range(2_000)]
    made = profile({("f",): [1] * 2_000}, sample_types=kinds, sizes=False)
    tree = flame_tree(look(made, Query(sample_type="type1999"), source="x"))
    assert len(tree.amounts) == 33
    assert tree.amounts[tree.shown].name == "type1999"
