"""The figures of `heapwise gc`, worked out by hand."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.gc_overview import (
    overview_of_log,
    overview_of_memstats,
    overview_of_recording,
)
from heapwise.analysis.gc_overview.heap import allocation_rate
from heapwise.analysis.gc_overview.pacing import OFF, Told, pacing_of, told_by
from heapwise.analysis.gc_overview.trend import trend_of
from heapwise.analysis.gc_overview.warnings import python_warnings
from heapwise.errors import ProfileError, RecordingError
from heapwise.formats.gctrace import GcLog
from heapwise.formats.memstats import MemStats
from heapwise.model.envelope import envelope
from heapwise.model.gc import GcCycle, Pause
from heapwise.model.gc_overview import Direction
from heapwise.model.gc_timeline import Collection, GcSource
from heapwise.model.recording import ServiceInfo
from heapwise.report.gc_csv import render_gc_csv
from heapwise.report.gc_text import render_gc
from support.runs import (
    MIB,
    MS,
    WALL_S,
    S,
    counters,
    cycle,
    fence,
    manifest,
    recording,
    sample,
    window,
)


def a_cycle(number: int, at_s: float, live: int = 20, **others: int) -> GcCycle:
    """A cycle of 1 ms that finds so many MiB alive and aims at twice that."""
    heaps = {"heap_start": 2 * live, "heap_end": 2 * live, "heap_live": live, "goal": 2 * live}
    sizes = {name: size * MIB for name, size in heaps.items()}
    costs = {"assist_cpu_ns": MS, "background_cpu_ns": 2 * MS, "idle_cpu_ns": 4 * MS}
    return cycle(number, at_s, processors=2, **(sizes | costs | others))


def log_of(*cycles: GcCycle, **others: int) -> GcLog:
    """A log with nothing else in it."""
    return GcLog(cycles=cycles, **({"missing": 0, "skipped": 0, "other": 0} | others))


def test_rates_and_shares_are_of_the_time_between_the_first_and_the_last_cycle() -> None:
    """Ten cycles in nine seconds of two processors: 9 · (1 + 2 + 2 · 0.1) ms of 18 s."""
    found, _ = overview_of_log(log_of(*(a_cycle(number, number) for number in range(1, 11))), "x")
    assert found.cycles_per_second == pytest.approx(1.0)
    assert found.cpu.share == pytest.approx(9 * 3.2e-3 / 18)
    assert found.cpu.with_idle == pytest.approx(9 * 7.2e-3 / 18)
    assert found.cpu.assist == pytest.approx(9 * 1e-3 / 18)
    assert found.cpu.marking == pytest.approx(9 * 1e-3 / 9)
    assert found.heap.amplitude == 20 * MIB
    assert found.heap.allocation_rate == pytest.approx(20 * MIB)


def test_the_climb_to_a_steady_heap_is_left_out() -> None:
    """Cycles at 1 and 2 MiB belong to the start of a program that keeps 20."""
    climb = [a_cycle(number, number / 10, live=number) for number in (1, 2)]
    steady = [a_cycle(number, number) for number in range(3, 13)]
    found, timeline = overview_of_log(log_of(*climb, *steady), "x")
    assert found.skipped is not None
    assert (found.skipped.cycles, found.skipped.ns) == (2, round(2.9 * S))
    assert (found.cycles, timeline.collections[0].number) == (10, 3)
    assert found.heap.floor == 20 * MIB


def test_a_heap_that_only_climbs_loses_a_quarter_at_most() -> None:
    """The start of a leak never ends."""
    found, _ = overview_of_log(log_of(*(a_cycle(n, n, live=n) for n in range(1, 41))), "x")
    assert found.skipped is not None
    assert found.skipped.cycles == 10


def test_skip_leaves_out_what_it_says() -> None:
    """Counted from the first cycle; nothing left is an error, zero leaves out nothing."""
    log = log_of(*(a_cycle(number, number) for number in range(1, 11)))
    assert overview_of_log(log, "x", 3 * S)[0].cycles == 7
    assert overview_of_log(log, "x", 0)[0].cycles == 10
    with pytest.raises(ProfileError, match="no cycle of x is left"):
        overview_of_log(log, "x", 3600 * S)


def test_torn_lines_lower_the_coverage_and_nothing_else() -> None:
    """Every second cycle is missing: the shares stand for all of them."""
    whole = log_of(*(a_cycle(number, number) for number in range(1, 22)))
    half = log_of(*whole.cycles[::2], missing=10)
    one, two = overview_of_log(whole, "x", 0)[0], overview_of_log(half, "x", 0)[0]
    assert (two.cycles, two.seen) == (21, 11)
    assert two.coverage == pytest.approx(11 / 21)
    assert two.cycles_per_second == pytest.approx(one.cycles_per_second)
    assert two.cpu.share == pytest.approx(one.cpu.share, rel=0.06)
    assert two.heap.allocation_rate is None


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ({"other": 25}, "25 other lines; start the Go service with GODEBUG=gctrace=1"),
        ({"skipped": 3}, "3 lines begin as one and are torn"),
    ],
)
def test_a_log_without_a_cycle_is_refused(others: dict[str, int], why: str) -> None:
    """With what there is in it, and what to do."""
    with pytest.raises(ProfileError) as caught:
        overview_of_log(log_of(**others), "service.log")
    assert why in str(caught.value)


def test_a_mixed_log_says_that_its_figures_are_of_one_run() -> None:
    """Two processes that write in turn make more runs than there are processes."""
    mixed = [a_cycle(number, number) for pair in range(1, 5) for number in (pair, pair + 100)]
    found, _ = overview_of_log(log_of(*mixed), "x")
    assert any(note.startswith("the log holds 4 runs of cycle numbers") for note in found.notes)


def test_one_cycle_alone_has_no_rate() -> None:
    """Neither a division by zero nor a rate of zero."""
    found, _ = overview_of_log(log_of(a_cycle(1, 1)), "x")
    assert (found.cycles, found.cycles_per_second, found.span_ns) == (1, None, None)
    assert found.cpu.share is None
    assert any("1 cycle is few" in note for note in found.notes)


def test_allocation_is_what_the_heap_grew_by() -> None:
    """From 10 alive to 30 at the next start is 20; 5 more came while it marked."""
    first = Collection(number=1, start_ns=0, end_ns=MS, heap_before=20, heap_after=25, heap_live=10)
    then = Collection(number=2, start_ns=S, end_ns=S + MS, heap_before=30, heap_live=10)
    assert allocation_rate([first, then]) == 25
    assert allocation_rate([first]) is None
    gap = msgspec.structs.replace(then, number=3)
    assert allocation_rate([first, gap]) is None


def aiming(live: int, goal: int, roots: int = 0) -> list[Collection]:
    """Two cycles, of which the first leaves so many MiB alive and the second has that goal."""
    return [
        Collection(number=number, start_ns=number, end_ns=number, heap_live=live * MIB,
                   goal=goal * MIB, roots=roots * MIB)
        for number in (5, 6)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cycles", "gogc"),
    [
        (aiming(100, 200), 100),
        (aiming(100, 400), 300),
        (aiming(100, 260, roots=60), 100),
        (aiming(2, 4), None),
        (aiming(100, 8_532_210_231_538), OFF),
        ([], None),
    ],
    ids=["100", "300", "goroutines", "too small to tell", "off", "nothing known"],
)
def test_gogc_is_worked_out_from_goal_and_live_heap(
    cycles: list[Collection], gogc: float | None
) -> None:
    """Stacks and globals are allowed for; heaps of a few MiB are rounded too much."""
    pacing = pacing_of(cycles, Told())
    assert pacing.gogc == (None if gogc is None else pytest.approx(gogc, rel=0.01))
    assert not pacing.gogc_told


@pytest.mark.parametrize(
    ("cycles", "told", "binds"),
    [
        (aiming(100, 200), Told(100, OFF), False),
        (aiming(100, 200), Told(100, 1 << 30), False),
        (aiming(100, 130), Told(100, 140 << 20), True),
        (aiming(100, 130), Told(OFF, 140 << 20), True),
        (aiming(100, 105), Told(), True),
        (aiming(100, 130), Told(), None),
        (aiming(100, 105), Told(5, None), None),
        (aiming(100, 105), Told(100, OFF), True),
        (aiming(100, 400), Told(100, OFF), None),
    ],
)
def test_whether_a_limit_binds(cycles: list[Collection], told: Told, binds: bool | None) -> None:
    """Told or not told, from goals lower than GOGC puts them."""
    assert pacing_of(cycles, told).binds is binds


def test_goals_are_believed_rather_than_an_environment_that_they_contradict() -> None:
    """A program sets its limit itself, as containers' limits often are: no limit is not said."""
    limited, enlarged = (pacing_of(aiming(100, goal), Told(100, OFF)) for goal in (105, 400))
    assert (limited.memory_limit, limited.gogc_told) == (None, False)
    assert enlarged.gogc == pytest.approx(300, rel=0.01)
    rounded = pacing_of(aiming(8, 9), Told(20, OFF))
    assert (rounded.gogc, rounded.memory_limit) == (20, OFF)


