"""The search for the knee, on queues whose knee is known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.knee import BASES, MAX_STEPS, P99_FACTOR, TRIES, KneeSearch
from heapwise.model.knee import Ended, KneeStep

SERVICE_S = 0.001
TryRate = Callable[[Fraction], KneeStep]


def step(rate: Fraction, **fields: float | str) -> KneeStep:
    """A step that went well but for what is given."""
    well = {"sent": 1000, "failed": 0.0, "unsent": 0.0, "p50": 1e6, "p99": 2e6, "lag_p99": 1e4}
    measured = {**well, **fields}
    service = fields.get("service_p99", measured["p99"])
    return KneeStep(rate=float(rate), **{**measured, "service_p99": service})  # type: ignore[arg-type]  # by name


def responses(
    arrivals: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds from arrival to the end of service at one server that takes `SERVICE_S` for each.

    Lindley's recursion: a wait is the last one plus a service less the gap, at least zero; in
    closed form the sum above its running minimum.
    """
    walk = np.concatenate(([0.0], np.cumsum(SERVICE_S - np.diff(arrivals))))
    return walk - np.minimum.accumulate(walk) + SERVICE_S


def m_d_1(seed: int, hits: int = 2000) -> TryRate:
    """A queue with arrivals at random and services of one length."""
    draw = np.random.default_rng(seed)

    def try_rate(rate: Fraction) -> KneeStep:
        took = responses(np.cumsum(draw.exponential(1 / float(rate), hits)))
        return step(
            rate, p50=float(np.median(took)) * 1e9, p99=float(np.quantile(took, 0.99)) * 1e9
        )

    return try_rate


def true_knee(limit_s: float) -> float:
    """The rate at which the p99 of M/D/1 reaches the limit, in the long run."""
    draw = np.random.default_rng(99)
    gaps = draw.exponential(1, 400_000)
    low, high = 1.0, 1 / SERVICE_S
    for _ in range(30):
        middle = (low + high) / 2
        late = np.quantile(responses(np.cumsum(gaps / middle)), 0.99) > limit_s
        low, high = (low, middle) if late else (middle, high)
    return low


def test_the_knee_of_a_random_queue_lies_in_the_interval() -> None:
    """M/D/1 with a limit of 8 service times: eight searches in ten enclose the long run's rate."""
    truth = true_knee(8 * SERVICE_S)
    assert truth == pytest.approx(720, rel=0.02)
    knees = [KneeSearch(Fraction(50), 8e6).run(m_d_1(seed)) for seed in range(20)]
    assert {knee.ended for knee in knees} == {Ended.FOUND}
    inside = [(knee.low or 0) <= truth <= (knee.high or 0) for knee in knees]
    assert sum(inside) >= 16
    widths = [(knee.high or 0) / (knee.low or 1) for knee in knees]
    assert np.median(widths) < 1.4
    assert max(len(knee.steps) for knee in knees) < 40


def test_without_a_limit_it_is_taken_from_the_lowest_rate() -> None:
    """Three times the p99 there: of an idle server that is three service times."""
    knee = KneeSearch(Fraction(1)).run(m_d_1(1))
    assert knee.p99_base == pytest.approx(1e6, rel=0.05)
    assert knee.p99_limit == P99_FACTOR * knee.p99_base
    truth = true_knee(3 * SERVICE_S)
    assert 0.85 * truth < (knee.rate or 0) < 1.15 * truth
    assert [step.rate for step in knee.steps[:BASES]] == [1.0] * BASES


def test_the_steps_a_limit_is_taken_from_are_held_against_it() -> None:
    """One of them that was ten times as late as the others did not hold, and the search says so."""
    late_ones = iter([2e6, 2e7, 2e6])
    knee = KneeSearch(Fraction(100)).run(
        lambda rate: step(rate, p99=next(late_ones, 2e6 if rate < 1000 else 1e8))
    )
    assert knee.p99_limit == 6e6
    assert [judged.broke for judged in knee.steps[:BASES]] == ["", "p99", ""]
    assert knee.ended is Ended.FOUND


def test_the_knee_of_an_even_queue_is_its_capacity() -> None:
    """D/D/1 waits for nobody below 1000/s, and for ever above: the interval is a tenth wide."""

    def try_rate(rate: Fraction) -> KneeStep:
        took = responses(np.arange(5000) / float(rate))
        return step(rate, p99=float(np.quantile(took, 0.99)) * 1e9)

    knee = KneeSearch(Fraction(50)).run(try_rate)
    assert (knee.low or 0) <= 1000 < (knee.high or 0) <= 1.1 * (knee.low or 0) + 1
    assert knee.low
    assert [held.held for held in knee.steps if held.rate == knee.low] == [True] * TRIES
    assert [held.held for held in knee.steps if held.rate == knee.high] == [False] * TRIES


@pytest.mark.parametrize(
    ("fields", "broke"),
    [({"failed": 0.02}, "errors"), ({"unsent": 0.01}, "unsent"), ({"p99": 9e6}, "p99")],
)
def test_each_limit_breaks_a_step(fields: dict[str, float], broke: str) -> None:
    """Errors, hits never sent and latency each mark the knee, and the step says which it was."""
    knee = KneeSearch(Fraction(100)).run(lambda rate: step(rate, **(fields if rate > 700 else {})))
    assert knee.ended is Ended.FOUND
    assert (knee.low or 0) <= 700 < (knee.high or 0)
    assert {judged.broke for judged in knee.steps if judged.rate > 700} == {broke}


