"""Figures of several processes as those of one service."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.size_classes import size_class
from heapwise_agent.encode import Profile, ValueType
from heapwise_agent.prefork import merge
from heapwise_agent.prefork.gclog import GcLog
from heapwise_agent.prefork.tally import Tally
from heapwise_agent.sampler import Counters, Frame, Row, Snapshot

A, B = (Frame("a", "x.py", 1, 1),), (Frame("b", "x.py", 2, 2), Frame("a", "x.py", 1, 1))


def heap(*rows: tuple[tuple[Frame, ...], float, float]) -> Snapshot:
    """A heap of (stack, mean size, objects); half of everything is alive."""
    stacks = list(dict.fromkeys(stack for stack, _, _ in rows))
    return Snapshot(
        rows=tuple(
            Row(stacks.index(stack), size, 1, count, count * size, count / 2, count * size / 2)
            for stack, size, count in rows
        ),
        stacks=tuple(stacks),
        interval=4096,
        counters=Counters(**dict.fromkeys(COUNTERS, 1) | {"interval": 4096, "enabled": True}),
    )


COUNTERS: dict[str, Any] = dict.fromkeys(Counters.__dataclass_fields__, 1)


def by_stack(snapshot: Snapshot) -> dict[tuple[Frame, ...], tuple[float, ...]]:
    """Sums of the four values."""
    sums: dict[tuple[Frame, ...], tuple[float, ...]] = {}
    for row in snapshot.rows:
        values = (row.alloc_objects, row.alloc_space, row.inuse_objects, row.inuse_space)
        known = sums.get(snapshot.stacks[row.stack_index], (0.0,) * 4)
        sums[snapshot.stacks[row.stack_index]] = tuple(map(sum, zip(known, values, strict=True)))
    return sums


def test_heaps_add_up_by_stack_and_size() -> None:
    """The same stack and size is one row, with the mean size of all its objects."""
    merged = merge.snapshots([heap((A, 116, 10)), heap((B, 64, 1), (A, 120, 30))])
    assert by_stack(merged) == {A: (40, 4760, 20, 2380), B: (1, 64, 0.5, 32)}
    sizes = {merged.stacks[row.stack_index]: row.size for row in merged.rows}
    assert sizes == {A: 119, B: 64}
    assert merged.counters.alloc_bytes == 2
    assert (merged.counters.interval, merged.counters.enabled) == (4096, True)


def test_sizes_of_different_magnitude_stay_apart() -> None:
    """Or the label with their mean size would fit neither."""
    merged = merge.snapshots([heap((A, 16, 1)), heap((A, 100_000, 1))])
    assert sorted(row.size for row in merged.rows) == [16, 100_000]


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([A, B]), st.integers(1, 1 << 30), st.integers(1, 1000)),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_merging_keeps_every_sum(parts: list[list[Any]]) -> None:
    """Whatever the rows, the sums by stack are those of the parts."""
    heaps = [heap(*rows) for rows in parts]
    expected: dict[Any, Counter[int]] = {}
    for each in heaps:
        for stack, values in by_stack(each).items():
            expected.setdefault(stack, Counter()).update(dict(enumerate(values)))  # type: ignore[arg-type]
    merged = by_stack(merge.snapshots(heaps))
    assert merged.keys() == expected.keys()
    for stack, values in merged.items():
        assert list(values) == [expected[stack][column] for column in range(4)]


def test_of_an_ended_process_only_what_grows_is_kept() -> None:
    """Its memory is given back; what it allocated has been allocated."""
    assert by_stack(merge.ended_snapshot(heap((A, 100, 10)))) == {A: (10, 1000, 0, 0)}
    stats = {"TotalAlloc": 9, "Mallocs": 5, "Frees": 3, "HeapAlloc": 4, "HeapObjects": 2,
             "Sys": 100, "NumForcedGC": 1, "PauseTotalNs": 7, "PauseNs": [1]}  # fmt: skip
    total = merge.stats([dict(stats), merge.ended_stats(dict(stats))])
    assert total | {"PauseNs": 0} == {
        "TotalAlloc": 18, "Mallocs": 10, "Frees": 8, "HeapAlloc": 4, "HeapObjects": 2,
        "Sys": 100, "NumForcedGC": 2, "PauseTotalNs": 14, "PauseNs": 0,
    }  # fmt: skip
    kept = merge.ended_variables({"rss": 5, "alloc_bytes": 6, "work": {"row": 1}})
    assert kept == {"alloc_bytes": 6, "work": {"row": 1}}


def test_variables_add_amounts_and_work() -> None:
    """Numbers that are no amounts, and words, are those of the first process."""
    one = {"pid": 1, "version": "0.1.0", "interval": 5, "rss": 10, "enabled": True,
           "work": {"row": 2}}  # fmt: skip
    other = {"pid": 2, "version": "0.1.0", "interval": 5, "rss": 20, "enabled": False,
             "work": {"row": 3, "file": 1}}  # fmt: skip
    merged = merge.variables([one, other])
    assert merged == {**one, "rss": 30, "work": {"row": 5, "file": 1}}


def test_profiles_add_up_by_stack_and_labels() -> None:
    """What looks the same is the same row."""
    kind = ValueType("cpu", "nanoseconds")
    parts = []
    for comment in ("one", "two"):
        part = Profile((kind,), kind)
        part.comments, part.duration_ns = (comment,), 5
        part.add(A, (3,), (("thread", "MainThread", ""),))
        parts.append(part)
    merged = merge.profiles(parts)
    assert list(merged.rows()) == [(A, (("thread", "MainThread", ""),), (6,))]
    assert (merged.comments, merged.duration_ns) == (("one", "two"), 5)


def test_a_tally_never_goes_back_while_processes_come_and_go() -> None:
    """Who is silent counts with its last word, who has ended with what remains."""
    tally: Tally[int] = Tally(sum, lambda value: value)
    one, two, three = (1, 0), (2, 0), (3, 0)
    assert tally.update({one: 10, two: 20}, [one, two]) == 30
    assert tally.update({one: 11}, [one, two]) == 31
    assert tally.update({one: 12}, [one]) == 32
    assert tally.update({one: 13, three: 1}, [one, three]) == 34
    assert tally.update({one: 13}, [one]) == 34


def test_a_farewell_counts_once_its_process_is_gone() -> None:
    """What was said last replaces what was heard before; a process never met counts too."""
    tally: Tally[int] = Tally(sum, lambda value: value)
    one, two, unknown = (1, 0), (2, 0), (3, 0)
    assert tally.update({one: 10, two: 20}, [one, two]) == 30
    tally.hear(two, 25)
    assert tally.update({one: 10, two: 21}, [one, two]) == 31
    tally.hear(unknown, 100)
    assert tally.update({one: 10}, [one]) == 135
    assert tally.update({one: 10}, [one]) == 135


def collection(seq: int, end_ns: int) -> dict[str, Any]:
    """A collection of one nanosecond."""
    return {"seq": seq, "start_unix_ns": end_ns - 1, "duration_ns": 1}


def test_collections_are_numbered_in_the_order_they_ended() -> None:
    """A number never moves, and what is too fresh waits for the next question."""
    log, one, two = GcLog(), (1, 0), (2, 0)
    log.add(
        [
            (one, {"events": [collection(1, 10), collection(2, 30)]}),
            (two, {"events": [collection(1, 20), collection(2, 99)]}),
        ],
        before_ns=50,
    )
    seen = log.since(1)
    assert [(event["seq"], event["pid"]) for event in seen["events"]] == [(1, 1), (2, 2), (3, 1)]
    assert (log.next_of(one), log.next_of(two), seen["next"]) == (3, 2, 4)
    log.add([(two, {"events": [collection(2, 99)]})], before_ns=100)
    assert [event["seq"] for event in log.since(4)["events"]] == [4]
    stats = log.stats()
    assert (stats["NumGC"], stats["LastGC"]) == (4, 99)
    assert stats["PauseEnd"][:5] == [10, 20, 30, 99, 0]


def test_collections_that_a_process_forgot_are_counted() -> None:
    """Its ring is finite; how many are missing is said, and no event is taken twice."""
    log = GcLog()
    for _ in range(2):
        log.add([((1, 0), {"events": [collection(41, 5)]})], before_ns=9)
    assert log.since(1)["lost"] == 40
    assert log.stats()["NumGC"] == 41
    assert log.next_of((1, 0)) == 42


@given(st.integers(1, 1 << 30), st.integers(1, 1 << 30))
def test_blocks_are_joined_within_a_size_class_only(one: int, other: int) -> None:
    """As heapwise and the sampler have them, so that differences of merged views cancel out."""
    merged = merge.snapshots([heap((A, one, 1)), heap((A, other, 1))])
    assert (len(merged.rows) == 1) == (size_class(one) == size_class(other))