@pytest.mark.parametrize(("roots", "binds"), [(0, True), (60, None)])
def test_large_roots_put_the_first_goal_far_up_without_a_limit(
    roots: int, binds: bool | None
) -> None:
    """A program with 60 MiB of global variables begins at that, not at 4 MiB."""
    first = Collection(number=1, start_ns=0, end_ns=1, goal=60 * MIB, roots=roots * MIB)
    cycles = aiming(100, 200 + roots, roots=roots)
    assert pacing_of(cycles, Told(), first=first).binds is binds


@pytest.mark.parametrize(
    ("settings", "whole", "told"),
    [
        ({}, False, Told(None, None)),
        ({}, True, Told(100, OFF)),
        ({"GOGC": "off", "GOMEMLIMIT": "1GiB"}, False, Told(OFF, 1 << 30)),
        ({"GOGC": "50"}, False, Told(50, None)),
        ({"GOGC": "-1", "GOMEMLIMIT": "off"}, False, Told(OFF, OFF)),
        ({"GOGC": "many", "GOMEMLIMIT": "some"}, True, Told(None, None)),
    ],
)
def test_settings_of_a_service(settings: dict[str, str], whole: bool, told: Told) -> None:
    """What is not in a known environment has its default; what is nonsense is unknown."""
    assert told_by(settings, whole=whole) == told


