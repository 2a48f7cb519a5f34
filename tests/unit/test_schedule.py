"""The schedule is a pure function of the index: the inverse of the rate's integral."""

from __future__ import annotations

import math
from fractions import Fraction

import msgspec
import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.load.schedule import (
    MAX_HITS,
    check_closed_loop,
    due_by,
    offset_ns,
    offsets,
    total,
    warm_up,
)
from heapwise.model.schedules import (
    ConstantRate,
    Poisson,
    Ramp,
    Replay,
    Saturate,
    Schedule,
    Sine,
    Step,
    Steps,
)
from heapwise.units import NS_PER_S

rates = st.fractions(Fraction(1, 3600), 100_000, max_denominator=10**9)
durations = st.integers(1, 3600 * NS_PER_S)
constants = st.builds(ConstantRate.of, rates, durations)
indices = st.integers(0, MAX_HITS)

some_rates = st.fractions(Fraction(1, 2), 500, max_denominator=10**6)
zero_or_rate = st.just(Fraction(0)) | some_rates
some_time = st.integers(NS_PER_S // 100, 60 * NS_PER_S)
ramps = st.builds(Ramp.of, zero_or_rate, zero_or_rate, some_time, some_time)
step_lists = st.lists(
    st.builds(lambda rate, ns: Step(rate.numerator, rate.denominator, ns), zero_or_rate, some_time),
    min_size=1,
    max_size=5,
)
sines = st.builds(
    lambda mean, depth, period, length: Sine.of(mean, mean * depth, period, length),
    some_rates,
    st.fractions(0, 1, max_denominator=100),
    some_time,
    some_time,
)
lines_and_waves = ramps | st.builds(Steps, step_lists.map(tuple), some_time) | sines
shapes = st.one_of(
    lines_and_waves,
    st.builds(
        lambda times, length: Replay.of(np.sort(np.array(times, np.int64)), length),
        st.lists(st.integers(0, 60 * NS_PER_S), min_size=1),
        some_time,
    ),
    st.builds(Poisson.of, some_rates, some_time, st.integers(0, 1 << 62)),
)


def due_at_all(schedule: Schedule) -> int:
    """The total, of schedules that make a hit at all."""
    count = round(schedule.rate * schedule.duration_ns / NS_PER_S)
    assume(count)
    assert total(schedule) == count
    return count


def some_stretch(data: st.DataObject, count: int) -> tuple[int, int]:
    """A first hit and the one after the last."""
    first = data.draw(st.integers(0, count - 1))
    return first, data.draw(st.integers(first + 1, min(count, first + 50)))


def integral(schedule: Schedule, at_ns: int) -> float:
    """How many hits a rate makes until then: summed line by line, or a wave's closed form."""
    if isinstance(schedule, Sine):
        mean, depth = Fraction(*schedule.mean), Fraction(*schedule.amplitude)
        per_turn = float(depth * schedule.period_ns / NS_PER_S) / (2 * math.pi)
        turns = at_ns % schedule.period_ns / schedule.period_ns
        return float(mean * at_ns / NS_PER_S) + per_turn * (1 - math.cos(2 * math.pi * turns))
    if isinstance(schedule, Ramp):
        start, end = Fraction(*schedule.start), Fraction(*schedule.end)
        climbing = min(at_ns, schedule.ramp_ns)
        slope = (end - start) / schedule.ramp_ns
        made = start * climbing + slope * climbing**2 / 2 + end * (at_ns - climbing)
        return float(made / NS_PER_S)
    assert isinstance(schedule, Steps)
    made, begins = Fraction(0), 0
    for step in schedule.steps:
        made += step.rate * max(0, min(at_ns - begins, step.duration_ns))
        begins += step.duration_ns
    return float((made + schedule.steps[-1].rate * max(0, at_ns - begins)) / NS_PER_S)


@given(constants, indices)
def test_a_hit_is_due_at_its_index_over_the_rate(schedule: ConstantRate, index: int) -> None:
    """The offset is i / rate, rounded down to the nanosecond, whatever came before."""
    exact = index / schedule.rate * NS_PER_S
    assert 0 <= exact - offset_ns(schedule, index) < 1


@given(constants, indices)
def test_due_by_is_the_inverse_of_offset(schedule: ConstantRate, index: int) -> None:
    """At its offset a hit is due, and a nanosecond before it is not."""
    at = offset_ns(schedule, index)
    assert due_by(schedule, at) > index
    assert due_by(schedule, at - 1) <= index


@given(constants, st.data())
def test_the_vector_equals_the_function(schedule: ConstantRate, data: st.DataObject) -> None:
    """`offsets` is `offset_ns` of every index, for any stretch of them and any rate."""
    first = data.draw(indices)
    last = data.draw(st.integers(first, first + 50))
    assume(offset_ns(schedule, last) < 1 << 63)  # 292 years
    assert offsets(schedule, first, last).tolist() == [
        offset_ns(schedule, index) for index in range(first, last)
    ]


@pytest.mark.parametrize(
    ("rate", "seconds", "count"),
    [(1000, 10, 10_000), (Fraction(1000, 3), 10, 3333), (50, Fraction(1, 40), 1), (3, 1, 3)],
)
def test_the_total_is_rate_times_duration(rate: Fraction, seconds: Fraction, count: int) -> None:
    """No hit is lost to a rounded interval."""
    schedule = ConstantRate.of(Fraction(rate), round(seconds * NS_PER_S))
    assert total(schedule) == count == len(offsets(schedule))


@given(shapes, st.data())
def test_every_stretch_is_part_of_the_whole(schedule: Schedule, data: st.DataObject) -> None:
    """A hit is due at the same time whichever neighbours it is asked for with."""
    count = due_at_all(schedule)
    first, last = some_stretch(data, count)
    whole = offsets(schedule)
    assert len(whole) == count
    assert offsets(schedule, first, last).tolist() == whole[first:last].tolist()
    assert offset_ns(schedule, first) == whole[first]


@given(shapes)
def test_times_ascend_and_end_with_the_duration(schedule: Schedule) -> None:
    """No hit is due before the one before it, none before the start, none after the end."""
    due_at_all(schedule)
    whole = offsets(schedule)
    assert whole[0] >= 0
    assert (np.diff(whole) >= 0).all()
    assert whole[-1] <= schedule.duration_ns


@given(shapes, st.data())
def test_due_by_counts_the_offsets(schedule: Schedule, data: st.DataObject) -> None:
    """At its offset a hit is due, and a nanosecond before it is not."""
    index, _ = some_stretch(data, due_at_all(schedule))
    at = offset_ns(schedule, index)
    assert due_by(schedule, at) > index
    assert due_by(schedule, at - 1) <= index
    assert due_by(schedule, -1) == 0


@given(lines_and_waves, st.data())
def test_a_hit_is_due_when_the_rates_integral_reaches_it(
    schedule: Schedule, data: st.DataObject
) -> None:
    """One nanosecond later at least i hits were asked for, and one earlier at most i."""
    index, _ = some_stretch(data, due_at_all(schedule))
    at = offset_ns(schedule, index)
    digits = 1e-9 * (1 + index)
    assert integral(schedule, max(0, at - 1)) - digits <= index
    assert integral(schedule, at + 1) + digits >= index


@given(lines_and_waves)
def test_the_mean_rate_is_the_integral_over_the_duration(schedule: Schedule) -> None:
    """``rate`` times duration is what the shape asks for altogether."""
    asked = float(schedule.rate * schedule.duration_ns / NS_PER_S)
    assert asked == pytest.approx(integral(schedule, schedule.duration_ns), rel=1e-9, abs=1e-12)


def test_shapes_are_due_when_a_pencil_says_so() -> None:
    """Small schedules, worked out by hand."""
    second = NS_PER_S
    ramp = Ramp.of(Fraction(0), Fraction(8), 2 * second, 3 * second)
    assert total(ramp) == 16
    assert offsets(ramp)[[0, 1, 2, 8, 12]].tolist() == [
        0, 707_106_781, second, 2 * second, 2_500_000_000,
    ]  # fmt: skip
    pause = Steps((Step(2, 1, second), Step(0, 1, second), Step(4, 1, second)), 3 * second)
    assert offsets(pause).tolist() == [
        0, second // 2, 2 * second, 2_250_000_000, 2_500_000_000, 2_750_000_000,
    ]  # fmt: skip
    wave = Sine.of(Fraction(10), Fraction(10), second, second)
    assert total(wave) == 10
    halfway = 5 + 10 / math.pi  # hits in the first half of a wave, which begins upwards
    assert due_by(wave, second // 2) == math.ceil(halfway)


def test_a_poisson_process_has_exponential_gaps() -> None:
    """The Kolmogorov-Smirnov distance to the exponential is what chance allows for 20,000 gaps."""
    schedule = Poisson.of(Fraction(1000), 20 * NS_PER_S, 7)
    gaps = np.diff(offsets(schedule), prepend=0) / NS_PER_S
    assert scipy.stats.kstest(gaps, "expon", args=(0, 1e-3)).pvalue > 0.01


def test_a_poisson_processs_gaps_do_not_know_each_other() -> None:
    """Neighbouring gaps are not correlated, nor are those at the seams of blocks."""
    schedule = Poisson.of(Fraction(1000), 100 * NS_PER_S, 3)
    gaps = np.diff(offsets(schedule))
    for lag in (1, 2, 1024):
        assert abs(np.corrcoef(gaps[:-lag], gaps[lag:])[0, 1]) < 4 / math.sqrt(len(gaps))


def test_a_seed_is_a_poisson_process() -> None:
    """The same seed sends at the same times for ever, another at others."""
    one, same, other = (Poisson.of(Fraction(5), NS_PER_S, seed) for seed in (1, 1, 2))
    assert offsets(one).tolist() == offsets(same).tolist() != offsets(other).tolist()
    assert offsets(one)[[0, 4]].tolist() == [75_208_317, 988_884_366]


@pytest.mark.parametrize(
    "schedule",
    [
        Ramp.of(Fraction(0), Fraction(2000), 10**5 * NS_PER_S, 10**5 * NS_PER_S),
        Steps((Step(1999, 1, 10**5 * NS_PER_S // 2), Step(1, 1, NS_PER_S)), 10**5 * NS_PER_S),
        Sine.of(Fraction(999), Fraction(999), 60 * NS_PER_S, 10**5 * NS_PER_S),
        Poisson.of(Fraction(100), 10**5 * NS_PER_S, 1),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_a_day_of_hits_overflows_nothing(schedule: Schedule) -> None:
    """The last of up to a hundred million hits is due within the last seconds."""
    count = total(schedule)
    last = offsets(schedule, count - 5, count)
    assert (np.diff(last) >= 0).all()
    assert 0.999 * schedule.duration_ns < last[-1] <= schedule.duration_ns


def test_no_hits_and_too_many_are_refused() -> None:
    """A plan that would send nothing, or for years, is a usage error."""
    for rate, seconds in ((Fraction(1, 100), 1), (Fraction(10**6), 10**6)):
        with pytest.raises(UsageError, match="requests"):
            total(ConstantRate.of(rate, seconds * NS_PER_S))


def test_a_closed_loop_needs_its_connections() -> None:
    """Without a number of them it would dial for ever; with more than descriptors it would spin."""
    loop = Saturate(NS_PER_S)
    check_closed_loop(loop, 10)
    check_closed_loop(ConstantRate(1, 1, NS_PER_S), 0)
    with pytest.raises(UsageError, match="add -max-connections"):
        check_closed_loop(loop, 0)
    with pytest.raises(UsageError, match="a closed loop of 1,000 connections: there are file"):
        check_closed_loop(loop, 1000, 100)


@pytest.mark.parametrize(
    ("schedule", "rate"),
    [
        (ConstantRate(50, 1, NS_PER_S), 50),
        (Ramp.of(Fraction(20), Fraction(90), NS_PER_S, NS_PER_S), 20),
        (Steps((Step(30, 1, NS_PER_S), Step(90, 1, NS_PER_S)), NS_PER_S), 30),
        (Sine.of(Fraction(40), Fraction(30), NS_PER_S, NS_PER_S), 40),
        (Poisson.of(Fraction(60), NS_PER_S, 0), 60),
        (Replay.of(np.array([0, 1, 2], np.int64), NS_PER_S), 3),
    ],
)
def test_the_warm_up_is_constant_at_the_rate_of_the_start(schedule: Schedule, rate: int) -> None:
    """The service is warm for what comes first, and not surprised by it."""
    assert warm_up(schedule, 2 * NS_PER_S) == ConstantRate(rate, 1, 2 * NS_PER_S)


def test_a_warm_up_without_a_hit_is_none() -> None:
    """A ramp from nothing begins cold, and a closed loop is warmed by a closed loop."""
    cold = Ramp.of(Fraction(0), Fraction(90), NS_PER_S, NS_PER_S)
    assert warm_up(cold, 2 * NS_PER_S) is None
    assert warm_up(Saturate(NS_PER_S), 7) == Saturate(7)
    assert warm_up(Saturate(NS_PER_S), 0) is None


@given(st.one_of(constants, shapes, st.builds(Saturate, durations)))
def test_a_schedule_survives_storage(schedule: Schedule) -> None:
    """As JSON and back it is the same."""
    assert msgspec.json.decode(msgspec.json.encode(schedule), type=Schedule) == schedule


@pytest.mark.parametrize(
    "text",
    [
        b'{"kind":"constant","numerator":1,"denominator":0,"duration_ns":1}',
        b'{"kind":"constant","numerator":-1,"denominator":1,"duration_ns":1}',
        b'{"kind":"ramp","start":[1,0],"end":[1,1],"ramp_ns":1,"duration_ns":1}',
        b'{"kind":"ramp","start":[1,1],"end":[1,1],"ramp_ns":0,"duration_ns":1}',
        b'{"kind":"steps","steps":[],"duration_ns":1}',
        b'{"kind":"sine","mean":[1,1],"amplitude":[2,1],"period_ns":1,"duration_ns":1}',
        b'{"kind":"replay","packed":"AAAA","duration_ns":1}',
        b'{"kind":"replay","packed":"AQAAAAAAAAAAAAAAAAAAAA==","duration_ns":1}',
        b'{"kind":"saturate","duration_ns":-5}',
        b'{"kind":"square","duration_ns":5}',
    ],
)
def test_a_schedule_that_is_none_is_refused(text: bytes) -> None:
    """What a recording of somebody else's holds is checked before anything divides by it."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Schedule)
