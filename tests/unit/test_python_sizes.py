"""Mean sizes that drift between two profiles of the agent's do not spoil their difference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.allocation import allocation
from heapwise.analysis.diff import subtract
from heapwise.analysis.frames import Frame
from heapwise.analysis.size_classes import Block, aligned, blocks_by_line, size_class
from support.profiles import Sample, profile

STACK = ("app.f (/srv/app.py:3)",)
LINE = Frame("app.f", "/srv/app.py", 3)


def test_what_was_there_before_is_taken_off_whatever_its_mean_was() -> None:
    """A day's history of blocks of 9,000 B and a window's of 9,100: only the window's is left."""
    earlier = profile([Sample(STACK, (100_000, 900_000_000), {"bytes": 9_000})])
    later = profile([Sample(STACK, (100_100, 900_910_000), {"bytes": 9_001})])
    gained = allocation(subtract(*aligned(earlier, later)))
    assert gained.total.size == 910_000
    assert gained.total.count == 100
    assert allocation(subtract(earlier, later)).total.size == 900_910_000  # what happens without


def test_rows_of_one_line_join_where_their_classes_do() -> None:
    """Two instructions on one line have a row each, and one mean together."""
    later = profile(
        [
            Sample(STACK, (10, 90_000), {"bytes": 9_000}),
            Sample(STACK, (10, 92_000), {"bytes": 9_200}),
            Sample(STACK, (10, 20_000), {"bytes": 2_000}),
        ]
    )
    _, labelled = aligned(later, later)
    sizes = [block.size for block in blocks_by_line(labelled)[LINE]]
    assert sizes == [2_000, 9_100]
    assert len(subtract(*aligned(later, later))) == 0


def test_blocks_are_counted_by_line_and_size() -> None:
    """Callers do not matter; what has no label is nobody's."""
    window = profile(
        [
            Sample((*STACK, "app.a (/srv/app.py:9)"), (3, 300), {"bytes": 100}),
            Sample((*STACK, "app.b (/srv/app.py:7)"), (1, 100), {"bytes": 100}),
            Sample(("app.g (/srv/app.py:5)",), (0, 500)),
        ]
    )
    assert blocks_by_line(window) == {LINE: (Block(100, 4.0),)}


@given(st.integers(1, 1 << 40), st.integers(1, 1 << 40))
def test_classes_are_in_the_order_of_sizes_and_narrow(one: int, other: int) -> None:
    """A larger size is never in a lower class, and a class holds at most a quarter more."""
    low, high = sorted((one, other))
    assert size_class(low) <= size_class(high)
    if size_class(low) == size_class(high):
        assert high - low <= max(15, low // 4)