def test_a_trend_needs_an_interval_without_zero() -> None:
    """A line that rises rises; noise around a level does not; few points tell nothing."""
    random = np.random.default_rng(3)
    noise = random.normal(0, 0.5 * MIB, 300)
    level = [(number * S, 100 * MIB + each) for number, each in enumerate(noise)]
    rising = [(at, live + at / S * MIB) for at, live in level]
    falling = [(at, live - at / S * MIB / 4) for at, live in level]
    directions = []
    for points in (level, rising, falling):
        trend = trend_of(points)
        assert trend is not None
        directions.append(trend.direction)
        assert trend.bins == 24
    assert directions == [Direction.LEVEL, Direction.RISING, Direction.FALLING]
    assert trend_of(rising[:20]) is None
    assert trend_of([]) is None
    assert trend_of([(5, 1.0)] * 100) is None


def test_a_heap_that_wanders_is_seldom_said_to_rise() -> None:
    """Random walks, whose neighbouring bins are alike: a plain interval would be fooled often."""
    random = np.random.default_rng(5)
    fooled = 0
    for _ in range(200):
        walk = 500 * MIB + np.cumsum(random.normal(0, MIB, 240))
        trend = trend_of([(number * S, each) for number, each in enumerate(walk.tolist())])
        assert trend is not None
        fooled += trend.direction in (Direction.RISING, Direction.FALLING)
    assert fooled <= 10


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.floats(0, 2.0**60)), max_size=120),
)
def test_any_points_have_a_trend_or_none(points: list[tuple[int, float]]) -> None:
    """The interval holds the slope, in whatever order and however odd the points are."""
    trend = trend_of(points)
    if trend is not None:
        slope = trend.bytes_per_second
        assert slope.low <= slope.value <= slope.high


