"""The collector during a run."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.gcstats import ends_ns, gc_summary, process_start_ns
from heapwise.model.gc import GcSummary, Pause
from heapwise.model.recording import ServiceInfo
from support.runs import MS, WALL_S, S, cycle, fence, manifest, recording, sample, window

RUN = window(fence(0, num_gc=10, num_forced_gc=2), fence(10, num_gc=14, num_forced_gc=3))
"""Cycles 11 to 14, one of them forced by the program."""


def pause(number: int, pause_us: int = 100) -> Pause:
    """A pause that ended that many seconds after the zero."""
    return Pause(number=number, end_ns=(WALL_S + number) * S, pause_ns=pause_us * 1000)


def summary(run: object = RUN, **parts: object) -> GcSummary:
    """The summary of a run that has one."""
    found = gc_summary(recording(run, **parts), run)  # type: ignore[arg-type] # a window
    assert found is not None
    return found


def test_cycles_are_counted_from_the_counters_and_forced_ones_apart() -> None:
    """Both are differences between the fences, exact whatever was seen of the pauses."""
    found = summary()
    assert (found.cycles, found.forced) == (4, 1)
    assert (found.seen, found.coverage, found.pause) == (0, 0.0, None)


def test_only_cycles_between_the_fences_count() -> None:
    """Number 10 ended before the first fence was read, 15 after the second."""
    found = summary(pauses=tuple(pause(number, number * 10) for number in range(9, 17)))
    assert found.pause is not None
    assert (found.seen, found.coverage, found.source) == (4, 1.0, "MemStats ring")
    assert found.pause_total_ns == (110 + 120 + 130 + 140) * 1000
    assert (found.pause.p50, found.pause.max) == (120_000, 140_000)


def test_lost_pauses_lower_the_coverage() -> None:
    """One of four was read before the ring forgot it."""
    found = summary(pauses=(pause(13),))
    assert (found.seen, found.coverage) == (1, 0.25)
    assert found.assist_cpu_ns is None


def test_gctrace_is_preferred_and_gives_assist_and_cpu() -> None:
    """Four cycles of 2 + 3 + 4 + 1 ms CPU on two processors in 10 s: 40 ms of 20 s."""
    cost = {
        "sweep_termination_cpu_ns": 2 * MS,
        "assist_cpu_ns": 3 * MS,
        "background_cpu_ns": 4 * MS,
        "mark_termination_cpu_ns": 1 * MS,
        "idle_cpu_ns": 50 * MS,
        "processors": 2,
    }
    found = summary(
        cycles=tuple(cycle(number, number, **cost) for number in range(9, 17)),
        pauses=tuple(pause(number) for number in range(11, 15)),
    )
    assert found.source == "gctrace"
    assert found.pause_total_ns == 4 * 100_000
    assert found.assist_cpu_ns == 12 * MS
    assert found.cpu_share == pytest.approx(0.040 / 20)


def test_a_torn_gctrace_gives_way_to_the_ring() -> None:
    """A line broken by the service's own output leaves the ring with more; no CPU is guessed."""
    found = summary(cycles=(cycle(11, 1),), pauses=tuple(pause(n) for n in range(11, 15)))
    assert (found.source, found.seen, found.cpu_share) == ("MemStats ring", 4, None)


def test_without_gctrace_the_cpu_share_is_unknown() -> None:
    """GCCPUFraction is a share of an age that MemStats do not tell."""
    run = window(fence(0, num_gc=1, gc_cpu_ppb=10**7), fence(9, num_gc=5, gc_cpu_ppb=10**8))
    assert summary(run).cpu_share is None


def test_a_run_without_collections_is_fully_covered() -> None:
    """No pause was missed, and the collector used nothing."""
    quiet = window(fence(0, num_gc=10), fence(10, num_gc=10))
    found = summary(quiet, cycles=(cycle(10, 1, processors=2),))
    assert (found.cycles, found.coverage, found.pause) == (0, 1.0, None)
    assert (found.pause_total_ns, found.cpu_share) == (0, 0.0)


