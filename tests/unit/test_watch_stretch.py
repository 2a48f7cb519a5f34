"""Two readings of a target: what happened in between, or that it was another process."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.stretch import between, restarted
from heapwise.model.gc import Pause, TimeHistogram
from heapwise.model.watch import Source, Stretch, Vitals

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
RING = 256


def vitals(after_s: float = 0.0, **told: object) -> Vitals:
    return msgspec.structs.replace(
        Vitals(at_ns=START + int(after_s * SECOND), source=Source.MEMSTATS, runtime="go"), **told
    )


def ring(first: int, last: int, *, end_ns: int = START, length_ns: int = 1000) -> tuple[Pause, ...]:
    """Collections of those numbers, one a second."""
    return tuple(
        Pause(number=number, end_ns=end_ns + number * SECOND, pause_ns=length_ns + number)
        for number in range(first, last + 1)
    )


def across(earlier: Vitals, later: Vitals) -> Stretch:
    found = between(earlier, later)
    assert found is not None
    return found


def test_counters_become_amounts_and_gauges_stay() -> None:
    """What grew is told by how much, what is held as it is at the end."""
    found = across(
        vitals(0, allocated=100.0, mallocs=7.0, work=3.0, cpu_s=1.0, live=5e6, tasks=9),
        vitals(15, allocated=350.0, mallocs=9.0, work=3.0, cpu_s=7.0, live=6e6, tasks=8, rss=9e6),
    )
    assert (found.allocated, found.mallocs, found.work) == (250.0, 2.0, 0.0)
    assert (found.live, found.tasks, found.rss) == (6e6, 8, 9e6)
    assert found.cpu_share == pytest.approx(0.4)
    assert found.seconds == 15


def test_what_only_one_reading_tells_is_unknown() -> None:
    """A source that comes or goes makes no amount out of nothing."""
    found = across(vitals(0, allocated=100.0), vitals(15, mallocs=9.0, gc_cpu_s=4.0))
    assert (found.allocated, found.mallocs, found.gc_share) == (None, None, None)
    assert found.pauses is None


def test_the_order_of_readings_matters() -> None:
    """Whoever turns them round has made a mistake that is not the target's."""
    with pytest.raises(ValueError, match="later"):
        between(vitals(15), vitals(15))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"started_ns": START}, {"started_ns": START + 3 * SECOND}),
        ({"process": 7}, {"process": 8}),
        ({"runtime": "go"}, {"runtime": "python"}),
        ({"version": "go1.26.8"}, {"version": "go1.27.3"}),
        ({"build": "v1"}, {"build": "v2"}),
        ({"allocated": 100.0}, {"allocated": 99.0}),
        ({"mallocs": 100.0}, {"mallocs": 0.0}),
        ({"cycles": 5}, {"cycles": 4}),
        ({"gc_cpu_s": 2.0}, {"gc_cpu_s": 1.9}),
        ({"pause_total_ns": 2e9}, {"pause_total_ns": 1e9}),
        (
            {"pause_histogram": TimeHistogram((1e3, 2e3), (5, 5, 5))},
            {"pause_histogram": TimeHistogram((1e3, 2e3), (9, 4, 9))},
        ),
        ({"pauses": ring(1, 9)}, {"pauses": ring(1, 8)}),
        ({"pauses": ring(1, 9)}, {"pauses": ring(5, 99, end_ns=START + 60 * SECOND)}),
        (
            {"started_ns": START, "pauses": ring(1, 9)},
            {"started_ns": START + 3 * SECOND, "pauses": ring(1, 99, end_ns=START + SECOND)},
        ),
        (
            {"started_ns": START, "pauses": ring(1, 9)},
            {"started_ns": START + 3 * SECOND, "pauses": ring(10, 99)},
        ),
    ],
)
def test_another_process_is_recognised(before: dict[str, object], after: dict[str, object]) -> None:
    """By its start, its number, its program, what it counts, or what it remembers."""
    assert between(vitals(0, **before), vitals(15, **after)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"started_ns": START}, {"started_ns": START + SECOND}),
        ({"version": ""}, {"version": "go1.27.3"}),
        ({"build": "v1"}, {"build": ""}),
        ({"allocated": 100.0}, {"allocated": None}),
        ({"gc_cpu_s": 2.0}, {"gc_cpu_s": 1.9999}),
        ({"allocated": 1.2345678901234567e16}, {"allocated": 1.2345678901234565e16}),
        ({"work": 10.0}, {"work": 4.0}),
        ({"frees": 100.0}, {"frees": 99.0}),
        ({"cpu_s": 10.0}, {"cpu_s": 4.0}),
        ({"pauses": ring(1, 9)}, {"pauses": ring(5, 99)}),
        (
            {"started_ns": START, "pauses": ring(1, 9)},
            {"started_ns": START + 3 * SECOND, "pauses": ring(5, 99)},
        ),
    ],
)
def test_the_same_process_is_not_taken_for_another(
    before: dict[str, object], after: dict[str, object]
) -> None:
    """The jitter of a clock, rounding, silence, and a series that ends are no restarts.

    Nor is a clock that was set, where the same collections are remembered.
    """
    assert not restarted(vitals(0, **before), vitals(15, **after))