SIZES = st.integers(0, 2**63 - 1)
TIMES = st.integers(0, 10**15)
CYCLES = st.builds(
    GcCycle,
    number=st.integers(0, 10**10),
    at_ns=st.integers(0, 10**18),
    cpu_percent=st.integers(0, 999),
    sweep_termination_ns=TIMES,
    mark_ns=TIMES,
    mark_termination_ns=TIMES,
    assist_cpu_ns=TIMES,
    background_cpu_ns=TIMES,
    idle_cpu_ns=TIMES,
    heap_start=SIZES,
    heap_end=SIZES,
    heap_live=SIZES,
    goal=SIZES,
    stacks=SIZES,
    globals=SIZES,
    processors=st.integers(0, 999_999),
    forced=st.booleans(),
)


@given(st.lists(CYCLES, min_size=1, max_size=60), st.none() | st.integers(0, 10**18))
def test_any_cycles_are_shown_or_none_is_left(cycles: list[GcCycle], skip_ns: int | None) -> None:
    """Whatever stands in a log: as text, as JSON and as rows, with shares that are shares."""
    try:
        found, timeline = overview_of_log(log_of(*cycles), "x", skip_ns)
    except ProfileError:
        assert skip_ns is not None
        return
    assert render_gc(found)
    assert len(render_gc_csv(timeline).splitlines()) == 1 + len(timeline.collections)
    read = msgspec.json.decode(envelope(found))["data"]
    shares = [found.coverage, *(each for each in read["cpu"].values() if each is not None)]
    assert all(0 <= share <= 10 for share in shares)


GO = window(fence(0, num_gc=10, total_alloc=0), fence(10, num_gc=14, total_alloc=400 * MIB))


def test_a_recording_has_exact_counts_and_readings_of_its_memory() -> None:
    """Four cycles and 400 MiB in 10 s; the gauges are medians of the readings."""
    readings = tuple(
        sample(at, num_gc=10 + at // 2, last_gc_ns=WALL_S * S + (10 + at // 2 - 9) * S + MS,
               total_alloc=at, heap_alloc=30 * MIB, heap_inuse=40 * MIB, heap_idle=20 * MIB,
               heap_released=5 * MIB)
        for at in (2, 4, 6)
    )  # fmt: skip
    cycles = tuple(a_cycle(number, number - 9) for number in range(9, 17))
    found, timeline = overview_of_recording(recording(GO, memory=readings, cycles=cycles), "run.hw")
    assert (found.cycles, found.seen, found.coverage) == (4, 4, 1.0)
    assert [each.number for each in timeline.collections] == [11, 12, 13, 14]
    assert found.heap.allocation_rate == 40 * MIB
    assert found.heap.fragmentation == pytest.approx(0.25)
    assert (found.heap.idle, found.heap.released) == (15 * MIB, 5 * MIB)
    assert found.heap.live == 20 * MIB
    assert found.pacing.gogc == 100
    assert found.next_command == "heapwise top -alloc_space run.hw"


def test_without_gctrace_the_runtime_says_what_the_collector_takes() -> None:
    """MemStats carry it; where the limit is told, raising GOGC would change nothing."""
    service = ServiceInfo(url="u", runtime="go", version="1.26", settings={"GOMEMLIMIT": "1GiB"})
    first, last = (fence(at, num_gc=10 + at, gc_cpu_ppb=400_000_000) for at in (0, 10))
    run = recording(
        window(first, last),
        manifest=manifest(service=service),
        pauses=(Pause(number=12, end_ns=(WALL_S + 2) * S, pause_ns=MS),),
    )
    found, _ = overview_of_recording(run, "run.hw")
    assert found.cpu.told == 0.4
    assert found.warnings == (
        "the collector takes 40.0 % of the CPU: allocate less, or raise GOMEMLIMIT",
    )


