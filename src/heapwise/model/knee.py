"""The knee of a service: the rate from which on it answers late, or not at all."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec


class Ended(StrEnum):
    """Why a search for the knee ended."""

    FOUND = "found"
    GENERATOR = "generator"
    """The generator, not the service, could do no more."""
    NO_RATE_HELD = "no rate held"
    OUT_OF_STEPS = "out of steps"
    INTERRUPTED = "interrupted"


class KneeStep(msgspec.Struct, frozen=True, kw_only=True):
    """Load at one rate.

    Attributes:
        rate: requests per second.
        sent: requests.
        failed: share of them without a success.
        unsent: share of those due that never left.
        p50: latency from the time a request was due, ns.
        p99: the same.
        service_p99: latency from the time a request was sent, ns.
        lag_p99: the generator's own delay, ns.
        generator: why the step says nothing about the service; empty where it does.
        broke: what was beyond its limit: ``p99``, ``errors`` or ``unsent``; empty if it held, and
            where it was not judged.
    """

    rate: float
    sent: int
    failed: float
    unsent: float
    p50: float
    p99: float
    service_p99: float
    lag_p99: float
    generator: str = ""
    broke: str = ""

    @property
    def held(self) -> bool:
        """True where the service kept up."""
        return not self.generator and not self.broke


class Knee(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is, and how that was found.

    Attributes:
        ended: why the search ended.
        low: the highest rate that held every time it was tried, if any.
        high: the lowest rate that broke every time, if any.
        p99_limit: latency beyond which a step broke, ns.
        p99_base: the p99 at the lowest rate that it was taken from, ns, of latencies from the
            time requests were sent: there a wait before is the generator's; 0 where it was given.
        tries: how often the rates beside the knee were tried.
        steps: all of them, in order.
    """

    ended: Ended
    low: float | None
    high: float | None
    p99_limit: float
    p99_base: float
    tries: int
    steps: tuple[KneeStep, ...]

    @property
    def rate(self) -> float | None:
        """The middle of the interval, by ratio; None where it has an end only on one side."""
        if self.low is None or self.high is None:
            return None
        return math.sqrt(self.low * self.high)
