"""Schedules: how many requests per second, and how that changes while time passes.

Rates are kept as numerator and denominator, so that every one is exact. Each schedule has its
mean ``rate`` and its ``duration_ns``; `heapwise.load.schedule` says when each hit is due.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Self

import msgspec
import numpy as np

from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S

Positive = Annotated[int, msgspec.Meta(gt=0)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Rate = tuple[NotNegative, Positive]
"""Requests, per this many seconds."""
MAX_SEED = (1 << 63) - 1


class ConstantRate(msgspec.Struct, frozen=True, tag="constant", tag_field="kind"):
    """The same rate throughout; hit i is due i / rate after the start.

    Attributes:
        numerator: requests ...
        denominator: ... per this many seconds.
        duration_ns: how long.
    """

    numerator: Positive
    denominator: Positive
    duration_ns: Positive

    @classmethod
    def of(cls, rate: Fraction, duration_ns: int) -> Self:
        """A schedule from an exact rate per second."""
        return cls(rate.numerator, rate.denominator, duration_ns)

    @property
    def rate(self) -> Fraction:
        """Requests per second."""
        return Fraction(self.numerator, self.denominator)


class Ramp(msgspec.Struct, frozen=True, tag="ramp", tag_field="kind"):
    """From one rate to another along a straight line, then on at the second.

    Attributes:
        start: the rate at the start, numerator and denominator; either rate may be zero.
        end: the rate at the end of the ramp.
        ramp_ns: how long the ramp takes.
        duration_ns: how long altogether; shorter than the ramp cuts it off.
    """

    start: Rate
    end: Rate
    ramp_ns: Positive
    duration_ns: Positive

    @classmethod
    def of(cls, start: Fraction, end: Fraction, ramp_ns: int, duration_ns: int) -> Self:
        """A schedule from exact rates per second."""
        return cls(start.as_integer_ratio(), end.as_integer_ratio(), ramp_ns, duration_ns)

    @property
    def rate(self) -> Fraction:
        """Requests per second, in the mean."""
        start, end = Fraction(*self.start), Fraction(*self.end)
        climbing = min(self.ramp_ns, self.duration_ns)
        reached = start + (end - start) * Fraction(climbing, self.ramp_ns)
        made = (start + reached) / 2 * climbing + end * (self.duration_ns - climbing)
        return made / self.duration_ns


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One step: requests, per this many seconds, and how long; the rate may be zero."""

    numerator: NotNegative
    denominator: Positive
    duration_ns: Positive

    @property
    def rate(self) -> Fraction:
        """Requests per second."""
        return Fraction(self.numerator, self.denominator)


class Steps(msgspec.Struct, frozen=True, tag="steps", tag_field="kind"):
    """One rate after another; the last goes on.

    Attributes:
        steps: in order.
        duration_ns: how long altogether; shorter than the steps cuts them off.
    """

    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1)]
    duration_ns: Positive

    def spans(self) -> tuple[Step, ...]:
        """The steps as they happen: cut off at the end, or the last one longer."""
        left, spans = self.duration_ns, []
        for step in self.steps:
            spans.append(msgspec.structs.replace(step, duration_ns=min(left, step.duration_ns)))
            left -= spans[-1].duration_ns
        spans[-1] = msgspec.structs.replace(spans[-1], duration_ns=spans[-1].duration_ns + left)
        return tuple(spans)

    @property
    def rate(self) -> Fraction:
        """Requests per second, in the mean."""
        return sum((step.rate * step.duration_ns for step in self.spans()), Fraction(0)) / (
            self.duration_ns
        )


