"""A rate and how it changes, as typed and as told."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.formats.rates import describe, parse_schedule
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

SECOND = NS_PER_S


@pytest.mark.parametrize(
    ("text", "schedule", "told"),
    [
        ("100", ConstantRate(100, 1, 0), "100/s"),
        (" 50/1m ", ConstantRate(5, 6, 0), "0.83/s"),
        ("0", Saturate(0), "as fast as the connections allow"),
        ("max", Saturate(0), "as fast as the connections allow"),
        (
            "ramp:10-500/1m",
            Ramp((10, 1), (500, 1), 60 * SECOND, 60 * SECOND),
            "10/s to 500/s in 60.0 s",
        ),
        (
            "ramp:1000/s-0/s/250ms",
            Ramp((1000, 1), (0, 1), SECOND // 4, SECOND // 4),
            "1,000/s to 0/s in 250 ms",
        ),
        (
            "steps:100/30s,0/5s,90/1m/2s",
            Steps((Step(100, 1, 30 * SECOND), Step(0, 1, 5 * SECOND), Step(3, 2, 2 * SECOND)),
                  37 * SECOND),
            "steps of 100/s, 0/s, 1.50/s",
        ),
        (
            "steps:1/1s,2/1s,3/1s,4/1s,5/1s",
            Steps(tuple(Step(rate, 1, SECOND) for rate in range(1, 6)), 5 * SECOND),
            "5 steps, 3/s in the mean",
        ),
        (
            "sine:300~200/20s",
            Sine((300, 1), (200, 1), 20 * SECOND, 0),
            "300/s ± 200/s in waves of 20.0 s",
        ),
        ("poisson:100/s", Poisson(100, 1, 0, 0), "100/s at random (Poisson)"),
    ],
)  # fmt: skip
def test_what_is_typed_is_what_is_told(text: str, schedule: Schedule, told: str) -> None:
    """Every form becomes its schedule, and the schedule is told in the same words."""
    assert parse_schedule(text) == schedule
    assert describe(schedule) == told


def test_a_replay_is_told_by_its_number() -> None:
    """What was recorded has no shorter name."""
    arrivals = Replay((0).to_bytes(8, "little") + (7).to_bytes(8, "little"), SECOND)
    assert describe(arrivals) == "2 replayed arrivals, 2/s in the mean"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a rate"),
        ("-5", "not a rate"),
        ("1e9", "not a rate"),
        ("0/0", "not a rate above zero"),
        ("1." + "3" * 30, "too many digits"),
        ("square:5/1s", "there is ramp, steps, sine, poisson and replay, not 'square'"),
        ("ramp:10-500", "no time in '10-500'"),
        ("ramp:10/1s", "not two rates: '10'"),
        ("ramp:0-0/1s", "from nothing to nothing"),
        ("ramp:10-20-30/1s", "not a rate"),
        ("ramp:10-500/0", "not a time from 1 ns to a year"),
        ("ramp:10-500/9999h", "not a time from 1 ns to a year"),
        ("steps:", "no time in ''"),
        ("steps:100/30s,", "no time in ''"),
        ("steps:-1/30s", "not a rate"),
        ("sine:100~200/5s", "an amplitude above the mean"),
        ("sine:100/5s", "not two rates"),
        ("poisson:0", "not a rate above zero"),
        ("poisson:", "not a rate"),
    ],
)
def test_nonsense_is_refused_with_the_reason(text: str, words: str) -> None:
    """One line says what is wrong with it."""
    with pytest.raises(UsageError, match=words) as raised:
        parse_schedule(text)
    assert "\n" not in str(raised.value)


@given(st.text(alphabet="0123456789.,:/-~smhrapteins xo", max_size=30))
def test_any_text_is_a_schedule_or_an_error(text: str) -> None:
    """Nothing typed raises anything but an error made for people."""
    try:
        schedule = parse_schedule(text)
    except UsageError:
        return
    assert describe(schedule)


@given(st.fractions(Fraction(1, 1000), 10**6, max_denominator=1000), st.integers(1, 10**6))
def test_rates_are_exact(rate: Fraction, seconds: int) -> None:
    """A rate per any time is the same number, not one near it."""
    per = f"{rate.numerator}/{rate.denominator}s"
    ramp = parse_schedule(f"ramp:0-{per}/{seconds}s")
    assert isinstance(ramp, Ramp)
    assert Fraction(*ramp.end) == rate
