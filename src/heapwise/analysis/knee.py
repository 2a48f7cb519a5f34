"""The search for the knee: which rate to try next, from how the service took those before.

The rate climbs by half until a step breaks. Between the last that held and the first that broke
it is halved, by ratio, until they are a tenth apart. Both are then tried again, and moved apart
until one holds and the other breaks every time: chance decides near a knee, and the distance
says how much.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from fractions import Fraction
from statistics import median

import msgspec

from heapwise.model.knee import Ended, Knee, KneeStep

Search = Generator[Fraction, KneeStep, None]
"""Yields rates per second to try, is sent what came of each."""

P99_FACTOR = 3
"""How many times the p99 at the lowest rate a step's may be."""

MAX_FAILED = 0.01
MAX_UNSENT = 0.001

MAX_STEPS = 60
"""A search that needs more has met a service that changes its mind."""

TRIES = 4
"""How often the rates beside the knee must hold, or break.

On simulated M/D/1 queues with 2000 hits a step the interval then held the rate at which every
other step breaks in 96 of 100 searches, with three tries in 91, with five in 97.
"""

BASES = 3
"""Steps at the lowest rate whose median p99 is the base."""

MAX_BASE_NS = 1e9
"""A service whose p99 is beyond this at the lowest rate is past its knee."""

_PATIENCE = 5
"""How often a step is tried whose generator was late."""

_CLIMB = Fraction(3, 2)
_CLOSE = Fraction(11, 10)
_MAX_RATE = 10_000_000
_DIGITS = 3


