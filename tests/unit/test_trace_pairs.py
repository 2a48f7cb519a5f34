"""Beginnings and ends made stretches."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.exectrace.pairs import Marks, Pairing

Mark = tuple[int, int, bool, int]


def marks(rows: list[Mark]) -> Marks:
    """Marks of key, time, whether it begins, and tag."""
    columns = np.array([list(row) for row in rows], np.int64).reshape(-1, 4).T
    return Marks(columns[0], columns[1], columns[2] == 1, columns[3])


def pieces(pairing: Pairing, *generations: list[Mark]) -> list[tuple[int, int, int, int]]:
    """The stretches that generations of marks make: key, start, end, tag."""
    found = []
    for rows in generations:
        took = pairing.take(marks(rows))
        found += list(
            zip(
                took.key.tolist(),
                took.start.tolist(),
                took.end.tolist(),
                took.tag.tolist(),
                strict=True,
            )
        )
    return found


def test_each_key_has_its_own_beginnings() -> None:
    """Stretches of different keys may overlap, and come in the order of their ends."""
    rows = [(1, 0, True, 7), (2, 1, True, 8), (1, 5, False, 0), (2, 9, False, 0)]
    assert pieces(Pairing(), rows) == [(1, 0, 5, 7), (2, 1, 9, 8)]


def test_a_stretch_may_cross_generations() -> None:
    """What begins in one generation and ends two later is one stretch."""
    generations: list[list[Mark]] = [[(1, 0, True, 7)], [], [(1, 50, False, 0)]]
    assert pieces(Pairing(), *generations) == [(1, 0, 50, 7)]


def test_an_end_without_a_beginning_is_nothing() -> None:
    """A trace begins in the middle of things."""
    rows = [(1, 3, False, 0), (1, 4, True, 2), (1, 6, False, 0), (1, 7, False, 0)]
    assert pieces(Pairing(), rows) == [(1, 4, 6, 2)]


def test_a_lost_end_harms_one_stretch_only() -> None:
    """Where stretches do not nest, the last beginning counts."""
    rows = [(1, 0, True, 1), (1, 4, True, 2), (1, 6, False, 0), (1, 7, False, 0)]
    assert pieces(Pairing(), rows) == [(1, 4, 6, 2)]


def test_nested_stretches_end_in_reverse() -> None:
    """Regions lie in each other, also where an earlier end came without a beginning."""
    rows = [
        (1, 0, False, 0), (1, 1, True, 1), (1, 2, True, 2), (1, 3, False, 0), (1, 4, True, 3),
        (1, 5, False, 0), (1, 6, False, 0),
    ]  # fmt: skip
    expected = [(1, 2, 3, 2), (1, 4, 5, 3), (1, 1, 6, 1)]
    assert pieces(Pairing(nested=True), rows) == expected


def test_the_end_is_known_by_its_row() -> None:
    """The row of an end among the marks just taken leads back to its event."""
    pairing = Pairing()
    pairing.take(marks([(1, 0, True, 0)]))
    assert pairing.is_open(np.array([1, 2])).tolist() == [True, False]
    took = pairing.take(marks([(2, 1, True, 0), (1, 5, False, 0)]))
    assert took.ended_by.tolist() == [1]
    assert pairing.is_open(np.array([1, 2])).tolist() == [False, True]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60),
    st.lists(st.integers(0, 60), max_size=4),
    st.booleans(),
)
def test_where_a_trace_is_cut_into_generations_changes_nothing(
    events: list[tuple[int, bool]], cuts: list[int], nested: bool
) -> None:
    """The same stretches come out however the marks are split, and as a stack finds them."""
    rows = [(key, time, begins, time) for time, (key, begins) in enumerate(events)]
    borders = [0, *sorted(cuts), len(rows)]
    generations = [rows[a:b] for a, b in pairwise(borders)]
    assert pieces(Pairing(nested=nested), *generations) == by_stack(rows, nested=nested)


def by_stack(rows: list[Mark], *, nested: bool) -> list[tuple[int, int, int, int]]:
    """The plain way to pair marks."""
    open_: dict[int, list[tuple[int, int]]] = {}
    found = []
    for key, time, begins, tag in rows:
        stack = open_.setdefault(key, [])
        if begins:
            open_[key] = [*(stack if nested else []), (time, tag)]
        elif stack:
            start, said = stack.pop()
            found.append((key, start, time, said))
    return found
