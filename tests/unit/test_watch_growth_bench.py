"""The benchmark of leak detection: simulated weeks are judged by the code that watches."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from heapwise.analysis.growth import GROWING, LEAK, GrowthWindow, Persistent, judge

BENCH = Path(__file__).parents[2] / "benchmarks" / "watch"
MODULES = ("generator", "other_noise", "profiles", "replay", "stages", "peers")


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """The modules of the benchmark, and nothing of them left behind."""
    before = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(BENCH))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path[:] = before[0]
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "window", [*LEAK, *GROWING], ids=lambda each: f"{each.minutes}-{each.kind}"
)
def test_replay_alarms_when_the_watcher_would(
    bench: dict[str, ModuleType], window: GrowthWindow
) -> None:
    """All evaluations at once alarm at exactly those where one by one the window has held."""
    random = np.random.default_rng(3)
    kind = bench["generator"].LEAKS["diurnal 0.1"]
    service = bench["other_noise"].service(kind, random)
    replay = bench["replay"].Replay(service.live, service.load)
    y, x = replay.rows(window)
    persistent = Persistent()
    believed = [
        persistent.add(judge(a, b, window)) for a, b in zip(y.tolist(), x.tolist(), strict=True)
    ]
    assert replay.alarms(window).tolist() == replay.at(window)[believed].tolist()
    assert any(believed) or window.minutes <= 720


@pytest.mark.parametrize("made", ["generator", "other_noise"])
def test_a_simulated_heap_is_the_sum_of_its_paths(bench: dict[str, ModuleType], made: str) -> None:
    """The least of a bin is what the paths hold, but for what a reading is always too high by."""
    for kind in bench["generator"].NULLS.values():
        service = bench[made].service(kind, np.random.default_rng(1))
        whole = sum(path.held for path in service.paths.values())
        assert np.nanmedian(service.live / whole) == pytest.approx(1.015, abs=0.01)
        assert np.nanmin(service.live) > 0


def test_profiles_are_sampled_without_bias(bench: dict[str, ModuleType]) -> None:
    """What stays is counted with one error that stays too; what is replaced, with another each."""
    generator, profiles = bench["generator"], bench["profiles"]
    service = generator.service(generator.NULLS["flat"], np.random.default_rng(1))
    polls = np.arange(0, 40_000, 100)
    held = profiles.held(service, polls, np.random.default_rng(2))
    assert len(set(held["base"].tolist())) == 1
    assert held["base"][0] == pytest.approx(58e6, rel=0.4)
    assert held["requests"].mean() == pytest.approx(30e6, rel=0.05)
    spread = np.sqrt(30e6 * profiles.RATE)
    assert held["requests"].std() == pytest.approx(spread, rel=0.3)


def test_two_stages_find_a_leak_and_leave_a_cache_alone(bench: dict[str, ModuleType]) -> None:
    """Both begin to grow, and only the leak wakes somebody."""
    generator, told = bench["generator"], bench["stages"].told

    def filling(_: np.random.Generator, count: int) -> np.ndarray:
        return np.asarray(1.5e8 * -np.expm1(-generator.hours(count) / 5))

    cache = generator.Kind(extras=(("cache", filling),))
    for kind, wakes in ((generator.LEAKS["flat 0.1"], True), (cache, False)):
        random = np.random.default_rng(4)
        found = told(generator.service(kind, random), random)
        assert found.growing < 24
        assert (found.page < 48) is wakes
        assert found.captures > 5


def test_the_usual_rule_cries_wolf_and_the_public_one_sleeps(bench: dict[str, ModuleType]) -> None:
    """Least squares over an hour alarms on a flat week; the public rule misses a fast leak."""
    generator, peers = bench["generator"], bench["peers"]
    flat = generator.service(generator.NULLS["flat"], np.random.default_rng(5))
    leak = generator.service(generator.LEAKS["flat 1"], np.random.default_rng(5))
    assert peers.naive(flat.heap) < 168
    assert peers.deriv(leak.heap) == float("inf")
    line = np.arange(5760) * 3e8
    assert peers.deriv(line) == 0.5