def test_work_that_fell_is_unknown() -> None:
    """Its sum lost a label set: what was done is not told."""
    assert across(vitals(0, work=10.0), vitals(15, work=4.0)).work is None


def test_a_histogram_tells_all_pauses() -> None:
    """Those that came between the readings, by length."""
    found = across(
        vitals(0, pause_histogram=TimeHistogram((1e3, 2e3), (1, 2, 3))),
        vitals(15, pause_histogram=TimeHistogram((1e3, 2e3), (1, 5, 4))),
    ).pauses
    assert found is not None
    assert found.histogram == TimeHistogram((1e3, 2e3), (0, 3, 1))
    assert (found.happened, found.coverage) == (4, 1.0)


def test_a_ring_tells_the_pauses_since_by_number() -> None:
    """Not by time: the target's clock is its own."""
    found = across(
        vitals(0, pauses=ring(1, 40), cycles=40), vitals(15, pauses=ring(1, 50), cycles=50)
    ).pauses
    assert found is not None
    assert found.lengths_ns == tuple(1000 + number for number in range(41, 51))
    assert (found.happened, found.coverage) == (10, 1.0)


def test_a_ring_that_overflowed_says_how_much_it_lost() -> None:
    """256 of 1,000 collections are still there."""
    found = across(
        vitals(0, pauses=ring(1, 40), cycles=40),
        vitals(15, pauses=ring(1040 - RING + 1, 1040), cycles=1040),
    ).pauses
    assert found is not None
    assert (found.happened, len(found.lengths_ns)) == (1000, RING)
    assert found.coverage == pytest.approx(0.256)


def test_a_ring_tells_more_than_a_histogram_of_one_bucket_a_decade() -> None:
    """As client_golang makes it; only a ring that lost nothing is preferred."""
    wide = (
        TimeHistogram((1e3, 1e4, 1e5), (0, 0, 0, 0)),
        TimeHistogram((1e3, 1e4, 1e5), (0, 4, 0, 0)),
    )
    told = [{"pause_histogram": histogram} for histogram in wide]
    whole = across(
        vitals(0, pauses=ring(1, 8), **told[0]), vitals(15, pauses=ring(1, 10), **told[1])
    ).pauses
    partial = across(
        vitals(0, pauses=ring(1, 8), **told[0]), vitals(15, pauses=ring(300, 555), **told[1])
    ).pauses
    assert whole is not None
    assert partial is not None
    assert (whole.lengths_ns, whole.histogram) == ((1009, 1010), None)
    assert partial.histogram is not None


def test_the_first_collection_is_seen() -> None:
    """A process that had not collected yet has no ring, but all that comes is new."""
    found = across(vitals(0, cycles=0), vitals(15, pauses=ring(1, 2), cycles=2)).pauses
    assert found is not None
    assert found.lengths_ns == (1001, 1002)


def test_generations_stand_beside_the_lengths() -> None:
    """CPython's pauses differ by what was collected."""
    pauses = tuple(
        msgspec.structs.replace(pause, generation=pause.number % 3) for pause in ring(1, 9)
    )
    found = across(vitals(0, pauses=pauses[:3]), vitals(15, pauses=pauses)).pauses
    assert found is not None
    assert found.generations == (1, 2, 0, 1, 2, 0)


def test_a_count_of_cycles_alone_has_no_coverage() -> None:
    """They happened, and nobody saw how long they were."""
    found = across(vitals(0, cycles=4), vitals(15, cycles=9, pause_total_ns=5.0)).pauses
    assert found is not None
    assert (found.happened, found.lengths_ns, found.coverage) == (5, (), 0.0)


def test_shares_are_of_what_the_runtime_counted_between_two_cycles() -> None:
    """Go counts CPU at the end of a cycle; without one in between there is no share, not none."""
    first = vitals(
        0, gc_cpu_s=1.0, assist_cpu_s=0.5, cpu_available_s=100.0, cpu_counted_s=10.0, cycles=3
    )
    second = vitals(
        15, gc_cpu_s=4.0, assist_cpu_s=1.25, cpu_available_s=130.0, cpu_counted_s=16.0, cycles=4
    )
    found = across(first, second)
    assert found.gc_share == pytest.approx(0.1)
    assert found.gc_of_used == pytest.approx(0.5)
    assert found.assist_share == pytest.approx(0.025)
    assert across(first, msgspec.structs.replace(first, at_ns=second.at_ns)).gc_share is None