class KneeSearch:
    """A search.

    Args:
        start: the lowest rate, per second; above zero.
        p99_limit: latency in ns beyond which a step broke; None takes `P99_FACTOR` times the p99
            at the lowest rate, the median of `BASES` steps, which may reach `MAX_BASE_NS`.
    """

    def __init__(self, start: Fraction, p99_limit: float | None = None) -> None:
        self._start = start
        self._given = p99_limit is not None
        self._limit = MAX_BASE_NS if p99_limit is None else p99_limit
        self._base = 0.0
        self._ended = Ended.OUT_OF_STEPS
        self._steps: list[KneeStep] = []
        self._outcomes: dict[Fraction, list[bool]] = {}
        self._low: Fraction | None = None
        self._high: Fraction | None = None

    @property
    def p99_limit(self) -> float:
        """The limit in force, ns."""
        return self._limit

    def run(self, try_rate: Callable[[Fraction], KneeStep | None]) -> Knee:
        """Search to the end.

        Args:
            try_rate: drives a rate and says what came of it; None ends the search.

        Returns:
            the knee, or as much as was found of it.
        """
        search = self._search()
        try:
            rate = next(search)
            while len(self._steps) < MAX_STEPS:
                step = try_rate(rate)
                if step is None:
                    self._ended = Ended.INTERRUPTED
                    break
                rate = search.send(step)
        except StopIteration:
            pass
        return self._result()

    def _search(self) -> Search:
        if not self._given and not (yield from self._measure_base()):
            return
        low, high = None, self._start
        while (held := (yield from self._try(high))) and high < _MAX_RATE:
            low, high = high, _round(high * _CLIMB)
        if held is None or held:
            return
        if low is None:
            self._ended = Ended.NO_RATE_HELD
            return
        while high > low * _CLOSE:
            middle = _round(Fraction(float(low * high) ** 0.5))
            held = yield from self._try(middle)
            if held is None:
                return
            low, high = (middle, high) if held else (low, middle)
        self._low = yield from self._widen(low, 1 / _CLOSE, wanted=True)
        if self._low is not None:
            self._high = yield from self._widen(high, _CLOSE, wanted=False)
        if self._high is not None:
            self._ended = Ended.FOUND

    def _measure_base(self) -> Generator[Fraction, KneeStep, bool]:
        """Take the limit from the lowest rate; False where nothing holds even there."""
        base = []
        for _ in range(BASES):
            if (step := (yield from self._step(self._start))) is None:
                return False
            if step.broke:
                self._ended = Ended.NO_RATE_HELD
                return False
            base.append(step.service_p99)
        self._base = median(base)
        self._limit = P99_FACTOR * self._base
        self._steps = [self._judge(step) for step in self._steps]
        self._outcomes[self._start] = [step.held for step in self._steps if not step.generator]
        return True

    def _try(self, rate: Fraction) -> Generator[Fraction, KneeStep, bool | None]:
        """Whether a rate holds; None where the generator is at its end.

        A service that is overloaded seldom holds by chance, one that is not may break: a broken
        step is tried again, and the third decides.
        """
        outcomes = self._outcomes.setdefault(rate, [])
        while (verdict := _verdict(outcomes)) is None:
            if (step := (yield from self._step(rate))) is None:
                return None
            outcomes.append(step.held)
        return verdict

    def _widen(
        self, rate: Fraction, factor: Fraction, *, wanted: bool
    ) -> Generator[Fraction, KneeStep, Fraction | None]:
        """Go outwards from a rate to one that does every time what is wanted of it.

        None where there is none, or the generator is at its end.
        """
        while True:
            outcomes = self._outcomes.setdefault(rate, [])
            while len(outcomes) < TRIES and outcomes.count(not wanted) == 0:
                if (step := (yield from self._step(rate))) is None:
                    return None
                outcomes.append(step.held)
            if outcomes.count(not wanted) == 0:
                return rate
            if wanted and rate <= self._start:
                self._ended = Ended.NO_RATE_HELD
                return None
            rate = max(_round(rate * factor), self._start)

    def _step(self, rate: Fraction) -> Generator[Fraction, KneeStep, KneeStep | None]:
        """Drive a rate once; None where the generator could not, however often it tried."""
        for _ in range(_PATIENCE):
            step = self._judge((yield rate))
            self._steps.append(step)
            if not step.generator:
                return step
        self._ended = Ended.GENERATOR
        return None

    def _judge(self, step: KneeStep) -> KneeStep:
        """Say what broke, and whether it was the generator that broke it.

        A generator that is late by L delays hits by L, and what it then sends in one go waits as
        long again, at most, where the service keeps up. So a step that held held all the more,
        and one whose p99 is beyond the limit by more than twice the lag broke all the same.
        """
        if step.generator:
            return step
        late = step.p99 > self._limit
        if late and step.p99 - 2 * step.lag_p99 <= self._limit:
            return msgspec.structs.replace(step, generator="the generator's own delay decides")
        broke = "p99" if late else ""
        if step.failed > MAX_FAILED:
            broke = broke or "errors"
        elif step.unsent > MAX_UNSENT:
            broke = broke or "unsent"
        return msgspec.structs.replace(step, broke=broke)

    def _result(self) -> Knee:
        low, high = self._low, self._high
        if self._ended is not Ended.FOUND:
            tried = [(rate, outcomes) for rate, outcomes in self._outcomes.items() if outcomes]
            high = min((rate for rate, outcomes in tried if not any(outcomes)), default=None)
            held = [rate for rate, outcomes in tried if all(outcomes)]
            low = max((rate for rate in held if high is None or rate < high), default=None)
        return Knee(
            ended=self._ended,
            low=None if low is None else float(low),
            high=None if high is None else float(high),
            p99_limit=self._limit,
            p99_base=self._base,
            tries=TRIES,
            steps=tuple(self._steps),
        )


def _verdict(outcomes: list[bool]) -> bool | None:
    """Whether a rate holds: at once, or in two of three; None for not known yet."""
    if outcomes[:1] == [True] or outcomes.count(True) == 2:
        return True
    return False if outcomes.count(False) == 2 else None


def _round(rate: Fraction) -> Fraction:
    """To three digits: nobody needs more, and the table can be read."""
    return Fraction(f"{float(rate):.{_DIGITS - 1}e}")
