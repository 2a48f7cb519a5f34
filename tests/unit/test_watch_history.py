"""A target's past: bins of five minutes, coarse series of three days, pauses by length."""

from __future__ import annotations

import gc
import math
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.gc import TimeHistogram
from heapwise.model.watch import Bin, PausesSeen, Stretch
from heapwise.units import NS_PER_S
from heapwise.watch.columns import Columns
from heapwise.watch.history import KEPT, History
from heapwise.watch.pause_tally import PauseTally
from heapwise.watch.scale import UNSCALED, Scale
from support.watched import BEGIN_NS, BIN_NS, PER_BIN, POLL_NS, Imagined, new_history, stretch

GO_BOUNDS = tuple(float((4 + part) << octave) for octave in range(7, 44) for part in range(4))
MIB = float(1 << 20)


def bins_of(target: Imagined, count: int, **amounts: object) -> list[Bin]:
    return list(target.live_through(count, **amounts))


def test_a_bin_takes_the_least_live_heap_and_the_mean_of_the_load() -> None:
    """A reading that spikes leaves the floor alone; amounts are told a second."""
    target = Imagined()
    values = iter([*([20 * MIB, 44 * MIB, 16 * MIB, 18 * MIB] * 5), 1.0])
    made = bins_of(target, 1, live=lambda _: next(values), allocated=30 * MIB, work=150.0)
    made += target.history.add(stretch(PER_BIN, live=MIB))
    assert len(made) == 1
    assert made[0].live == 16 * MIB
    assert made[0].allocated == pytest.approx(2 * MIB)
    assert made[0].work == made[0].load == pytest.approx(10.0)
    assert made[0].stretches == PER_BIN
    assert made[0].begin_ns == BEGIN_NS


def test_bins_are_aligned_to_the_first_reading() -> None:
    """Every bin begins a whole number of bins after the process was first seen."""
    target = Imagined()
    made = bins_of(target, 3, live=MIB)
    target.skip(3 * PER_BIN)
    made += bins_of(target, 2, live=MIB)
    assert [(each.begin_ns - BEGIN_NS) / BIN_NS for each in made] == [0, 1, 2, 6]


def test_a_bin_that_was_mostly_not_seen_has_no_floor() -> None:
    """Four readings out of twenty may all have missed the floor; what was done a second stands."""
    target = Imagined()
    made = [each for number in range(4) for each in target.history.add(stretch(number, live=MIB))]
    target.skip(PER_BIN)
    made += target.history.add(stretch(PER_BIN, live=MIB, allocated=15 * MIB))
    assert made[0].live is None
    assert made[0].stretches == 4


def test_one_reading_after_a_silence_does_not_stand_for_the_whole_of_it() -> None:
    """A stretch of ten minutes tells the live heap of one moment."""
    history = new_history()
    history.add(stretch(0, live=MIB))
    history.add(Stretch(begin_ns=BEGIN_NS + POLL_NS, end_ns=BEGIN_NS + 41 * POLL_NS, live=MIB))
    (made,) = history.add(stretch(60, live=MIB))
    assert made.live is None


def test_a_target_that_is_asked_seldom_has_floors_too() -> None:
    """One that is left alone for two minutes each time, because its answers cost it much, has two
    or three readings a bin, and each stands for the time between them.
    """
    history = new_history()
    made = [
        each
        for number in range(20)
        for each in history.add(
            Stretch(
                begin_ns=BEGIN_NS + 8 * number * POLL_NS,
                end_ns=BEGIN_NS + 8 * (number + 1) * POLL_NS,
                live=MIB,
            )
        )
    ]
    assert len(made) == 7
    assert all(each.live == MIB for each in made[1:])


def test_coarse_bins_are_the_least_of_the_fine_ones_and_the_mean_of_their_load() -> None:
    """Of twelve bins, two of thirty minutes; the one that is not over is left out."""
    target = Imagined()
    target.through(14, live=lambda hours: MIB * (10 + hours), allocated=lambda hours: hours * 15)
    series = target.history.series(30, 2)
    assert series is not None
    least, load = series
    assert least == pytest.approx([10 * MIB, 10.5 * MIB])
    assert load[0] == pytest.approx(0.25, rel=0.02)
    assert load[1] == pytest.approx(0.75, rel=0.02)
    assert target.history.series(30, 3) is None


def test_the_load_is_the_work_where_it_is_counted() -> None:
    """Bytes allocated stand in for it, and nobody's load is unknown."""
    for amounts, load in (
        ({"work": 30.0, "allocated": 15.0}, 2.0),
        ({"allocated": 15.0}, 1.0),
        ({}, math.nan),
    ):
        target = Imagined()
        target.through(5, live=MIB, **amounts)
        series = target.history.series(5, 4)
        assert series is not None
        assert series[1] == pytest.approx([load] * 4, nan_ok=True)


