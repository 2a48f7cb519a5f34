"""The live heap, from the goal of the next cycle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.live_heap import live_heap, typical_live_heap
from heapwise.model.recording import ServiceInfo
from support.runs import MIB, counters, cycle, fence, manifest, recording, sample, window


def test_at_gogc_100_half_of_the_goal_without_stacks_is_alive() -> None:
    """(101 MiB - 1 MiB) / 2."""
    read = counters(next_gc=101 * MIB, stack_inuse=MIB)
    assert live_heap(read, {"GOGC": "100"}) == 50 * MIB


def test_other_gogc_values_scale() -> None:
    """At 50 the goal is one and a half times the heap, at 300 four times, stacks scaled alike."""
    assert live_heap(counters(next_gc=30 * MIB), {"GOGC": "50"}) == 20 * MIB
    read = counters(next_gc=43 * MIB, stack_inuse=MIB)
    assert live_heap(read, {"GOGC": "300"}) == 10 * MIB


def test_an_unknown_gogc_is_gos_default() -> None:
    """A service that runs already does not tell."""
    assert live_heap(counters(next_gc=20 * MIB), {}) == 10 * MIB


@pytest.mark.parametrize(
    ("read", "settings"),
    [
        ({"next_gc": 100 * MIB}, {"GOGC": "off"}),
        ({"next_gc": 100 * MIB}, {"GOGC": "nonsense"}),
        ({"next_gc": 100 * MIB}, {"GOGC": "0"}),
        ({"next_gc": 100 * MIB}, {"GOMEMLIMIT": "128MiB"}),
        ({"next_gc": 4 * MIB}, {"GOGC": "100"}),
        ({"next_gc": 8_532_210_231_536 * MIB}, {}),
        ({"next_gc": 8 * MIB}, {"GOGC": "200"}),
        ({}, {}),
    ],
)
def test_a_goal_that_does_not_tell_gives_nothing(
    read: dict[str, int], settings: dict[str, str]
) -> None:
    """Collector off, limit set, smallest goal, no goal: unknown is not zero."""
    assert live_heap(counters(**read), settings) is None


def test_a_memory_limit_that_is_off_is_none() -> None:
    """Go prints its largest integer for no limit."""
    for off in ("", "off", "9223372036854775807"):
        assert live_heap(counters(next_gc=20 * MIB), {"GOMEMLIMIT": off}) == 10 * MIB


@given(st.integers(0, 2**50), st.integers(-1, 2**40), st.integers(1, 1000))
def test_it_is_never_negative_nor_above_the_goal(goal: int, stacks: int, gogc: int) -> None:
    """Whatever a service claims."""
    live = live_heap(counters(next_gc=goal, stack_inuse=stacks), {"GOGC": str(gogc)})
    assert live is None or 0 <= live <= goal


RUN = window(fence(0, num_gc=1), fence(10, num_gc=4))


def test_typical_is_the_median_inside_the_windows() -> None:
    """Of 10, 20 and 60 MiB, with a reading in the warm-up that does not count."""
    memory = tuple(
        sample(at, next_gc=goal * MIB) for at, goal in ((-1, 900), (1, 20), (2, 120), (3, 40))
    )
    assert typical_live_heap(recording(RUN, memory=memory), [RUN]) == 20 * MIB


def test_typical_falls_back_on_gctrace() -> None:
    """With GOGC off the goal says nothing; the cycles inside the window do."""
    service = ServiceInfo(url="http://127.0.0.1:1", settings={"GOGC": "off"})
    run = recording(
        RUN,
        manifest=manifest(service=service),
        memory=(sample(1, next_gc=20 * MIB),),
        cycles=tuple(cycle(n, n, heap_live=n * MIB) for n in (1, 2, 3, 4)),
    )
    assert typical_live_heap(run, [RUN]) == 3 * MIB
    assert typical_live_heap(recording(RUN), [RUN]) is None


def test_goals_above_the_smallest_are_not_typical_where_most_are_below() -> None:
    """Of five readings two tell, and they are the largest: the median lies below them."""
    goals = (4, 4, 4, 6, 12)
    memory = tuple(sample(at, next_gc=goal * MIB) for at, goal in enumerate(goals, 1))
    assert typical_live_heap(recording(RUN, memory=memory), [RUN]) is None
    traced = recording(RUN, memory=memory, cycles=(cycle(2, 2, heap_live=MIB),))
    assert typical_live_heap(traced, [RUN]) == MIB
    most = recording(RUN, memory=(*memory[1:], sample(6, next_gc=8 * MIB)))
    assert typical_live_heap(most, [RUN]) == 3 * MIB


def test_a_heap_below_one_mib_is_unknown_to_gctrace() -> None:
    """It prints 0 MB; nothing is reachable in no service."""
    run = recording(RUN, cycles=tuple(cycle(n, n, heap_live=0) for n in (2, 3, 4)))
    assert typical_live_heap(run, [RUN]) is None


def test_without_a_goal_what_is_in_use_is_alive() -> None:
    """CPython frees at once what nothing refers to: the median of the readings in the window."""
    memory = tuple(
        sample(at, next_gc=-1, heap_alloc=size * MIB) for at, size in ((1, 3), (2, 90), (3, 4))
    )
    assert typical_live_heap(recording(RUN, memory=memory), [RUN]) == 4 * MIB
    unknown = tuple(sample(at, next_gc=-1, heap_alloc=-1) for at in (1, 2))
    assert typical_live_heap(recording(RUN, memory=unknown), [RUN]) is None