def test_windows_are_added_and_what_lies_between_is_not() -> None:
    """Cycles forced between two windows belong to fences."""
    first = window(fence(0, num_gc=10), fence(5, num_gc=12))
    second = window(fence(6, num_gc=16), fence(9, num_gc=19))
    run = recording(first, second, pauses=tuple(pause(number) for number in range(30)))
    found = gc_summary(run, first, second)
    assert found is not None
    assert (found.cycles, found.seen) == (5, 5)


def test_a_number_that_occurs_twice_after_a_restart_counts_once() -> None:
    """The second process counts from one again."""
    found = summary(pauses=(pause(11, 1), pause(12, 1), pause(11, 999)))
    assert (found.seen, found.pause_total_ns) == (2, 2000)


def test_no_counters_no_summary() -> None:
    """A runtime that does not count cycles, or a run without an end, has none."""
    unknown = window(fence(0, num_gc=-1), fence(1, num_gc=-1))
    assert gc_summary(recording(unknown), unknown) is None
    assert gc_summary(recording()) is None


def test_the_two_clocks_meet_in_a_common_cycle() -> None:
    """Cycle 7 began 3 s after the process did and ended 1 ms later, at 5.001 s of the run."""
    last = sample(6, num_gc=7, last_gc_ns=WALL_S * S + 5 * S + MS)
    run = recording(memory=(last,), cycles=(cycle(7, 3), cycle(8, 4)))
    assert process_start_ns(run) == (WALL_S + 2) * S
    assert ends_ns(run).tolist() == [5 * S + MS, 6 * S + MS]


def test_clocks_without_a_common_cycle_are_not_aligned() -> None:
    """Nothing is drawn rather than drawn in the wrong place."""
    run = recording(memory=(sample(6, num_gc=9, last_gc_ns=S),), cycles=(cycle(7, 3),))
    assert process_start_ns(run) is None
    assert ends_ns(run).tolist() == []


def collections(*generations: int) -> tuple[Pause, ...]:
    """CPython's collections from number 11 on: 10 ms each, of whose objects one stays."""
    return tuple(
        msgspec.structs.replace(
            pause(number, 10_000), generation=generation, collected=5, uncollectable=1, forced=0
        )
        for number, generation in enumerate(generations, 11)
    )


def python(pauses: tuple[Pause, ...], **settings: str) -> GcSummary:
    """The summary of a Python service whose four collections were seen so far."""
    info = ServiceInfo(url="http://127.0.0.1:6060", runtime="python", settings=settings)
    found = gc_summary(recording(RUN, pauses=pauses, manifest=manifest(service=info)), RUN)
    assert found is not None
    return found


def test_cpython_s_pauses_are_the_collectors_share() -> None:
    """Four pauses of 10 ms in 10 s of one interpreter are 0.4 %, of two processes 0.2 %."""
    found = python(collections(0, 0, 2, 0))
    assert found.cpu_share == pytest.approx(0.004)
    assert (found.source, found.coverage) == ("gc.callbacks", 1.0)
    assert python(collections(0, 0, 2, 0), processes="2").cpu_share == pytest.approx(0.002)


def test_generations_are_told_apart() -> None:
    """Youngest first, with what each freed and could not free."""
    young, old = python(collections(0, 0, 2, 0)).generations
    assert (young.generation, young.cycles, young.collected, young.uncollectable) == (0, 3, 15, 3)
    assert (old.generation, old.cycles, old.pause_total_ns, old.pause_max_ns) == (
        2, 1, 10 * MS, 10 * MS,
    )  # fmt: skip
    assert summary(pauses=(pause(11),)).generations == ()


def test_a_share_of_what_was_not_seen_is_unknown() -> None:
    """One of four collections was missed: the rest is no share of anything."""
    found = python(collections(0, 0, 2))
    assert (found.cpu_share, found.coverage) == (None, 0.75)
    assert python(collections(0), processes="many").cpu_share is None


@given(st.sets(st.integers(1, 40)), st.integers(0, 20), st.integers(0, 20))
def test_coverage_is_a_share(seen: set[int], first: int, more: int) -> None:
    """Whatever was seen, it is part of what happened."""
    run = window(fence(0, num_gc=first), fence(1, num_gc=first + more))
    found = summary(run, pauses=tuple(pause(number) for number in sorted(seen)))
    assert 0 <= found.coverage <= 1
    assert found.seen == len([number for number in seen if first < number <= first + more])
