"""A rate and how it changes, as it is typed and as it is told.

``100``, ``100/s`` and ``50/1m`` are constant, as vegeta writes them; so is its ``0``, which sends
as fast as the connections allow. Ours::

    ramp:FROM-TO/TIME               ramp:10-500/1m
    steps:RATE/TIME,RATE/TIME,...   steps:100/30s,0/5s,200/30s
    sine:MEAN~AMPLITUDE/PERIOD      sine:300~200/20s
    poisson:RATE                    poisson:100/s

Where a time follows, the rate before it may have its own, as in ``steps:50/1m/30s``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from heapwise.errors import UsageError
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
from heapwise.units import NS_PER_S, format_count, format_duration, format_rate, parse_duration
from heapwise.units import parse_rate as parse_plain_rate

MAX_TIME_NS = 366 * 24 * 3600 * NS_PER_S
"""A year; a longer ramp, step or wave is a mistake."""

FASTEST = frozenset({"0", "0/s", "0/1s", "max", "infinity"})
"""What asks for as much as the connections can do; the last is vegeta's word for its 0."""

_SEED = 0
"""The same arrivals every time: two versions of a service are compared under the same load."""

_TOLD = 4
"""Steps told one by one; of more only their number."""


def parse_rate(text: str) -> Fraction:
    """Read a rate above zero, per second, whose numerator and denominator fit 63 bits.

    Raises:
        UsageError: the text is none.
    """
    rate = parse_plain_rate(text)
    if max(rate.as_integer_ratio()) >> 63:
        raise UsageError(f"has too many digits: {text!r}")
    return rate


def parse_schedule(text: str) -> Schedule:
    """Read a rate and how it changes.

    Returns:
        a schedule that lasts as long as its shape, or 0 ns where the shape has no length of its
        own: the caller gives it one.

    Raises:
        UsageError: the text is none.
    """
    text = text.strip()
    kind, colon, rest = text.partition(":")
    if text in FASTEST:
        return Saturate(0)
    if not colon:
        return ConstantRate.of(parse_rate(text), 0)
    if kind not in _PARSERS:
        raise UsageError(
            f"not a rate: {text!r}", f"there is {', '.join(_PARSERS)} and replay, not {kind!r}"
        )
    return _PARSERS[kind](rest)


def describe(schedule: Schedule) -> str:
    """A schedule in a few words, without its duration: ``100/s``, ``10/s to 500/s in 60.0 s``."""
    match schedule:
        case Ramp(start=start, end=end, ramp_ns=length):
            climb = f"{_told(Fraction(*start))} to {_told(Fraction(*end))}"
            words = f"{climb} in {format_duration(length)}"
        case Steps(steps=steps) if len(steps) <= _TOLD:
            words = "steps of " + ", ".join(_told(step.rate) for step in steps)
        case Steps(steps=steps):
            words = f"{len(steps)} steps, {_told(schedule.rate)} in the mean"
        case Sine(mean=mean, amplitude=amplitude, period_ns=period):
            swing = f"{_told(Fraction(*mean))} ± {_told(Fraction(*amplitude))}"
            words = f"{swing} in waves of {format_duration(period)}"
        case Poisson():
            words = f"{_told(schedule.rate)} at random (Poisson)"
        case Replay():
            arrivals = format_count(len(schedule.arrivals))
            words = f"{arrivals} replayed arrivals, {_told(schedule.rate)} in the mean"
        case Saturate():
            words = "as fast as the connections allow"
        case ConstantRate():
            words = _told(schedule.rate)
    return words


def _ramp(text: str) -> Ramp:
    rates, length = _timed(text, "ramp:FROM-TO/TIME, as ramp:10-500/1m")
    start, dash, end = rates.partition("-")
    if not dash:
        raise UsageError(f"not two rates: {rates!r}", hint="write ramp:FROM-TO/TIME")
    ramp = Ramp.of(_rate_or_zero(start), _rate_or_zero(end), length, length)
    if not ramp.rate:
        raise UsageError(f"a ramp from nothing to nothing: {text!r}")
    return ramp


def _steps(text: str) -> Steps:
    steps = []
    for part in text.split(","):
        rate, length = _timed(part, "steps:RATE/TIME,RATE/TIME, as steps:100/30s,200/30s")
        steps.append(Step(*_rate_or_zero(rate).as_integer_ratio(), length))
    return Steps(tuple(steps), sum(step.duration_ns for step in steps))


def _sine(text: str) -> Sine:
    rates, period = _timed(text, "sine:MEAN~AMPLITUDE/PERIOD, as sine:300~200/20s")
    mean_text, tilde, amplitude_text = rates.partition("~")
    if not tilde:
        raise UsageError(f"not two rates: {rates!r}", hint="write sine:MEAN~AMPLITUDE/PERIOD")
    mean, amplitude = parse_rate(mean_text), parse_rate(amplitude_text)
    if amplitude > mean:
        raise UsageError(
            f"an amplitude above the mean: {rates!r}", "the rate would come below zero"
        )
    return Sine.of(mean, amplitude, period, 0)


def _poisson(text: str) -> Poisson:
    return Poisson.of(parse_rate(text), 0, _SEED)


_PARSERS: dict[str, Callable[[str], Schedule]] = {
    "ramp": _ramp,
    "steps": _steps,
    "sine": _sine,
    "poisson": _poisson,
}


def _timed(text: str, form: str) -> tuple[str, int]:
    """What stands before the last slash, and the time after it, ns above zero."""
    rates, slash, time = text.rpartition("/")
    if not slash:
        raise UsageError(f"no time in {text!r}", hint=f"write {form}")
    length = parse_duration(time)
    if not 0 < length <= MAX_TIME_NS:
        raise UsageError(f"not a time from 1 ns to a year: {time!r}", hint=f"write {form}")
    return rates, length


def _rate_or_zero(text: str) -> Fraction:
    return Fraction(0) if text.strip() in {"0", "0/s"} else parse_rate(text)


def _told(rate: Fraction) -> str:
    return format_rate(float(rate))
