"""What heap profiles say of a heap that grows: a leak, a cache that fills, a step, the load."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from heapwise.analysis.growth.evidence import LEAST_CAPTURES, Capture, Says, weigh
from heapwise.analysis.growth.waking import is_leak, wakes

MB = 1e6
RATE = 512 * 1024
TIMES = np.array([0, 1 / 60, 1 / 6, *np.arange(0.5, 10, 0.5)])
DAY, HALF_DAY = 1440, 720

Curve = Callable[[float], float]


def sampled(amount: float, random: np.random.Generator) -> float:
    """As a profile estimates it: a Poisson number of samples, each of which stands for RATE."""
    return float(random.poisson(max(amount, 0) / RATE) * RATE)


def captures(
    curves: dict[str, Curve],
    load: Curve | None = None,
    times: np.ndarray = TIMES,
    seed: int = 1,
) -> list[Capture]:
    """Profiles of 60 MB of all sorts, other objects in each, and of what is asked for, MB."""
    random = np.random.default_rng(seed)
    made, before = [], dict.fromkeys(curves, 0.0)
    held = dict.fromkeys(curves, 0.0)
    for at in times.tolist():
        for path, curve in curves.items():
            held[path] += sampled((curve(at) - before[path]) * MB, random)
            before[path] = max(before[path], curve(at))
        base = {f"base{number}": sampled(10 * MB, random) for number in range(6)}
        floor = 60 * MB + sum(curve(at) for curve in curves.values()) * MB
        made.append(Capture(at, floor, {**base, **held}, load(at) if load else None))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_a_path_that_goes_on_is_a_leak_and_is_named(seed: int) -> None:
    """Six megabytes an hour of one path are lasting growth, and nearly all of it."""
    evidence = weigh(captures({"main.cache": lambda at: 20 + 6 * at}, seed=seed))
    assert evidence.says is Says.LASTING
    grows = evidence.grows[0]
    assert grows.path == "main.cache"
    assert grows.share == pytest.approx(1, abs=0.3)
    assert grows.growth == pytest.approx(57 * MB, rel=0.3)
    assert grows.confirmed >= 3
    assert evidence.grown == pytest.approx(57 / 80, rel=0.02)


def test_a_cache_that_warms_up_is_ending() -> None:
    """A path that fills with a time constant of four hours never goes on, and mostly is named."""
    found = [
        weigh(captures({"cache": lambda at: 100 * -np.expm1(-at / 4)}, seed=seed))
        for seed in range(20)
    ]
    assert all(each.says is not Says.LASTING for each in found)
    ending = [each for each in found if each.says is Says.ENDING]
    assert len(ending) >= 15
    assert {each.grows[0].path for each in ending} == {"cache"}


@pytest.mark.parametrize("at", [1.2, 5.2, 8.7])
def test_a_step_is_not_lasting(at: float) -> None:
    """What jumps once and stands still does not go on, early, midway or late."""
    evidence = weigh(captures({"loaded": lambda now: 60 * (now >= at)}))
    assert evidence.says in {Says.ENDING, Says.NOWHERE}


def test_a_step_on_a_slope_is_ending() -> None:
    """A path that jumps was growing all the time, but it is the jump that explains the heap."""
    made = captures({"loaded": lambda now: 20 + 5 * now + 60 * (now >= 6.2)})
    assert weigh(made).says is Says.ENDING


def test_growth_of_many_paths_is_nowhere() -> None:
    """Of eight paths that grow alike none explains half of it."""
    curves = {f"path{number}": lambda at: 5 + 2 * at for number in range(8)}
    assert weigh(captures(curves)).says is Says.NOWHERE


def test_a_path_that_follows_the_load_is_no_leak() -> None:
    """What is in hand for requests rises with them, and falls, and is not blamed."""

    def load(at: float) -> float:
        return 1 + at / 5 + 0.3 * np.sin(40 * at)

    random = np.random.default_rng(1)
    made = [
        Capture(at, (60 + 40 * load(at)) * MB,
                {"base": 60 * MB, "requests": sampled(40 * load(at) * MB, random)}, load(at))
        for at in TIMES.tolist()
    ]  # fmt: skip
    assert weigh(made).says is Says.NOWHERE
    blind = [Capture(each.at, each.floor, each.held) for each in made]
    assert weigh(blind).says is Says.LASTING


def test_a_leak_of_every_request_goes_on_in_the_evening_too() -> None:
    """By the clock of its load it is a straight line, where by the hour it comes to a stop."""
    day = 2 * np.pi / 12

    def load(at: float) -> float:
        return float(1 + 0.9 * np.cos(day * at))

    def leaked(at: float) -> float:
        return float(20 + 12 * (at + 0.9 / day * np.sin(day * at)))

    evening = TIMES[TIMES < 7]
    by_load, by_hour = (
        [weigh(captures({"leak": leaked}, clock, evening, seed)).says for seed in range(20)]
        for clock in (load, None)
    )
    assert by_load.count(Says.LASTING) >= 14
    assert by_hour.count(Says.LASTING) <= 2


def test_few_profiles_say_nothing() -> None:
    """Below five there is no pattern, and two that follow each other at once are one."""
    made = captures({"leak": lambda at: 30 * at})
    assert weigh([]).says is Says.TOO_LITTLE
    assert weigh(made[: LEAST_CAPTURES - 1]).says is Says.TOO_LITTLE
    at_once = [Capture(0.001 * number, 1, {"a": 1.0}) for number in range(4)]
    assert weigh([*at_once, Capture(9, 1, {"a": 1.0})]).says is Says.TOO_LITTLE


def test_profiles_of_one_moment_or_of_nothing_say_nothing() -> None:
    """Times that do not move and profiles without a path are no evidence, and no error."""
    assert weigh([Capture(1, 5, {"a": 1.0})] * 9).says in {Says.TOO_LITTLE, Says.NOWHERE}
    assert weigh([Capture(at, 5, {}) for at in range(9)]).says is Says.NOWHERE


@pytest.mark.parametrize("nonsense", [0.0, -1.0, 1e308, float("inf"), float("nan")])
def test_nonsense_is_left_out(nonsense: float) -> None:
    """A floor that no process has is no floor, and a load that no clock could go by is none."""
    made = captures({"leak": lambda at: 20 + 6 * at}, lambda _: 1.0)
    floors = [Capture(each.at, nonsense, each.held) for each in made]
    assert weigh(floors).says is Says.TOO_LITTLE
    loads = [Capture(each.at, each.floor, each.held, nonsense) for each in made]
    assert weigh(loads).says is Says.LASTING


def test_a_page_is_put_off_by_profiles_for_one_window_at_most() -> None:
    """Without profiles the floor decides; with them they do, until the window is over again."""
    slow = weigh(captures({"cache": lambda at: 100 * -np.expm1(-at / 4)}))
    lasting = weigh(captures({"leak": lambda at: 20 + 6 * at}))
    assert wakes(None, HALF_DAY, 0)
    assert wakes(lasting, HALF_DAY, 0)
    assert not wakes(slow, HALF_DAY, HALF_DAY - 1)
    assert wakes(slow, HALF_DAY, HALF_DAY)


def test_growth_borne_out_is_a_leak_after_half_a_day_or_when_the_heap_has_doubled() -> None:
    """In short windows a cache that warms up looks the same, so there the heap has to double."""
    lasting = weigh(captures({"leak": lambda at: 20 + 6 * at}))
    doubled = weigh(captures({"leak": lambda at: 20 + 12 * at}))
    assert is_leak(lasting, DAY, DAY / 2)
    assert not is_leak(lasting, DAY, DAY / 2 - 1)
    assert not is_leak(lasting, 120, DAY)
    assert is_leak(doubled, 120, 0)
    assert not is_leak(None, DAY, DAY)
    assert not is_leak(weigh([]), DAY, DAY)
