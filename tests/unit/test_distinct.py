"""Equal rows get one number, in the order in which they come, whatever their bytes are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis import _aggregate
from heapwise.analysis.distinct import distinct, distinct_runs, secret

runs_of_bytes = st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b"", b"\0", b"\0\0"])))


def numbered(rows: list[bytes]) -> tuple[list[int], list[int]]:
    """The first row of each group and the group of each row, by a dictionary."""
    known: dict[bytes, int] = {}
    groups = [known.setdefault(row, len(known)) for row in rows]
    return [rows.index(row) for row in known], groups


@given(runs_of_bytes, st.binary(max_size=3))
def test_runs_of_bytes_are_numbered_as_a_dictionary_would(rows: list[bytes], rest: bytes) -> None:
    """Of any length, also none; what no run covers does not matter."""
    offsets = np.cumsum([len(rest), *map(len, rows)])
    firsts, groups = distinct_runs(rest + b"".join(rows) + rest, offsets)
    assert (firsts.tolist(), groups.tolist()) == numbered(rows)


@given(st.lists(st.integers(-3, 3) | st.integers(-(1 << 63), (1 << 63) - 1)), st.integers(1, 3))
def test_rows_of_an_array_are_numbered_by_their_value(values: list[int], step: int) -> None:
    """Also where they do not lie side by side, as a column of a table does."""
    table = np.zeros(len(values), [("skipped", "V3"), ("value", "<i8")])
    table["value"] = values
    firsts, groups = distinct(table["value"][::step])
    expected = [value.to_bytes(8, "little", signed=True) for value in values[::step]]
    assert (firsts.tolist(), groups.tolist()) == numbered(expected)


def test_hundreds_of_thousands_of_rows_are_told_apart() -> None:
    """The table grows; each row is met twice."""
    rows = np.concatenate([np.arange(300_000), np.arange(300_000)[::-1]])
    firsts, groups = distinct(rows)
    np.testing.assert_array_equal(firsts, np.arange(300_000))
    np.testing.assert_array_equal(groups, rows)


@pytest.mark.parametrize("offsets", [[], [-1, 1], [1, 0], [0, 4], [0, 1 << 62], [-(1 << 63), 0]])
def test_offsets_out_of_the_column_are_an_error(offsets: list[int]) -> None:
    """And not bytes of somebody else's."""
    with pytest.raises(ValueError, match="out of the column"):
        _aggregate.group(b"abc", np.array(offsets, np.int64), 1, 7)


def test_what_is_no_column_is_refused() -> None:
    """Items of no width, and offsets cut in the middle."""
    for width in (0, -8):
        with pytest.raises(ValueError, match="width"):
            _aggregate.group(b"abc", None, width, 7)
    with pytest.raises(ValueError, match="cut off"):
        _aggregate.group(b"abc", np.zeros(15, np.uint8), 1, 7)


def test_the_secret_is_another_each_time() -> None:
    """Who knew it could write a profile whose rows all collide."""
    assert len({secret() for _ in range(20)}) == 20
