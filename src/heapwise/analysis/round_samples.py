"""A metric in the rounds of two sides: its valid values, and by how much they moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from heapwise.analysis.stats.shift import Shift, difference, relative
from heapwise.analysis.unlike import Unlike
from heapwise.model.comparison import Verdict
from heapwise.model.metrics import Metric
from heapwise.model.report import RunReport

_NOTHING = 1e-100
"""No figure of a service is as small; a ratio to it would be no number."""


@dataclass(frozen=True, slots=True)
class Side:
    """A metric in the rounds of one side.

    Attributes:
        name: ``before`` or ``after``.
        values: of the valid rounds.
        spoiled: why others are left out, each reason once.
        rounds: there were.
    """

    name: str
    values: tuple[float, ...]
    spoiled: tuple[str, ...]
    rounds: int

    @property
    def left_out(self) -> str:
        """How many rounds do not count; empty where all do."""
        lost = self.rounds - len(self.values)
        return f"{lost} of {self.rounds} left out {self.name}" if lost else ""


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a metric moved.

    Attributes:
        value: of the medians.
        interval: of `value`; None with too few rounds.
        relative: to the median before; from zero it is a difference in the metric's unit.
    """

    value: float
    interval: Shift | None
    relative: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A metric on both sides."""

    metric: Metric
    base: Side
    new: Side

    @property
    def known(self) -> bool:
        """Any round has it, valid or not."""
        return any((self.base.values, self.base.spoiled, self.new.values, self.new.spoiled))

    @property
    def rounds(self) -> tuple[int, int]:
        """Valid ones of each side."""
        return len(self.base.values), len(self.new.values)

    @property
    def constant(self) -> bool:
        """Every value is the same."""
        return len({*self.base.values, *self.new.values}) == 1

    @property
    def left_out(self) -> str:
        """How many rounds do not count; empty where all do."""
        return ", ".join(filter(None, (self.base.left_out, self.new.left_out)))

    def obstacle(self, unlike: Iterable[Unlike]) -> tuple[Verdict, str] | None:
        """Why the sides cannot be compared; None where they can."""
        for side in (self.base, self.new):
            if not side.values and side.spoiled:
                return Verdict.INVALID, f"{side.name}: {side.spoiled[0]}"
        for side in (self.base, self.new):
            if not side.values:
                return Verdict.UNDECIDED, f"not measured {side.name}"
        names = [each.name for each in unlike if each.touches(self.metric)]
        return (Verdict.UNDECIDED, f"the two sides are unlike: {names[0]}") if names else None

    def change(self, confidence: float) -> Change:
        """The change of the medians with its interval, which holds it at any rate."""
        base, new = self.base.values, self.new.values
        before, after = median(base), median(new)
        unit = before if before > _NOTHING else 1.0
        if min(*base, *new) > _NOTHING:
            interval = relative(base, new, confidence)
        else:
            interval = _scaled(difference(base, new, confidence), unit)
        value = (after - before) / unit
        if interval is not None:
            low, high = min(interval.low, value), max(interval.high, value)
            low = max(low, -1.0) if before > _NOTHING else low  # nothing falls below zero
            interval = Shift(low, high, interval.confidence)
        return Change(value, interval, before > _NOTHING)


def sample(metric: Metric, bases: Sequence[RunReport], news: Sequence[RunReport]) -> Sample:
    """What the rounds have of a metric."""
    return Sample(metric, side_of("before", bases, metric), side_of("after", news, metric))


def side_of(name: str, reports: Sequence[RunReport], metric: Metric) -> Side:
    """What the rounds of one side have of a metric."""
    found = [value for report in reports for value in report.metrics if value.metric == metric.id]
    good = (value.value for value in found if value.value is not None and not value.invalid)
    spoiled = dict.fromkeys(value.invalid for value in found if value.invalid)
    return Side(name, tuple(map(float, good)), tuple(spoiled), len(reports))


def _scaled(shift: Shift | None, unit: float) -> Shift | None:
    return shift and Shift(shift.low / unit, shift.high / unit, shift.confidence)
