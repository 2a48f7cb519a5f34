"""The interval between readings follows the collector, and never burdens the service."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.memory import Counters, MemorySample
from heapwise.record.sampler import (
    READING_SHARE,
    RING,
    SHORTEST_INTERVAL_NS,
    next_interval,
    per_reading,
)

SECOND = 1_000_000_000


def sample(at_ns: int, num_gc: int, took_ns: int = 1_000_000) -> MemorySample:
    """A reading with nothing but what the interval depends on."""
    counters = Counters(total_alloc=0, mallocs=0, frees=0, num_gc=num_gc)
    return MemorySample(at_ns=at_ns, took_ns=took_ns, counters=counters)


def test_a_service_that_hardly_collects_is_read_at_the_longest_interval() -> None:
    """One collection a second leaves the ring alone for minutes."""
    assert next_interval(sample(0, 0), sample(SECOND, 1), SECOND) == SECOND


def test_three_hundred_collections_a_second_are_read_five_times_a_second() -> None:
    """A quarter of the ring of 256 is 64 collections: 213 ms at 300 a second."""
    interval = next_interval(sample(0, 0), sample(SECOND, 300), SECOND)
    assert interval == SECOND * 64 // 300


@given(st.integers(1, 5000), st.integers(1, 50_000_000))
def test_at_most_half_of_the_ring_turns_over_unless_reading_is_slow(rate: int, took: int) -> None:
    """At a steady rate the pauses between two readings fit into half of the ring."""
    interval = next_interval(sample(0, 0), sample(SECOND, rate, took), SECOND)
    slowed = max(SHORTEST_INTERVAL_NS, READING_SHARE * took)
    assert rate * interval / SECOND <= RING / 2 or interval == slowed


def test_a_slow_reading_takes_at_most_a_twentieth_of_the_time() -> None:
    """A profile of tens of thousands of stacks must not become the load."""
    assert next_interval(sample(0, 0), sample(SECOND, 300, SECOND), SECOND) == 20 * SECOND


def test_a_restart_does_not_upset_the_interval() -> None:
    """Counters that went backwards give no rate."""
    assert next_interval(sample(0, 300), sample(SECOND, 2), SECOND) == SECOND


def test_the_cost_of_a_reading_is_the_median_of_neighbours() -> None:
    """A background task that allocates between two readings does not count."""
    totals = [0, 100, 200, 9000, 9100, 9200]
    readings = [Counters(total_alloc=total, mallocs=total // 10, frees=0) for total in totals]
    assert per_reading(readings) == (100.0, 10.0)