def test_a_lone_bad_step_is_no_knee() -> None:
    """One step that a neighbour on the machine broke is tried again, and the climb goes on."""
    seen: list[Fraction] = []

    def try_rate(rate: Fraction) -> KneeStep:
        seen.append(rate)
        bad = rate > 2000 or len(seen) in (5, 9)
        return step(rate, p99=5e7 if bad else 2e6)

    knee = KneeSearch(Fraction(100)).run(try_rate)
    assert (knee.low or 0) <= 2000 < (knee.high or 0)


def test_the_generators_end_is_not_the_services() -> None:
    """Where the generator's own delay decides, no knee is claimed."""
    late: dict[str, float] = {"p99": 40e6, "lag_p99": 30e6}
    knee = KneeSearch(Fraction(100)).run(lambda rate: step(rate, **(late if rate > 1000 else {})))
    assert (knee.ended, knee.high, knee.rate) == (Ended.GENERATOR, None, None)
    assert 700 < (knee.low or 0) <= 1000
    assert all("own delay" in judged.generator for judged in knee.steps[-5:])
    assert not any(judged.held or judged.broke for judged in knee.steps[-5:])


def test_a_generator_without_descriptors_is_at_its_end() -> None:
    """Whatever the latency, such a step tells nothing about the service."""
    knee = KneeSearch(Fraction(100)).run(lambda rate: step(rate, generator="2 times out of ports"))
    assert (knee.ended, knee.low, len(knee.steps)) == (Ended.GENERATOR, None, 5)


def test_one_late_generator_is_tried_again() -> None:
    """A hiccup is not the generator's end."""
    hiccups = iter([False] * 5 + [True] * 2)

    def try_rate(rate: Fraction) -> KneeStep:
        if next(hiccups, False):
            return step(rate, p99=9e6, lag_p99=8e6)
        return step(rate, p99=9e6 if rate > 1000 else 2e6)

    knee = KneeSearch(Fraction(100)).run(try_rate)
    assert knee.ended is Ended.FOUND
    assert (knee.low or 0) <= 1000 < (knee.high or 0)


@pytest.mark.parametrize(
    ("p99", "lag", "held", "judged"),
    [(5e6, 4e6, True, True), (9e6, 1e6, False, True), (9e6, 3e6, False, False)],
)
def test_a_late_generator_excuses_what_it_explains(
    p99: float, lag: float, held: bool, judged: bool
) -> None:
    """Under a limit of 6 ms: what held held, and what is late by more than twice the lag broke."""
    knee = KneeSearch(Fraction(100), 6e6).run(
        lambda rate: step(rate, p99=p99, lag_p99=lag) if rate == 100 else step(rate, p99=1e9)
    )
    first = knee.steps[0]
    assert (first.held, not first.generator) == (held, judged)


def test_the_limit_is_free_of_the_generators_delay() -> None:
    """At the lowest rate what counts is the time from sending: a wait before it is ours."""
    knee = KneeSearch(Fraction(100)).run(
        lambda rate: step(rate, p99=8e6 if rate < 1000 else 1e9, service_p99=3e6)
    )
    assert (knee.p99_base, knee.p99_limit) == (3e6, 9e6)


def test_a_service_that_fails_at_once_has_no_knee() -> None:
    """Not even the lowest rate held, with a limit or without."""
    for limit in (None, 5e6):
        knee = KneeSearch(Fraction(100), limit).run(lambda rate: step(rate, failed=1.0))
        assert (knee.ended, knee.low, knee.rate) == (Ended.NO_RATE_HELD, None, None)
        assert len(knee.steps) <= 2


def test_an_interrupted_search_tells_what_it_has() -> None:
    """What held so far is said."""
    rates: list[Fraction] = []

    def try_rate(rate: Fraction) -> KneeStep | None:
        rates.append(rate)
        return step(rate) if len(rates) < 6 else None

    knee = KneeSearch(Fraction(100)).run(try_rate)
    assert (knee.ended, knee.high, len(knee.steps)) == (Ended.INTERRUPTED, None, 5)
    assert knee.low == pytest.approx(225)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["held", "late", "p99", "errors"])), st.integers(1, 10**6))
def test_any_service_comes_to_an_end(course: list[str], start: int) -> None:
    """However it answers, the search ends, within its steps, with the ends in their order."""
    told = iter(course)

    def try_rate(rate: Fraction) -> KneeStep:
        what = next(told, "held" if rate < 5000 else "p99")
        return step(
            rate,
            lag_p99=5e7 if what == "late" else 1e4,
            p99=5e7 if what in {"p99", "late"} else 2e6,
            failed=1.0 if what == "errors" else 0.0,
        )

    knee = KneeSearch(Fraction(start)).run(try_rate)
    assert len(knee.steps) <= MAX_STEPS
    if knee.low is not None and knee.high is not None:
        assert knee.low < knee.high
    if knee.ended is Ended.FOUND:
        assert knee.rate
