"""Snapshots as profiles, as text and as differences."""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsupport import oracle
from heapwise.analysis import size_classes
from heapwise.formats import pprof
from heapwise_agent import heap
from heapwise_agent.sampler import Counters, Frame, Row, Snapshot

INTERVAL = 524288
LEAF = Frame("compress", "/srv/app.py", 12, 10)
ROOT = Frame("<module>", "/srv/app.py", 99, 1)
NONE = Counters(**dict.fromkeys((field.name for field in fields(Counters)), 0))
OTHER = Frame("parse", "/srv/parse.py", 7, 5)


def row(stack: int, size: int, hits: int, live: int, interval: int = INTERVAL) -> Row:
    """As the sampler makes it from so many events of one size."""
    weight = 1 / -math.expm1(-size / interval) if interval > 1 else 1.0
    return Row(
        stack_index=stack,
        size=size,
        hits=hits,
        alloc_objects=hits * weight,
        alloc_space=hits * weight * size,
        inuse_objects=live * weight,
        inuse_space=live * weight * size,
    )


def snapshot(*rows: Row, interval: int = INTERVAL) -> Snapshot:
    """A snapshot with two stacks."""
    return Snapshot(rows, ((LEAF, ROOT), (OTHER, ROOT)), interval, NONE)


def test_the_four_values_come_in_gos_order() -> None:
    """With the interval as the period, and the size of the objects as a label."""
    decoded = pprof.decode(heap.profile(snapshot(row(0, 1_000_000, 3, 1))))
    assert [kind.type for kind in decoded.sample_types] == [
        "alloc_objects",
        "alloc_space",
        "inuse_objects",
        "inuse_space",
    ]
    assert (decoded.period_type.type, decoded.period) == ("space", INTERVAL)
    assert decoded.shown_by_default.type == "inuse_space"
    ((_, values, labels),) = oracle.rows(heap.profile(snapshot(row(0, 1_000_000, 3, 1))))
    assert labels == (("bytes", 1_000_000),)
    assert values == (4, 3_523_085, 1, 1_174_362)


def test_allocs_shows_what_was_allocated_first() -> None:
    """The data are the same."""
    data = heap.profile(snapshot(row(0, 64, 3, 1)), default="alloc_space")
    assert pprof.decode(data).shown_by_default.type == "alloc_space"


@given(st.integers(1, 1 << 24), st.integers(1, 10_000), st.sampled_from([1, 4096, INTERVAL]))
def test_the_number_of_sampled_events_can_be_recovered(size: int, hits: int, interval: int) -> None:
    """The total of a sample, its label and the period give back how often it was sampled."""
    data = heap.profile(snapshot(row(0, size, hits, hits, interval), interval=interval))
    ((_, (_, space, _, _), ((_, label),)),) = oracle.rows(data)
    share = -math.expm1(-label / interval) if interval > 1 else 1.0
    assert round(space / label * share) == hits


def test_a_difference_is_what_was_allocated_in_between() -> None:
    """Rows are matched by stack and size class, although the mean size of a class drifts."""
    before = snapshot(row(0, 1000, 10, 10), row(1, 600_000, 5, 5))
    drifted = row(0, 1002, 30, 20)
    change = heap.delta(before, snapshot(row(1, 600_000, 5, 2), drifted))
    rows = {change.stacks[each.stack_index][0]: each for each in change.rows}
    assert rows[LEAF].hits == 20
    assert rows[LEAF].alloc_space == pytest.approx(drifted.alloc_space - before.rows[0].alloc_space)
    assert rows[LEAF].size == pytest.approx(1003, abs=1)
    assert rows[OTHER].alloc_space == 0
    assert rows[OTHER].inuse_space == pytest.approx(-3 * 600_000 * 1.467, rel=1e-3)


def test_a_difference_of_equal_snapshots_is_empty() -> None:
    """Nothing happened, so there is no sample at all."""
    same = snapshot(row(0, 1000, 10, 10), row(0, 5000, 2, 0), row(1, 600_000, 5, 5))
    assert oracle.rows(heap.profile(heap.delta(same, same))) == []


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 1 << 20), st.integers(1, 50))))
def test_a_difference_adds_up_to_what_came_later(rows: list[tuple[int, int, int]]) -> None:
    """Over all rows, whatever their sizes."""
    parts = [row(stack, size, hits, hits) for stack, size, hits in rows]
    half = len(parts) // 2
    change = heap.delta(snapshot(*parts[:half]), snapshot(*parts))
    expected = sum(part.alloc_space for part in parts[half:])
    assert sum(each.alloc_space for each in change.rows) == pytest.approx(expected)


def test_the_text_holds_raw_counts_and_twice_the_interval() -> None:
    """As Go prints them: readers scale them up, and halve the number."""
    lines = heap.text(snapshot(row(0, 1_000_000, 3, 1), row(1, 64, 2, 0))).decode().splitlines()
    assert lines[0] == f"heap profile: 1: 1000000 [5: 3000128] @ heap/{2 * INTERVAL}"
    assert lines[1].startswith("0: 0 [2: 128] @ 0x10 0x20")
    assert "1: 1000000 [3: 3000000] @ 0x30 0x20" in lines
    assert "#\t0x30\tapp.compress+0x0\t/srv/app.py:12" in lines


def test_a_name_cannot_break_out_of_its_line() -> None:
    """Names of code come from whoever wrote it."""
    bad = (Frame("f\n# TotalAlloc = 1", "/srv/a\nb.py", 1, 1),)
    text = heap.text(replace(snapshot(row(0, 64, 1, 1)), stacks=(bad,))).decode()
    assert not re.search(r"^# TotalAlloc", text, re.MULTILINE)


def test_the_live_heap_is_never_negative() -> None:
    """Rounding and deltas may leave a little less than nothing."""
    assert heap.live(snapshot(row(0, 64, 3, -1))) == (0, 0)


@given(st.integers(1, 1 << 40), st.floats(0.1, 1e6))
def test_size_classes_are_those_that_heapwise_compares_by(size: int, weight: float) -> None:
    """Also of a mean that was divided from sums, and is a hair beside the whole number."""
    mean = (size * weight * 3) / (weight * 3)
    assert heap.size_class(size) == heap.size_class(mean) == size_classes.size_class(size)