@dataclasses.dataclass
class Collector:
    """A process whose collector takes a share of the CPU that changes, and what Go says of it."""

    started_ns: int = START
    at_ns: int = START
    taken_ns: float = 0.0
    cycles: int = 0

    def run(self, seconds: float, share: float) -> None:
        """Go on for some time, until the end of a cycle."""
        self.at_ns += int(seconds * SECOND)
        self.taken_ns += share * seconds * SECOND
        self.cycles += 1

    def told(self, started_ns: int | None = START) -> Vitals:
        age = self.at_ns - self.started_ns
        return vitals(
            (self.at_ns - START) / SECOND + 1,
            started_ns=started_ns,
            gc_fraction=round(self.taken_ns / age * 1e9) / 1e9 if age else 0.0,
            last_gc_ns=self.at_ns if self.cycles else None,
            cycles=self.cycles,
        )


@given(
    st.lists(st.tuples(st.floats(2, 120), st.floats(0, 0.9)), min_size=2, max_size=20),
    st.floats(0, 30 * 24 * 3600),
)
def test_the_share_since_the_start_gives_that_of_a_stretch(
    parts: list[tuple[float, float]], age_s: float
) -> None:
    """GCCPUFraction at the ends of two cycles, for every course and up to a month of age."""
    process = Collector()
    process.run(age_s + 1, 0.03)
    for seconds, share in parts:
        before = process.told()
        process.run(seconds, share)
        found = across(before, process.told()).gc_share
        assert found == pytest.approx(share, abs=1e-9 * (age_s + 2500) / seconds + 1e-6)


def test_the_first_cycle_has_a_share_too() -> None:
    """Before it nothing was collected."""
    process = Collector()
    before = process.told()
    process.run(10, 0.2)
    assert across(before, process.told()).gc_share == pytest.approx(0.2)


def test_without_the_start_of_the_process_there_is_no_share() -> None:
    """A share since an unknown moment says nothing of the last fifteen seconds."""
    process = Collector()
    process.run(1000, 0.01)
    before = process.told(None)
    process.run(10, 0.5)
    assert across(before, process.told(None)).gc_share is None


@st.composite
def lives(draw: st.DrawFn) -> list[list[Vitals]]:
    """Processes one after the other in one place, each asked a few times."""
    now_s, found = 0.0, []
    for number in range(draw(st.integers(1, 4))):
        now_s += draw(st.floats(0.1, 100))
        found.append(life(draw, now_s, number))
        now_s += 200 * len(found[-1])
    return found


def life(draw: st.DrawFn, began_s: float, process: int) -> list[Vitals]:
    """One process: counters that rise, and a ring of the newest collections."""
    tells = draw(st.sampled_from(["started_ns", "process", "ends"]))
    allocated, cycles, work, readings = 0.0, 0, 0.0, []
    for number in range(draw(st.integers(1, 5))):
        allocated += draw(st.floats(0, 1e12))
        cycles += draw(st.integers(0, 200))
        work += draw(st.floats(-10, 1e6))
        told: dict[str, object] = {
            "allocated": allocated,
            "cycles": cycles,
            "work": max(0.0, work),
            "pauses": ring(max(1, cycles - RING + 1), cycles, end_ns=START + int(began_s * SECOND)),
        }
        if tells == "started_ns":
            told["started_ns"] = START + int(began_s * SECOND)
        if tells == "process":
            told["process"] = process
        readings.append(vitals(began_s + 100 * number + 1, **told))
    return readings


def amounts(found: Stretch) -> Sequence[float]:
    """All that must not be negative."""
    told = [found.allocated, found.mallocs, found.work, found.gc_share, found.cpu_share]
    if found.pauses is not None:
        told += [found.pauses.happened, found.pauses.coverage, *found.pauses.lengths_ns]
    return [amount for amount in told if amount is not None]


@given(lives())
def test_no_amount_is_ever_negative(processes: list[list[Vitals]]) -> None:
    """Whatever processes follow each other, and however their counters lie."""
    readings = [reading for process in processes for reading in process]
    for earlier, later in pairwise(readings):
        found = between(earlier, later)
        assert found is None or all(amount >= 0 for amount in amounts(found))


@given(lives())
def test_a_restart_is_found_where_anything_tells(processes: list[list[Vitals]]) -> None:
    """Within a life there is none; between two of which both tell who they are there is one."""
    for process in processes:
        for earlier, later in pairwise(process):
            assert not restarted(earlier, later)
    for one, next_one in pairwise(processes):
        earlier, later = one[-1], next_one[0]
        both_tell = any(
            getattr(earlier, name) is not None and getattr(later, name) is not None
            for name in ("started_ns", "process")
        )
        overlap = {pause.number for pause in earlier.pauses} & {
            pause.number for pause in later.pauses
        }
        fell = (later.allocated or 0) < (earlier.allocated or 0)
        if both_tell or overlap or fell:
            assert restarted(earlier, later)