def test_skipping_in_a_recording_starts_at_a_reading_which_is_exact() -> None:
    """After 3 s comes the reading at 4 s, with cycle 12 behind it."""
    readings = tuple(sample(at, num_gc=10 + at // 2, total_alloc=at) for at in (2, 4, 6))
    found, _ = overview_of_recording(recording(GO, memory=readings), "run.hw", 3 * S)
    assert (found.cycles, found.span_ns) == (2, 6 * S)
    with pytest.raises(RecordingError, match="--skip is longer"):
        overview_of_recording(recording(GO, memory=readings), "run.hw", 60 * S)


def test_a_ring_that_lost_most_is_called_a_sample() -> None:
    """One of four pauses is no distribution."""
    run = recording(GO, pauses=(Pause(number=12, end_ns=(WALL_S + 2) * S, pause_ns=MS),))
    found, _ = overview_of_recording(run, "run.hw")
    assert (found.source, found.coverage) == (GcSource.RING, 0.25)
    assert any(note.startswith("sampled: ") for note in found.notes)


def test_a_python_service_has_generations_and_the_share_of_its_time() -> None:
    """Two pauses of 10 ms in 10 s, one of each generation."""
    pauses = tuple(
        Pause(number=11 + index, end_ns=(WALL_S + 1 + index) * S, pause_ns=10 * MS,
              generation=generation, collected=5, uncollectable=0, forced=0)
        for index, generation in enumerate((0, 2))
    )  # fmt: skip
    run = window(fence(0, num_gc=10), fence(10, num_gc=12))
    info = ServiceInfo(url="http://127.0.0.1:6060", runtime="python")
    found, _ = overview_of_recording(
        recording(run, manifest=manifest(service=info), pauses=pauses), "py.hw"
    )
    assert found.cpu.share == pytest.approx(0.002)
    assert [each.generation for each in found.generations] == [0, 2]
    assert found.worst is not None
    assert found.worst.number == 11
    assert found.warnings == ()
    assert python_warnings(found.cpu, found.heap, forced=None) == ()
    busy = msgspec.structs.replace(found.cpu, share=0.3)
    (warning,) = python_warnings(busy, found.heap, forced=None)
    assert "stops the program 30.0 % of the time" in warning
    assert (found.pacing.gogc, found.pacing.memory_limit) == (None, None)


def test_a_recording_without_an_end_says_why_there_is_nothing() -> None:
    """One line, with what to do."""
    with pytest.raises(RecordingError, match="nothing is known of the collector in run"):
        overview_of_recording(recording(), "run.hw")


def test_one_reading_tells_of_the_cycles_that_it_remembers() -> None:
    """Three ends in two seconds, of 90 cycles since the start."""
    pauses = tuple(
        Pause(number=number, end_ns=(WALL_S + number) * S, pause_ns=1000) for number in (88, 89, 90)
    )
    read = counters(num_gc=90, gc_cpu_ppb=20_000_000, heap_alloc=3, heap_inuse=4)
    stats = MemStats(counters=read, pauses=pauses, contradictions=())
    found, _ = overview_of_memstats(stats, GcSource.EXPVAR, "vars.json")
    assert (found.cycles, found.cycles_per_second, found.cpu.told) == (3, 1.0, 0.02)
    assert found.notes[0] == "one reading: the newest 3 of 90 cycles"
    empty = msgspec.structs.replace(stats, pauses=())
    with pytest.raises(ProfileError, match="no collection in vars"):
        overview_of_memstats(empty, GcSource.EXPVAR, "vars.json")