class Sine(msgspec.Struct, frozen=True, tag="sine", tag_field="kind"):
    """Around a mean in waves, from the mean upwards.

    Attributes:
        mean: the rate in the middle of a wave, numerator and denominator.
        amplitude: how far it goes from there, at most the mean.
        period_ns: length of a wave.
        duration_ns: how long altogether.
    """

    mean: Rate
    amplitude: Rate
    period_ns: Positive
    duration_ns: Positive

    def __post_init__(self) -> None:
        if Fraction(*self.amplitude) > Fraction(*self.mean):
            raise ValueError("a sine's amplitude is above its mean: the rate would be negative")

    @classmethod
    def of(cls, mean: Fraction, amplitude: Fraction, period_ns: int, duration_ns: int) -> Self:
        """A schedule from exact rates per second."""
        return cls(mean.as_integer_ratio(), amplitude.as_integer_ratio(), period_ns, duration_ns)

    @property
    def rate(self) -> Fraction:
        """Requests per second in the mean of the time there is: the last wave may be cut off.

        ``M + A sin(2 pi t / P)`` integrated over D is ``M D + A P / 2 pi (1 - cos(2 pi D / P))``.
        """
        # The whole waves add nothing, and a sine of many of them would lose its digits.
        angle = 2 * np.pi * ((self.duration_ns % self.period_ns) / self.period_ns)
        waves = Fraction(float((1 - np.cos(angle)) / (2 * np.pi)))
        over = Fraction(*self.amplitude) * self.period_ns * waves
        return Fraction(*self.mean) + over / self.duration_ns


class Poisson(msgspec.Struct, frozen=True, tag="poisson", tag_field="kind"):
    """Arrivals that know nothing of each other: gaps are exponential around the same mean.

    Attributes:
        numerator: requests ...
        denominator: ... per this many seconds.
        duration_ns: how long.
        seed: of the gaps.
    """

    numerator: Positive
    denominator: Positive
    duration_ns: Positive
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)]

    @classmethod
    def of(cls, rate: Fraction, duration_ns: int, seed: int) -> Self:
        """A schedule from an exact rate per second."""
        return cls(rate.numerator, rate.denominator, duration_ns, seed)

    @property
    def rate(self) -> Fraction:
        """Requests per second."""
        return Fraction(self.numerator, self.denominator)


class Replay(msgspec.Struct, frozen=True, tag="replay", tag_field="kind"):
    """Arrival times as they were recorded.

    Attributes:
        packed: ns after the start as int64, little endian, ascending; see `arrivals`.
        duration_ns: how long; later arrivals are left out.
    """

    packed: bytes
    duration_ns: Positive

    def __post_init__(self) -> None:
        times = np.frombuffer(self.packed, "<i8")  # a ValueError where it is no whole number
        if len(times) and (times[0] < 0 or (np.diff(times) < 0).any()):
            raise ValueError("arrival times are not ascending")

    @classmethod
    def of(cls, arrivals: Int64s, duration_ns: int) -> Self:
        """A schedule from ascending times in ns after the start, int64[n]."""
        return cls(arrivals.astype("<i8").tobytes(), duration_ns)

    @property
    def arrivals(self) -> Int64s:
        """Times in ns after the start, before the end; int64[n]."""
        times = np.frombuffer(self.packed, "<i8")
        return times[: int(np.searchsorted(times, self.duration_ns))]

    @property
    def rate(self) -> Fraction:
        """Requests per second, in the mean."""
        return Fraction(len(self.arrivals) * NS_PER_S, self.duration_ns)


class Saturate(msgspec.Struct, frozen=True, tag="saturate", tag_field="kind"):
    """A closed loop: every connection sends as soon as it has its response, as vegeta's rate 0.

    Attributes:
        duration_ns: how long.
    """

    duration_ns: Positive

    @property
    def rate(self) -> Fraction:
        """Zero: nothing is asked for, and what comes is what the service can do."""
        return Fraction(0)


Schedule = ConstantRate | Ramp | Steps | Sine | Poisson | Replay | Saturate


class RateChange(msgspec.Struct, frozen=True):
    """A rate that was set while a load ran.

    Attributes:
        from_ns: when it came into force, ns after the schedule's start.
        rate: requests per second from there to the end or the next change.
    """

    from_ns: int
    rate: float