def test_a_hole_in_a_series_is_a_hole() -> None:
    """A coarse bin of which less than half was seen is unknown, its neighbours are not."""
    target = Imagined()
    target.through(12, live=MIB)
    target.skip(5 * PER_BIN)
    target.through(8, live=MIB)
    series = target.history.series(30, 4)
    assert series is not None
    assert series[0] == pytest.approx([MIB, MIB, math.nan, MIB], nan_ok=True)


def test_bins_that_are_not_in_a_row_are_not_the_newest_so_many() -> None:
    """Two windows in a row are neighbours in time."""
    target = Imagined()
    target.through(3, live=MIB)
    assert target.history.newest(2) is not None
    target.skip(PER_BIN)
    target.through(2, live=MIB)
    assert target.history.newest(2) is None


def test_a_restart_leaves_nothing() -> None:
    """Windows begin anew with another process."""
    target = Imagined()
    target.through(30, live=MIB)
    target.history.reset()
    assert target.history.series(5, 1) is None
    assert target.history.newest(1) is None
    (made,) = [
        each
        for number in range(1000, 1000 + PER_BIN + 1)
        for each in target.history.add(stretch(number, live=MIB))
    ]
    assert made.begin_ns == BEGIN_NS + 1000 * POLL_NS


def test_a_restored_history_goes_on_as_if_the_watcher_had_never_ended() -> None:
    """Bins of the store and bins of now are one series, with a hole between them."""

    def live(hours: float) -> float:
        return MIB * (1 + hours)

    target, other = Imagined(), Imagined()
    stored = bins_of(target, 40, live=live, work=15.0)
    assert len(stored) == 39
    other.through(40, live=live, work=15.0)
    stranger = Bin(begin_ns=stored[0].begin_ns - BIN_NS - 1, stretches=20, live=1.0)
    target.history.restore([stranger, *stored])
    for each in (target, other):
        each.skip(PER_BIN // 4)
        each.through(10, live=live, work=15.0)
    for minutes, count, hole in ((5, 50, 39), (30, 8, None)):
        ours, theirs = (each.history.series(minutes, count) for each in (target, other))
        assert ours is not None
        assert theirs is not None
        floors = [math.nan if at == hole else live for at, live in enumerate(theirs[0])]
        assert ours[0] == pytest.approx(floors, nan_ok=True)
    assert target.history.series(5, 51) is None


def test_a_silence_longer_than_what_is_kept_leaves_only_what_came_after() -> None:
    """A target that comes back after a week has no series that reaches over it."""
    target = Imagined()
    target.through(30, live=MIB)
    target.skip((KEPT + 10) * PER_BIN)
    target.through(4, live=2 * MIB)
    assert target.history.series(5, 4) is None
    series = target.history.series(5, 3)
    assert series is not None
    assert series[0] == (2 * MIB,) * 3


@given(
    minutes=st.sampled_from([5, 10, 20, 30, 120]),
    lives=st.lists(st.none() | st.floats(1, 100), min_size=2, max_size=99),
)
def test_series_are_what_the_bins_say(minutes: int, lives: list[float | None]) -> None:
    """Whatever is asked for, it is the least of the bins that were handed out."""
    history = History(UNSCALED, "go", BIN_NS // 2)
    for index, live in enumerate([*lives, 1.0]):
        for half in range(2):
            begin = BEGIN_NS + (2 * index + half) * BIN_NS // 2
            history.add(Stretch(begin_ns=begin, end_ns=begin + BIN_NS // 2, live=live))
    per = minutes // 5
    whole = len(lives) // per
    series = history.series(minutes, whole)
    assert series is not None
    for number, least in enumerate(series[0]):
        known = [each for each in lives[number * per :][:per] if each is not None]
        expected = min(known, default=math.nan) if 2 * len(known) >= per else math.nan
        assert least == pytest.approx(expected, nan_ok=True)


def test_scaled_bins_are_shorter() -> None:
    """With hours that last minutes a bin lasts five seconds."""
    history = History(Scale(1 / 60), "go", NS_PER_S // 4)
    made = []
    for number in range(41):
        begin = BEGIN_NS + number * NS_PER_S // 4
        made += history.add(Stretch(begin_ns=begin, end_ns=begin + NS_PER_S // 4, live=MIB))
    assert [each.live for each in made] == [MIB, MIB]
    assert made[1].begin_ns - made[0].begin_ns == 5 * NS_PER_S


def test_pauses_of_a_histogram_are_merged_over_a_bin() -> None:
    """The 99th percentile lies in the bucket that holds it, its middle within 12 % of the truth."""
    chance = random.Random(7)  # noqa: S311 - repeatable noise
    truth = sorted(chance.lognormvariate(math.log(150_000), 1.2) for _ in range(20_000))
    tally = PauseTally()
    for begin in range(20):
        tally.add(PausesSeen(happened=1000, histogram=_counted(truth[begin::20])))
    p99 = tally.quantile(990_000)
    true = truth[math.ceil(0.99 * len(truth)) - 1]
    assert p99 is not None
    assert p99.low <= true <= p99.high
    assert p99.value == pytest.approx(true, rel=0.12)
    assert tally.coverage == 1.0
    assert tally.above(1e6) <= sum(each > 1e6 for each in truth)


def _counted(lengths: list[float]) -> TimeHistogram:
    counts = [0] * (len(GO_BOUNDS) + 1)
    for length in lengths:
        counts[sum(bound < length for bound in GO_BOUNDS)] += 1
    return TimeHistogram(GO_BOUNDS, tuple(counts))


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=200))
def test_pauses_that_are_known_one_by_one_are_told_within_two_per_cent(lengths: list[int]) -> None:
    """Counting them by length takes no room for each, and little away."""
    tally = PauseTally()
    tally.add(PausesSeen(happened=len(lengths) * 2, lengths_ns=tuple(lengths)))
    ordered = sorted(lengths)
    median = ordered[math.ceil(len(ordered) / 2) - 1]
    found = tally.quantile(500_000)
    assert found is not None
    assert found.low <= median <= found.high
    if median >= 1024:
        assert found.value == pytest.approx(median, rel=0.02)
    assert tally.coverage == 0.5
    assert tally.longest_ns == (ordered[-1] or found.value)
    assert tally.above(10e6) <= sum(each >= 10e6 for each in lengths)


def test_a_source_that_changes_counts_what_it_told_before_as_unseen() -> None:
    """Two ways of counting are not added up."""
    tally = PauseTally()
    tally.add(PausesSeen(happened=4, lengths_ns=(5_000_000,) * 4))
    tally.add(PausesSeen(happened=4, histogram=_counted([1000.0] * 4)))
    assert tally.coverage == 0.5
    assert tally.above(2e6) == 0


def test_a_bin_tells_its_pauses_and_how_many_were_seen() -> None:
    """A ring that overflows says so."""
    target = Imagined()
    seen = PausesSeen(happened=400, lengths_ns=(1_000_000,) * 99 + (40_000_000,))
    made = bins_of(target, 2, pauses=seen)
    assert made[0].pause_max_ns == 40e6
    assert made[0].pause_p99_ns == pytest.approx(1e6, rel=0.02)
    assert made[0].coverage == 0.25
    assert made[0].cycles == 400 * PER_BIN


def test_three_days_of_a_target_take_less_than_100_kilobytes() -> None:
    """Five hundred targets fit where they have to."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    target = Imagined()
    pauses = PausesSeen(happened=9, histogram=_counted([1e5] * 9))
    target.through(
        72 * 12, live=lambda hours: 1e8 + hours, allocated=1e9, work=1e3, tasks=1000, rss=1e8,
        gc_share=0.1, assist_share=0.01, limit=1e9, pauses=pauses,
    )  # fmt: skip
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"{used / 1000:.0f} kB for 72 h")  # noqa: T201 - a figure to read with -rP
    assert used < 100_000
    assert target.history.series(120, 36) is None
    target.through(1, live=1e8)
    assert target.history.series(120, 36) is not None


def test_a_full_history_is_no_larger_than_one_of_two_hours() -> None:
    """A watcher takes its memory when it begins, so that it looks like no leak afterwards."""

    def used() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    target = Imagined()
    target.through(26, live=1e8, allocated=1e9, work=1e3, tasks=1000)
    begun = used()
    target.through(KEPT, live=1e8, allocated=1e9, work=1e3, tasks=1000)
    grown = used() - begun
    tracemalloc.stop()
    assert grown < 2000


@given(
    steps=st.lists(st.tuples(st.integers(0, 9), st.floats(allow_nan=False)), max_size=40),
    kept=st.integers(1, 7),
)
def test_columns_hold_the_newest_rows(steps: list[tuple[int, float]], kept: int) -> None:
    """As a list would of which the beginning is cut off; after a gap as long as that it is new."""
    columns, expected, number = Columns(("a", "b"), kept), list[float](), 0
    for missed, value in steps:
        number += missed
        columns.put(number, {"a": value, "b": -value})
        expected = [] if missed >= kept else [*expected, *([math.nan] * missed)]
        expected = [*expected, value][-kept:]
        number += 1
        assert list(columns.newest("a")) == pytest.approx(expected, nan_ok=True)
        assert list(columns.newest("b")) == pytest.approx([-e for e in expected], nan_ok=True)
        assert (columns.end, columns.held) == (number, len(expected))
