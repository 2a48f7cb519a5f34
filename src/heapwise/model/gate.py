"""A gate: what a change may cost, and whether it did."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What became of a budget, or of all."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    """The figures cannot tell: too few rounds, too noisy, invalid or not measured."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One condition under which a gate fails.

    Attributes:
        text: as written: ``bytes/req > +5%``.
        metric: `Metric.id`.
        work_unit: the unit of work it names; empty where the metric has none.
        above: it fails above `amount`; else below.
        relative: `amount` is a change against the base, 0.05 for ``+5%``; else a value in the
            metric's unit.
        amount: the limit itself still passes.
    """

    text: str
    metric: str
    work_unit: str
    above: bool
    relative: bool
    amount: float


class GateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One budget, judged.

    Attributes:
        budget: as written.
        metric: `Metric.id`.
        name: of the metric, as tables print it.
        unit: of the values.
        outcome: see `Outcome`.
        base: median of the base; None for absolute budgets.
        value: median of the new side; None where it was not measured.
        delta: relative change; None for absolute budgets.
        low: lower end of the interval of `delta`; None where there is none.
        high: upper end.
        excess: how far beyond the limit, relative to it: the worst is the largest.
        why: in a few words.
        where: the heaviest finding of the new side, function and place; empty without.
    """

    budget: str
    metric: str
    name: str
    unit: str
    outcome: Outcome
    base: float | None
    value: float | None
    delta: float | None = None
    low: float | None = None
    high: float | None = None
    excess: float = 0.0
    why: str = ""
    where: str = ""


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """All budgets of a gate.

    Attributes:
        outcome: failed if any failed, else undecided if any is, else passed.
        checks: failed ones first, the worst first.
        base: name of what was compared with; empty where nothing was.
        new: name of what was judged.
        rounds: of the two sides; 0 without a base.
        strict: undecided counts as failed.
        notes: what limits the answer.
    """

    outcome: Outcome
    checks: tuple[GateCheck, ...]
    base: str
    new: str
    rounds: tuple[int, int]
    strict: bool = False
    notes: tuple[str, ...] = ()
