"""Growth windows: slopes against SciPy, what must not change a verdict, what is no leak."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes

from heapwise.analysis.growth import GROWING, LEAK, GrowthWindow, Kind, Persistent, Verdict, judge
from heapwise.analysis.growth.load import adjusted
from heapwise.analysis.growth.robust import median, sen
from heapwise.analysis.growth.trend import holds, measure

SHORT, HALF_DAY, DAY, THREE_DAYS = LEAK
MB = 1e6

seeds = st.integers(0, 2**32 - 1)


def noise(seed: int, count: int, spread: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, spread, count)


def leak(window: GrowthWindow, seed: int = 1, share: float = 0.5) -> np.ndarray:
    """A live heap of 100 MB that grows by a share of it over the window."""
    return MB * (
        100 + 100 * share * np.arange(window.bins) / window.bins + noise(seed, window.bins)
    )


def steady(window: GrowthWindow) -> list[float]:
    return [1.0] * window.bins


@given(seeds, st.integers(5, 40), st.floats(-10, 10))
def test_slope_is_that_of_theil_and_sen(seed: int, count: int, slope: float) -> None:
    """The slope is SciPy's, up to the middle of an even number of pairs."""
    y = slope * np.arange(count) + noise(seed, count)
    found, below = sen(y[None, :])
    expected = theilslopes(y)
    pairs = sorted((y[j] - y[i]) / (j - i) for i in range(count) for j in range(i + 1, count))
    assert found[0] == pytest.approx(pairs[len(pairs) // 2])
    assert abs(found[0] - expected.slope) <= pairs[len(pairs) // 2] - pairs[len(pairs) // 2 - 1]
    assert below[0] <= found[0]


def test_bound_is_one_sided_and_holds_in_999_of_1000() -> None:
    """Of series without any slope, no more than a few in a thousand are surely rising."""
    rows = np.random.default_rng(1).normal(0, 1, (4000, 24))
    assert (sen(rows)[1] > 0).mean() < 0.002


def test_bound_allows_for_neighbours_that_resemble_each_other() -> None:
    """Noise that wanders slowly is surely rising far less often than if bins were independent."""
    steps = np.random.default_rng(1).normal(0, 1, (1000, 24))
    rows = np.zeros_like(steps)
    for at in range(1, 24):
        rows[:, at] = 0.5 * rows[:, at - 1] + steps[:, at]
    assert (sen(rows)[1] > 0).mean() < 0.02


@given(seeds, st.integers(3, 30))
def test_holes_are_as_if_the_bins_were_not_there(seed: int, count: int) -> None:
    """With holes, slope and median are those of the bins that are known, at their times."""
    random = np.random.default_rng(seed)
    y = random.normal(0, 1, count) + np.arange(count)
    known = random.random(count) < 0.7
    known[:3] = True
    rows = np.where(known, y, np.nan)[None, :]
    assert sen(rows)[0] == pytest.approx(sen(y[None, known], np.flatnonzero(known) * 1.0)[0])
    assert median(rows)[0] == pytest.approx(np.median(y[known]))


@pytest.mark.parametrize(
    "window", [*LEAK, *GROWING], ids=lambda each: f"{each.minutes}-{each.kind}"
)
def test_a_straight_leak_holds_in_every_window(window: GrowthWindow) -> None:
    """A heap that gains half of itself over a window at an even load is found by all of them."""
    verdict = judge(leak(window).tolist(), steady(window), window)
    assert verdict.holds
    assert verdict.share == pytest.approx(0.5 / 1.25, abs=0.05)
    assert verdict.lasting == pytest.approx(1, abs=0.25)


@settings(max_examples=30)
@given(seeds, st.sampled_from([*LEAK, *GROWING]), st.floats(1e-3, 1e6), st.floats(1e-3, 1e3))
def test_units_do_not_matter(
    seed: int, window: GrowthWindow, bytes_by: float, load_by: float
) -> None:
    """Heaps in kilobytes and loads in requests a minute give the verdict of those in any unit."""
    random = np.random.default_rng(seed)
    x = 1 + 0.2 * random.random(window.bins)
    y = leak(window, seed, random.uniform(0, 0.6))
    one, other = (
        judge(y.tolist(), x.tolist(), window),
        judge((y * bytes_by).tolist(), (x * load_by).tolist(), window),
    )
    assert one.share == pytest.approx(other.share, rel=1e-6, abs=1e-9)
    assert one.load == pytest.approx(other.load, rel=1e-6, abs=1e-9)
    assert one.holds == other.holds


@settings(max_examples=30)
@given(seeds, st.sampled_from([*LEAK, *GROWING]))
def test_many_windows_at_once_are_judged_as_one_by_one(seed: int, window: GrowthWindow) -> None:
    """What the benchmark judges in one go is what the watcher judges evaluation by evaluation."""
    random = np.random.default_rng(seed)
    y = MB * (100 + random.uniform(0, 60, (6, 1)) * np.linspace(0, 1, window.bins))
    y += MB * random.normal(0, 2, y.shape)
    x = 1 + 0.2 * random.random(y.shape)
    y[random.random(y.shape) < 0.05] = np.nan
    together = holds(measure(y, x, window.kind), window).tolist()
    assert together == [judge(list(a), list(b), window).holds for a, b in zip(y, x, strict=True)]


def test_a_heap_that_grows_with_its_load_does_not_leak() -> None:
    """Growth that the load accounts for is none."""
    for window in (SHORT, HALF_DAY, DAY):
        load = np.linspace(1, 2, window.bins) + noise(2, window.bins, 0.02)
        y = MB * (50 + 50 * load + noise(3, window.bins, 0.5))
        assert not judge(y.tolist(), load.tolist(), window).holds


def test_a_cache_that_warms_up_does_not_leak() -> None:
    """Growth that ends with a time constant of a third of the window is none."""
    for window in LEAK:
        t = np.arange(window.bins) / window.bins
        y = MB * (100 + 100 * -np.expm1(-3 * t) + noise(4, window.bins, 0.5))
        assert not judge(y.tolist(), steady(window), window).holds


@pytest.mark.parametrize("at", [0.15, 0.5, 0.85])
def test_one_step_does_not_leak(at: float) -> None:
    """Something large that is loaded once is no leak, early, midway or late."""
    for window in LEAK:
        y = MB * (100 + 50 * (np.arange(window.bins) >= at * window.bins) + noise(5, window.bins))
        assert not judge(y.tolist(), steady(window), window).holds


def test_a_step_on_a_slope_is_still_a_step() -> None:
    """Where hardly anything was added before the last day, all rising is no trend."""
    window = THREE_DAYS
    t = np.arange(window.bins) / window.bins
    y = MB * (100 + 10 * t + 40 * (t >= 0.66) + noise(5, window.bins))
    verdict = judge(y.tolist(), steady(window), window)
    assert verdict.share > window.share
    assert verdict.lasting > window.ratio
    assert not verdict.holds


def test_a_window_with_too_few_bins_says_nothing() -> None:
    """With a quarter of its bins unknown, not even a clear leak holds."""
    y: list[float | None] = leak(HALF_DAY).tolist()
    y[::6] = [None] * 6
    assert judge(y, steady(HALF_DAY), HALF_DAY).holds
    y[3::12] = [None] * 3
    assert not judge(y, steady(HALF_DAY), HALF_DAY).holds


@pytest.mark.parametrize("value", [0.0, -5.0, 1e308, math.inf, math.nan])
def test_nonsense_is_no_leak_and_no_error(value: float) -> None:
    """A heap that is said to be nothing, negative or endless is judged without a warning."""
    for window in LEAK:
        assert not judge([value] * window.bins, [value] * window.bins, window).holds


def test_a_service_without_load_has_no_load_growth() -> None:
    """A load that nobody tells is no load growth, and hides no leak."""
    verdict = judge(leak(SHORT).tolist(), [None] * SHORT.bins, SHORT)
    assert verdict.holds
    assert verdict.load == 0


def test_a_window_that_starts_idle_stays_silent() -> None:
    """Where the load began at nothing, any growth may be its."""
    load = [0.0] * 10 + [1.0] * 14
    assert not judge(leak(SHORT).tolist(), load, SHORT).holds


def test_the_load_is_taken_out_beside_a_parabola() -> None:
    """What looks like half a day's load is left in the series that a page is judged by."""
    t = np.linspace(0, 1, 48)
    load = 1 + 0.5 * np.sin(np.pi * t) + noise(6, 48, 0.02)
    curve = 100 + 60 * (1 - (1 - t) ** 2)
    line, parabola = (adjusted(curve[None, :], load[None, :], degree)[0] for degree in (1, 2))
    assert np.abs(parabola - curve).max() < 3 < np.abs(line - curve).max()
    kinds = {window.kind for window in LEAK}
    assert Kind.BENT in kinds
    assert Kind.ADJUSTED not in kinds
    rows = curve[None, :], load[None, :]
    for kind, series in ((Kind.BENT, parabola), (Kind.ADJUSTED, line)):
        assert measure(*rows, kind).slope == pytest.approx(sen(series[None, :])[0])


def verdict_of(window: GrowthWindow, slope: float, *, held: bool = True) -> Verdict:
    return Verdict(
        window=window, holds=held, slope=slope, surely=slope / 2, level=100.0, end=120.0,
        share=0.4, load=0.0, lasting=1.0,
    )  # fmt: skip


def test_a_window_is_believed_when_it_held_often_enough_in_a_row() -> None:
    """One evaluation that does not hold begins the count anew."""
    window = GROWING[1]
    persistent = Persistent()
    held = [True, False, True, True, True]
    assert [persistent.add(verdict_of(window, 1.0, held=each)) for each in held] == [
        False, False, False, True, True,
    ]  # fmt: skip
    persistent.reset()
    assert not persistent.add(verdict_of(window, 1.0))


def test_a_page_waits_for_half_a_window_and_wants_the_growth_to_be_as_fast_then() -> None:
    """A slope of less than 60 % of the one half a window ago is somebody who slows down."""
    for later, believed in ((0.5, False), (0.9, True)):
        persistent = Persistent()
        told = [persistent.add(verdict_of(SHORT, 1.0)) for _ in range(SHORT.looks_back)]
        assert told == [False] * SHORT.looks_back
        assert persistent.add(verdict_of(SHORT, later)) is believed


def test_hours_to_a_limit() -> None:
    """12 bytes a bin of 5 minutes are 144 an hour; 120 of 264 bytes leave one."""
    verdict = verdict_of(SHORT, 12.0)
    assert verdict.per_hour == 144
    assert verdict.hours_to(264) == 1
    assert verdict.hours_to(264, now=264) == 0
    assert verdict_of(SHORT, -1.0).hours_to(264) is None


def test_every_kind_of_window_is_used() -> None:
    """There is no kind that no severity asks for."""
    assert {window.kind for window in (*LEAK, *GROWING)} == set(Kind)
