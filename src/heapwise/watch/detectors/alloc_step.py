"""How much a unit of work allocates, now and during the last day."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from heapwise.model.watch import Number, Severity, Sign
from heapwise.units import format_share, format_size, format_span
from heapwise.watch.detectors.base import Settings, each_bin
from heapwise.watch.history import History
from heapwise.watch.scale import Scale

_DAY = 24.0
_RECENT_HOURS = 0.5
_RECENT = 6
"""Bins: half an hour."""

_LEAST = 12
"""Bins of the day at like load, that say what was usual: one hour."""

_LIKE = 2.0
"""Load at most so many times as high or as low: what is allocated anyway weighs the same."""

_USUAL = 0.9
"""Share of the usual bins that every recent one has to be above."""


class AllocStep:
    """A unit of work allocates over 30 % more than it did at like load during the last day.

    The six newest bins must all be above nine in ten of the day's. Once half of that day is as high
    the step is what is usual, and the sign goes. Silent where the work is not counted: what is
    allocated in a second says how much there is to do.
    """

    code = "alloc-step"

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self.every_ns = each_bin(scale)
        self._span_ns = scale.ns(hours=_RECENT_HOURS)
        self._step = settings.alloc_step

    def look(self, history: History, _: int) -> Sign | None:
        """Compare the newest half hour with the day before it."""
        rates = [(size, work) for size, work in history.rates(_DAY) if work > 0]
        recent, before = rates[-_RECENT:], rates[:-_RECENT]
        if len(recent) < _RECENT:
            return None
        load = statistics.median(work for _, work in recent)
        usual = _per_work([each for each in before if load / _LIKE <= each[1] <= load * _LIKE])
        if len(usual) < _LEAST:
            return None
        now = _per_work(recent)
        level, was = statistics.median(now), statistics.median(usual)
        if was <= 0:
            return None  # for most of the day nothing was allocated, of which there is no share
        if level <= was * (1 + self._step) or now[0] <= usual[int(_USUAL * len(usual))]:
            return None
        return Sign(
            code=self.code,
            severity=Severity.WARN,
            summary=(
                f"a unit of work allocates {format_size(level)}, {format_share(level / was - 1)} "
                f"more than the usual {format_size(was)} at like load, for "
                f"{format_span(self._span_ns)} at least"
            ),
            numbers=(
                Number("allocated per work", level, "B"),
                Number("usual", was, "B"),
                Number("step", level / was - 1, "share"),
                Number("work", load, "/s"),
            ),
            wants=("heap", "cpu"),
        )


def _per_work(rates: Sequence[tuple[float, float]]) -> list[float]:
    """Bytes per unit of work, ascending."""
    return sorted(size / work for size, work in rates)
