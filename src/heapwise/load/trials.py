"""Load at one rate after another, on connections that stay open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction

import msgspec
import numpy as np

from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase
from heapwise.load.metrics import summarise
from heapwise.load.schedule import due_by, total, warm_up
from heapwise.model.knee import KneeStep
from heapwise.model.load import ConstantRate, HitFlag, Hits, LoadReport, Outcome, Plan, Schedule
from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S

HITS = 1000
"""Hits a step has at least: ten lie beyond its p99."""

_SETTLE_NS = 300_000_000
"""Load at the new rate before it counts: connections open, and the last rate's queue drains."""

_HOPELESS = 0.05
"""Share of a step's hits that are late or failed, at which the rest is not sent: five times what
the p99 allows. The service is spared, and so is the user's time."""

_NEWS_NS = 500_000_000
"""How old the news of hits may be when this process had no CPU."""

_RECOVER_S = 1.0
"""Without load after a hopeless step, for the service to forget it."""


class Trials:
    """Steps of load for a search.

    Args:
        driver: sends them.
        plan: whose targets take turns; its schedule is not used.
        length_ns: of a step, at least.
        stop: ends them all.
        see: is shown the step and its hits as they come.
    """

    def __init__(
        self,
        driver: LoadDriver,
        plan: Plan,
        length_ns: int,
        stop: threading.Event,
        see: Callable[[str, Hits], None],
    ) -> None:
        self._driver = driver
        self._plan = plan
        self._length_ns = length_ns
        self._stop = stop
        self._see = see
        self._targets = tuple(range(len(plan.targets)))
        self._broke = False

    def drive(self, rate: Fraction, p99_limit: float, step: str) -> KneeStep | None:
        """Send a step.

        Args:
            rate: per second.
            p99_limit: latency in ns that a hundredth of the hits may exceed.
            step: what to show it as.

        Returns:
            what came of it, not judged yet; None once stopped.
        """
        if self._broke:
            self._stop.wait(_RECOVER_S)
        length = max(self._length_ns, -(-HITS * NS_PER_S * rate.denominator // rate.numerator))
        plan = msgspec.structs.replace(self._plan, schedule=ConstantRate.of(rate, length))
        if (settling := warm_up(plan.schedule, _SETTLE_NS)) is not None:
            phase = Phase(schedule=settling, targets=self._targets, flags=HitFlag.WARMUP)
            self._driver.run(phase, lambda hits: self._see(step, hits), self._stop.is_set)
        hopeless = _Hopeless(plan.schedule, p99_limit)
        batches: list[Int64s] = [Hits.empty().rows()]

        def take(hits: Hits) -> None:
            batches.append(hits.rows())
            hopeless.take(hits)
            self._see(step, hits)

        phase = Phase(schedule=plan.schedule, targets=self._targets)
        self._driver.run(phase, take, lambda: self._stop.is_set() or hopeless.yes)
        if self._stop.is_set():
            return None
        self._broke = hopeless.yes
        return _step_of(summarise(Hits.from_rows(np.concatenate(batches)), plan).total)


class _Hopeless:
    """Whether so much of a step has gone wrong that the rest can only confirm it."""

    def __init__(self, schedule: Schedule, p99_limit: float) -> None:
        self._schedule = schedule
        self._limit = p99_limit
        self._most = _HOPELESS * total(schedule)
        self._began = time.monotonic_ns()
        self._bad = self._ended = 0

    @property
    def yes(self) -> bool:
        """Counts those too that wait for an answer longer than they may."""
        elapsed = time.monotonic_ns() - self._began - int(self._limit) - _NEWS_NS
        waiting = max(0, due_by(self._schedule, elapsed) - self._ended)
        return self._bad + waiting > self._most

    def take(self, hits: Hits) -> None:
        self._ended += len(hits)
        late = hits.done - hits.intended > self._limit
        failed = (hits.outcome != Outcome.OK) | (hits.status >= 400)
        self._bad += int(np.count_nonzero((late | failed) & (hits.sent >= 0)))


def _step_of(report: LoadReport) -> KneeStep:
    starved = f"{report.generator_errors:,} times out of descriptors or ports"
    return KneeStep(
        rate=report.asked_rate,
        sent=report.sent,
        failed=1 - report.succeeded / max(1, report.sent),
        unsent=1 - report.sent / max(1, report.scheduled),
        p50=report.latency.p50 if report.latency else 0.0,
        p99=report.latency.p99 if report.latency else 0.0,
        service_p99=report.service.p99 if report.service else 0.0,
        lag_p99=report.lag.p99 if report.lag else 0.0,
        generator=starved if report.generator_errors else "",
    )
