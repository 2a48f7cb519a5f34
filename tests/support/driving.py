"""Drive an engine from a test."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from heapwise.load.address import pin_addresses
from heapwise.load.engine import Phase, PhaseReport, Stop
from heapwise.load.engines import engine_of
from heapwise.model.load import ConstantRate, Hits, Plan, Target
from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S


def plan_for(*targets: Target, rate: int = 100, seconds: float = 0.1, **settings: Any) -> Plan:
    """A plan with its addresses pinned."""
    return Plan(
        targets=targets,
        schedule=ConstantRate.of(Fraction(rate), round(seconds * NS_PER_S)),
        addresses=pin_addresses(targets),
        **settings,
    )


def plan_with(engine: str, *targets: Target, **settings: Any) -> Plan:
    """The same, for an engine."""
    return plan_for(*targets, engine=engine, **settings)


def drive(
    plan: Plan, stop: Callable[[], bool] = lambda: False, flags: int = 0
) -> tuple[Hits, PhaseReport]:
    """Send a whole plan with an engine in this process."""
    batches: list[Int64s] = []
    engine = engine_of(plan)
    try:
        phase = Phase(schedule=plan.schedule, targets=tuple(range(len(plan.targets))), flags=flags)
        report = engine.run(phase, batches.append, lambda: Stop() if stop() else None)
    finally:
        engine.close()
    return Hits.from_rows(np.concatenate(batches)), report
